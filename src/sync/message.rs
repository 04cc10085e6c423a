//! What a stream says: messages, and the token that resumes right after each.

use crate::contact::ContactView;
use crate::domain::ids::AccountId;
use crate::domain::sync::Telling;
use crate::feed::entry::Entry;
use crate::feed::run::Stretch;
use crate::feed::token::ResumeToken;
use std::time::Duration;

/// One message, or one for each of some events; the token resumes right after the last.
#[derive(Clone, Debug)]
pub struct Message {
    pub token: ResumeToken,
    pub said: Said,
}

impl Message {
    /// How many it is on the wire.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.said {
            Said::Events(stretch, _) => stretch.entries().len() as u64,
            _ => 1,
        }
    }

    /// The first event that it tells of, if it tells of any.
    #[must_use]
    pub fn first_event(&self) -> Option<&Entry> {
        match &self.said {
            Said::Events(stretch, _) => stretch.entries().first().map(|entry| &**entry),
            _ => None,
        }
    }
}

/// What a message says.
#[derive(Clone, Debug)]
pub enum Said {
    SnapshotBegin,
    Contact(Box<ContactView>),
    /// The position is the token's.
    Synced(Option<AccountId>),
    /// A message for each of these.
    Events(Stretch, Telling),
    Heartbeat {
        lag: Duration,
    },
}
