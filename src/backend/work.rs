//! What goes into a change, and what comes out.

use super::Limits;
use crate::caller::Actor;
use crate::domain::time::Timestamp;
use sea_orm::DatabaseTransaction;

/// A caller's own name for a call, so that repeating it does nothing twice.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// Whose id it is.
    pub caller: String,
    /// The id.
    pub request_id: String,
    /// A digest of the call and all its fields.
    pub fingerprint: String,
}

/// Who asks for a change, and how.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The caller, already authorised; commands check it again under the lock.
    pub actor: Actor,
    /// The caller's name for the call.
    pub request: Option<RequestKey>,
    /// Answer as if, and change nothing (I16).
    pub validate_only: bool,
}

/// A committed change (or one that would have been).
#[derive(Debug)]
pub struct Done<A> {
    /// The command's answer.
    pub answer: A,
    /// The position of the change's own event; the head when nothing happened.
    pub position: i64,
}

/// What a command works with while it locks and decides.
pub struct Work {
    /// The transaction.
    pub txn: DatabaseTransaction,
    /// When this change happens.
    pub now: Timestamp,
    /// Who asks.
    pub ask: Ask,
    /// Quotas and spans.
    pub limits: Limits,
}
