//! The audit (rule L1): every partner action leaves one entry, written in the same transaction by reaction; entries are
//! never changed or deleted. Each side lists what its own view showed, and is told who acted only of its own people.

use crate::backend::{Ask, Change, Part, Planned, Slot, Work, insert_all};
use crate::domain::event::{AuditAction, AuditNote, Body};
use crate::domain::ids::{AccountId, EventId, MemberId, PartnershipId, SharedItemId};
use crate::domain::partnership::View;
use crate::domain::time::Timestamp;
use crate::entity::audit_entry;
use crate::error::Error;
use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// An entry as one side is shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    pub id: EventId,
    pub position: i64,
    pub partnership: Option<PartnershipId>,
    pub shared_item: Option<SharedItemId>,
    pub action: AuditAction,
    /// Empty when the other side acted.
    pub actor: Option<MemberId>,
    pub actor_is_operator: bool,
    pub from: Option<View>,
    pub to: Option<View>,
    pub reason: String,
    pub request_id: String,
    pub created_at: Timestamp,
}

/// Writes an entry for every event that is a partner action; it runs last, and sees the whole change.
pub fn react<'a>(work: &'a Work, change: &'a Change) -> BoxFuture<'a, Result<Part, Error>> {
    async move {
        let mut part = Part::default();
        let entries: Vec<(Slot, audit_entry::Model)> = change
            .events()
            .into_iter()
            .filter_map(|Planned { slot, item, event }| {
                let shared_item = match &event.body {
                    Body::Share(fact) => Some(fact.shared_item),
                    _ => None,
                };
                let entry = entry(work.now, work.ask_for(*item), event.audit.as_ref()?);
                Some((*slot, audit_entry::Model { shared_item_id: shared_item, ..entry }))
            })
            .collect();
        if !entries.is_empty() {
            part.write(move |at, db| {
                let placed = entries.into_iter().map(|(slot, entry)| audit_entry::Model {
                    position: at.position(slot),
                    ..entry
                });
                insert_all(placed, db)
            });
        }
        Ok(part)
    }
    .boxed()
}

fn entry(now: Timestamp, ask: &Ask, note: &AuditNote) -> audit_entry::Model {
    let AuditNote { action, partnership, sender, recipient, reason, reason_shared } = note.clone();
    let actor = &ask.actor;
    audit_entry::Model {
        position: 0,
        id: EventId::fresh(),
        partnership_id: partnership,
        shared_item_id: None,
        sender_account_id: sender.map(|glimpse| glimpse.account),
        recipient_account_id: recipient.map(|glimpse| glimpse.account),
        action,
        sender_from: sender.and_then(|glimpse| glimpse.from),
        sender_to: sender.and_then(|glimpse| glimpse.to),
        recipient_from: recipient.and_then(|glimpse| glimpse.from),
        recipient_to: recipient.and_then(|glimpse| glimpse.to),
        actor_account_id: actor.account,
        actor_member_id: actor.member.as_ref().map(|member| member.id),
        actor_is_operator: actor.operator.is_some(),
        operator_name: actor.operator.clone().unwrap_or_default(),
        reason,
        reason_shared,
        request_id: ask.request.as_ref().map(|key| key.request_id.clone()).unwrap_or_default(),
        created_at: now,
    }
}

/// An account's entries, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    account: AccountId,
    partnership: Option<PartnershipId>,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<EntryView>, Error> {
    use audit_entry::Column::{
        PartnershipId as Subject, Position, RecipientAccountId, SenderAccountId,
    };
    let mut entries = Vec::new();
    // one index walk for each side; an account is never on both sides of an entry
    for own in [SenderAccountId, RecipientAccountId] {
        let mut which = Condition::all().add(own.eq(account));
        if let Some(partnership) = partnership {
            which = which.add(Subject.eq(partnership));
        }
        if let Some(before) = before {
            which = which.add(Position.lt(before));
        }
        entries.extend(
            audit_entry::Entity::find()
                .filter(which)
                .order_by_desc(Position)
                .limit(limit)
                .all(db)
                .await?,
        );
    }
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.position));
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(entries.into_iter().map(|entry| show(entry, account)).collect())
}

fn show(entry: audit_entry::Model, viewer: AccountId) -> EntryView {
    let own = entry.actor_account_id == Some(viewer);
    let (from, to) = if entry.sender_account_id == Some(viewer) {
        (entry.sender_from, entry.sender_to)
    } else {
        (entry.recipient_from, entry.recipient_to)
    };
    EntryView {
        id: entry.id,
        position: entry.position,
        partnership: entry.partnership_id,
        shared_item: entry.shared_item_id,
        action: entry.action,
        actor: entry.actor_member_id.filter(|_| own),
        actor_is_operator: own && entry.actor_is_operator,
        from,
        to,
        reason: if own || entry.reason_shared { entry.reason } else { String::new() },
        request_id: if own { entry.request_id } else { String::new() },
        created_at: entry.created_at,
    }
}
