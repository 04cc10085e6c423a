//! Snapshots: an account's MEMBER contacts as of a position, or one partner's, page by page.
//!
//! Pages need no common transaction: histories only grow, and each page reads them as of the same position. So a
//! snapshot costs no long transaction, may take as long as its reader likes, and goes on anywhere after any contact.

use crate::backend::Backend;
use crate::contact::{ContactView, Viewing, store};
use crate::domain::ids::{AccountId, MemberId};
use crate::error::Error;
use crate::faults::{Spot, Variant, broken, die_at};
use crate::feed::token::{ResumeToken, SnapshotPlace};

/// A snapshot under way.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// Right after the last contact sent.
    pub token: ResumeToken,
    /// The same.
    pub place: SnapshotPlace,
}

/// Some contacts, each with the token that goes on after it, and whether they were the last.
pub struct Page {
    pub contacts: Vec<(ContactView, ResumeToken)>,
    pub is_last: bool,
}

impl Snapshot {
    /// One that begins at an event: everybody's, or one partner's.
    #[must_use]
    pub fn opening(at: ResumeToken, viewer: AccountId, partner: Option<AccountId>) -> Self {
        Self::at(at, SnapshotPlace::start(viewer, partner))
    }

    /// One that goes on after a contact.
    #[must_use]
    pub fn at(event: ResumeToken, place: SnapshotPlace) -> Self {
        Self { token: ResumeToken { snapshot: Some(place), ..event }, place }
    }

    /// The token of the event that it is as of: where events go on once it is complete.
    #[must_use]
    pub fn as_of(&self) -> ResumeToken {
        ResumeToken { snapshot: None, ..self.token }
    }

    /// The next contacts; the snapshot then stands after them.
    ///
    /// # Errors
    /// The database's.
    pub async fn next(&mut self, backend: &Backend) -> Result<Page, Error> {
        let SnapshotPlace { account, partner, after } = self.place;
        let limit = backend.limits.feed.snapshot;
        let unbound = broken(Variant::SnapshotWithoutBound);
        let as_of = if unbound { i64::MAX } else { self.token.position };
        let viewing = Viewing { account, as_of };
        let views =
            store::members_as_of(backend.catch_up(), viewing, partner, after, limit).await?;
        die_at(Spot::InSnapshot);
        let is_last = views.len() < limit;
        let mut contacts = Vec::with_capacity(views.len());
        for view in views {
            *self = Self::at(self.as_of(), SnapshotPlace { after: key(&view), ..self.place });
            contacts.push((view, self.token));
        }
        if broken(Variant::SnapshotTokenOfPage) {
            contacts.iter_mut().for_each(|(_, token)| *token = self.token);
        }
        Ok(Page { contacts, is_last })
    }
}

fn key(view: &ContactView) -> (AccountId, MemberId) {
    let person = view.person.as_ref().expect("a MEMBER contact is a person");
    (person.home_account, person.member)
}
