//! The queue of registrations: what a directory service sends most, one by one and many at once, commits together.

use super::register::{Registration, together};
use crate::backend::{Backend, Group};
use crate::entity::member;
use futures::FutureExt;
use std::sync::Arc;

/// Registrations on their way to the next commit.
pub type Registrations = Group<Arc<Registration>, member::Model>;

/// Starts the queue of a replica.
#[must_use]
pub fn start(backend: &Arc<Backend>) -> Registrations {
    Group::start(backend, |work, wanted| together(work, wanted).boxed())
}
