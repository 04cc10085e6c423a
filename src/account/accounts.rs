//! Verbs on accounts; operators only (M2).

use super::lock::{self, Strength};
use super::{check_etag, etag};
use crate::backend::{Ask, At, Backend, Done, Outcome, Part, insert, update};
use crate::domain::account::AccountState;
use crate::domain::event::{Body, Event, EventKind};
use crate::domain::ids::AccountId;
use crate::domain::preferences::{ContactRetention, ReceivePolicy};
use crate::entity::account;
use crate::error::Error;
use sea_orm::EntityTrait;

/// A new account, under the caller's id or a fresh one.
///
/// # Errors
/// `AccountExists`.
pub async fn create(
    backend: &Backend,
    ask: &Ask,
    id: Option<AccountId>,
    display_name: &str,
) -> Result<Done<account::Model>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            if let Some(id) = id
                && account::Entity::find_by_id(id).one(&work.txn).await?.is_some()
            {
                return Err(Error::AccountExists { account: id.to_string() });
            }
            let fresh = account::Model {
                id: id.unwrap_or_else(AccountId::fresh),
                created_position: 0,
                display_name: display_name.to_owned(),
                state: AccountState::Active,
                receive_policy: ReceivePolicy::AllowAll,
                blocked_account_ids: serde_json::Value::Array(Vec::new()),
                contact_retention: ContactRetention::Keep,
                created_at: work.now,
                version: 1,
                preferences_version: 1,
            };
            let mut part = Part::default();
            let slot = part.event(event(fresh.id, EventKind::AccountCreated));
            let created = move |row: account::Model, at: &At| account::Model {
                created_position: at.position(slot),
                ..row
            };
            let row = fresh.clone();
            part.write(move |at, db| vec![insert(created(row, at), db)]);
            Ok(Outcome::new(part, move |at| created(fresh, at)))
        })
        .await
}

/// A new name.
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`.
pub async fn rename(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
    display_name: Option<&str>,
) -> Result<Done<account::Model>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let accounts = lock::accounts(work, &[id], Strength::Exclusive).await?;
            let before = accounts.get(id)?.clone();
            check_etag(sent_etag, &etag(before.version))?;
            accounts.not_closed(id)?;
            let after = account::Model {
                display_name: display_name
                    .map_or_else(|| before.display_name.clone(), str::to_owned),
                ..before.clone()
            };
            Ok(saved(before, after, EventKind::AccountUpdated))
        })
        .await
}

/// Suspended: nobody acts for it until it is resumed (M4).
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`.
pub async fn suspend(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
) -> Result<Done<account::Model>, Error> {
    set_state(backend, ask, id, sent_etag, AccountState::Suspended).await
}

/// In use again.
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`.
pub async fn resume(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
) -> Result<Done<account::Model>, Error> {
    set_state(backend, ask, id, sent_etag, AccountState::Active).await
}

/// Gone for good; its partnerships end by reaction (M5). Closing twice is no change.
///
/// # Errors
/// `NotFound`, `EtagMismatch`.
pub async fn close(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
) -> Result<Done<account::Model>, Error> {
    set_state(backend, ask, id, sent_etag, AccountState::Closed).await
}

async fn set_state(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
    state: AccountState,
) -> Result<Done<account::Model>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let accounts = lock::accounts(work, &[id], Strength::Exclusive).await?;
            let before = accounts.get(id)?.clone();
            check_etag(sent_etag, &etag(before.version))?;
            let kind = match state {
                AccountState::Active => EventKind::AccountResumed,
                AccountState::Suspended => EventKind::AccountSuspended,
                AccountState::Closed => EventKind::AccountClosed,
            };
            if state != AccountState::Closed {
                accounts.not_closed(id)?;
            }
            let after = account::Model { state, ..before.clone() };
            Ok(saved(before, after, kind))
        })
        .await
}

fn saved(
    before: account::Model,
    after: account::Model,
    kind: EventKind,
) -> Outcome<account::Model> {
    if before == after {
        return Outcome::unchanged(before);
    }
    let after = account::Model { version: before.version + 1, ..after };
    let mut part = Part::default();
    part.event(event(after.id, kind));
    let row = after.clone();
    part.write(move |_, db| vec![update(row, db)]);
    Outcome::new(part, move |_| after)
}

fn event(account: AccountId, kind: EventKind) -> Event {
    Event {
        kind,
        account,
        counterpart: None,
        subject: account.0,
        body: Body::Empty {},
        audit: None,
        appears: None,
    }
}
