//! What this replica keeps in memory of the database, beside the log: what partners may do, who may see shared items, and
//! who callers are.

use super::entry::Entry;
use super::kept::{Kept, Touched};
use super::sizes::Sizes;
use crate::caller::ActingMember;
use crate::domain::access::{self, Access};
use crate::domain::event::{Body, Event, EventKind};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::sharing::Standing;
use std::sync::Arc;
use uuid::Uuid;

/// All of it, kept fresh by the same events.
pub struct Memory {
    /// By customer and partner.
    pub access: Arc<Kept<(AccountId, AccountId), Access>>,
    /// By item of an account and person.
    pub items: Arc<Kept<(Uuid, MemberId), Standing>>,
    /// Members who may act.
    pub callers: Arc<Kept<MemberId, ActingMember>>,
}

/// What events may have changed, each with its position.
#[derive(Debug, Default)]
pub struct Effects {
    access: Vec<(i64, Touched)>,
    items: Vec<(i64, Touched)>,
    callers: Vec<(i64, Touched)>,
}

impl Effects {
    /// Of an event that was written.
    pub fn written(&mut self, position: i64, event: &Event) {
        let Event { kind, account, counterpart, subject, body, .. } = event;
        self.note(position, *kind, (*account, *counterpart), *subject, body);
    }

    fn read(&mut self, entry: &Entry) {
        let parties = (entry.account, entry.counterpart);
        self.note(entry.place.position, entry.kind, parties, entry.subject, &entry.body);
    }

    fn note(
        &mut self,
        position: i64,
        kind: EventKind,
        (account, counterpart): (AccountId, Option<AccountId>),
        subject: Uuid,
        body: &Body,
    ) {
        if let Some(touched) = access::touched(kind, account, counterpart, body) {
            let ids = match touched {
                access::Touched::Pair(a, b) => vec![a.0, b.0],
                access::Touched::Account(account) => vec![account.0],
                access::Touched::All => Vec::new(),
            };
            self.access.push((position, ids));
        }
        if let Some(ids) = item_touched(kind, account, counterpart, subject, body) {
            self.items.push((position, ids));
        }
        if let Some(id) = caller_touched(kind, account, subject) {
            self.callers.push((position, vec![id]));
        }
    }
}

/// The member, or the account all of whose members, an event may have given or taken the right to act.
fn caller_touched(kind: EventKind, account: AccountId, subject: Uuid) -> Option<Uuid> {
    match kind {
        EventKind::MemberAdded
        | EventKind::MemberUpdated
        | EventKind::MemberPrivatelyUpdated
        | EventKind::MemberDeactivated
        | EventKind::MemberReactivated
        | EventKind::MemberRemoved => Some(subject),
        EventKind::AccountSuspended | EventKind::AccountResumed | EventKind::AccountClosed => {
            Some(account.0)
        }
        EventKind::LogOpened
        | EventKind::LogImported
        | EventKind::AccountCreated
        | EventKind::AccountUpdated
        | EventKind::PartnershipChanged
        | EventKind::PartnerActivated
        | EventKind::PartnerEnded
        | EventKind::PreferencesUpdated
        | EventKind::AgreementPublished
        | EventKind::ProviderProfileUpdated
        | EventKind::InquirySent
        | EventKind::ItemShared
        | EventKind::ItemUnshared
        | EventKind::SharedItemUpdated
        | EventKind::AgreementAccepted
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ContactRestored => None,
    }
}

/// What an event names of the answers about items that it may change: a person, an item, two accounts or one.
fn item_touched(
    kind: EventKind,
    account: AccountId,
    counterpart: Option<AccountId>,
    subject: Uuid,
    body: &Body,
) -> Option<Touched> {
    match kind {
        EventKind::ItemShared | EventKind::ItemUnshared | EventKind::SharedItemUpdated => {
            let Body::Share(fact) = body else { return None };
            Some(
                [fact.item_key.of(account)].into_iter().chain(counterpart.map(|id| id.0)).collect(),
            )
        }
        // audiences freeze there
        EventKind::PartnerEnded => Some(vec![account.0, counterpart?.0]),
        EventKind::MemberAdded
        | EventKind::MemberDeactivated
        | EventKind::MemberReactivated
        | EventKind::MemberRemoved => Some(vec![subject]),
        EventKind::AccountCreated
        | EventKind::AccountSuspended
        | EventKind::AccountResumed
        | EventKind::AccountClosed => Some(vec![account.0]),
        EventKind::LogOpened
        | EventKind::LogImported
        | EventKind::AccountUpdated
        | EventKind::MemberUpdated
        | EventKind::MemberPrivatelyUpdated
        | EventKind::PartnershipChanged
        | EventKind::PartnerActivated
        | EventKind::PreferencesUpdated
        | EventKind::AgreementPublished
        | EventKind::AgreementAccepted
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ContactRestored
        | EventKind::ProviderProfileUpdated
        | EventKind::InquirySent => None,
    }
}

impl Memory {
    /// Of nothing yet.
    #[must_use]
    pub fn new(sizes: Sizes) -> Self {
        Self {
            access: Arc::new(Kept::new(sizes.kept, sizes.trust)),
            items: Arc::new(Kept::new(sizes.kept, sizes.trust)),
            callers: Arc::new(Kept::new(sizes.kept, sizes.trust)),
        }
    }

    /// What a commit of this replica may have changed, before anybody is told of it.
    pub fn changed(&self, effects: &Effects) {
        self.access.changed(&effects.access);
        self.items.changed(&effects.items);
        self.callers.changed(&effects.callers);
    }

    /// The next events of the log, and the position that they take the tail to.
    pub(super) fn advance(&self, entries: &[Arc<Entry>], tail: i64, caught_up: bool) {
        let mut effects = Effects::default();
        for entry in entries {
            effects.read(entry);
        }
        self.access.advance(&effects.access, tail, caught_up);
        self.items.advance(&effects.items, tail, caught_up);
        self.callers.advance(&effects.callers, tail, caught_up);
    }

    /// The log is another one, or was read elsewhere: nothing of before counts.
    pub(super) fn restart(&self, tail: i64) {
        self.access.restart(tail);
        self.items.restart(tail);
        self.callers.restart(tail);
    }
}
