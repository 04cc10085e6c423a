//! What goes into a change, and what comes out.

use super::{Held, Limits};
use crate::caller::Actor;
use crate::domain::time::Timestamp;
use crate::error::Error;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

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

impl Ask {
    /// The same under a name, one of its own if the caller gave it none. What writes no event cannot be found in the log
    /// when the reply to its COMMIT is lost; what has a name is found by it.
    #[must_use]
    pub fn named(&self) -> Self {
        let named = || RequestKey {
            caller: self.actor.request_scope(),
            request_id: Uuid::now_v7().to_string(),
            fingerprint: String::new(),
        };
        Self { request: self.request.clone().or_else(|| Some(named())), ..self.clone() }
    }

    /// The request id it uses up.
    pub(super) fn claims(&self) -> Option<&RequestKey> {
        self.request.as_ref().filter(|_| !self.validate_only)
    }
}

/// Something to do, and who asks for it.
#[derive(Clone, Debug)]
pub struct Asked<T> {
    pub ask: Ask,
    pub what: T,
}

/// A committed change (or one that would have been).
#[derive(Debug)]
pub struct Done<A> {
    /// The command's answer.
    pub answer: A,
    /// The position of the change's own event; the head when nothing happened.
    pub position: i64,
}

/// What becomes of one ask.
pub type Verdict<A> = Result<Done<A>, Error>;

/// How long a change waits for locks that others hold, the head's apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Seconds.
    Full,
    /// A tenth of a second.
    Some,
    /// Hardly, and for accounts not at all: many wait behind it.
    Little,
}

/// What a command works with while it locks and decides.
pub struct Work {
    /// The transaction.
    pub txn: DatabaseTransaction,
    /// When this change happens.
    pub now: Timestamp,
    /// Who asks: one for everything that is done, or one for each thing.
    pub asks: Vec<Ask>,
    /// Quotas and spans.
    pub limits: Limits,
    /// How long it may wait for others.
    pub patience: Patience,
    /// What it has locked so far.
    pub held: Held,
}

impl Work {
    /// Who asks, where one does.
    #[must_use]
    pub fn ask(&self) -> &Ask {
        self.ask_for(0)
    }

    /// Who asks for one of the things that are done together.
    #[must_use]
    pub fn ask_for(&self, item: usize) -> &Ask {
        self.asks.get(item).unwrap_or(&self.asks[0])
    }
}
