//! Accepting, rejecting and deleting: lock the pair, ask the table, move the rows.

use super::ledger::Ledger;
use super::store::{self, Seen};
use super::view::{self, PartnershipView};
use super::{lock, row, rows_of, standing};
use crate::account::lock::{Accounts, Strength, accounts};
use crate::agreement;
use crate::backend::{Ask, Backend, Done, Outcome, Part, Work};
use crate::domain::account::AccountState;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partnership::{self as rules, Action, State, Transition};
use crate::entity::partnership;
use crate::error::Error;
use crate::provider::store as provider;
use sea_orm::Condition;

/// Partners from now on; every other row of the pair steps aside (D2). Where the type asks for an agreement it is accepted
/// in the same change, unless it was before: `acknowledged` names its version (G2).
///
/// # Errors
/// `NotFound`, `NotTheRecipient`, `EtagMismatch`, `InvitationNotPending`, `InvitationExpired`, `AccountNotActive` when
/// the sender's account is suspended (M4), `AgreementNotAcknowledged`, `AgreementVersionStale`.
pub async fn accept(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: PartnershipId,
    sent_etag: &str,
    acknowledged: &str,
) -> Result<Done<PartnershipView>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let Held { rows, seen, accounts } = hold(work, account, id, Reach::Pair).await?;
            row::judge(&seen, Action::Accept, sent_etag, work.now)?;
            let sender = accounts.get(seen.row.sender_account_id)?;
            if sender.state != AccountState::Active {
                return Err(Error::AccountNotActive { account: sender.id.to_string() });
            }
            let agreement = if seen.row.kind.policy().needs_agreement {
                agreement::accept::with_partnership(work, account, acknowledged).await?
            } else {
                Part::default()
            };
            let steps = rules::activation(id, &rows_of(&rows), work.now);
            let mut ledger = Ledger::new(work.now, rows);
            for (row, transition) in steps {
                ledger.step(row, transition, None);
            }
            answer(work, agreement, ledger, id, account).await
        })
        .await
}

/// A no; the sender may not ask that person again until both sides have deleted the row (D3, R2).
///
/// # Errors
/// `NotFound`, `NotTheRecipient`, `EtagMismatch`, `InvitationNotPending`, `InvitationExpired`.
pub async fn reject(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: PartnershipId,
    sent_etag: &str,
    reason: &str,
) -> Result<Done<PartnershipView>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let Held { rows, seen, .. } = hold(work, account, id, Reach::Row).await?;
            let transition = row::judge(&seen, Action::Reject, sent_etag, work.now)?;
            let mut ledger = Ledger::new(work.now, rows);
            ledger.step(id, transition, Some(reason));
            answer(work, Part::default(), ledger, id, account).await
        })
        .await
}

/// Gone from the caller's list, with what that does to the other side (X).
///
/// # Errors
/// `NotFound` unless `allow_missing`, `ContactPartner`, `EtagMismatch`.
pub async fn delete(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: PartnershipId,
    sent_etag: &str,
    reason: &str,
    allow_missing: bool,
) -> Result<Done<()>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let held = match hold(work, account, id, Reach::Row).await {
                Err(Error::NotFound { resource: "partnership", .. }) if allow_missing => {
                    return Ok(Outcome::unchanged(()));
                }
                held => held?,
            };
            let transition = match row::judge(&held.seen, Action::Delete, sent_etag, work.now) {
                Err(Error::ContactPartner { partnership, .. }) => {
                    let partner = held.seen.row.sender_account_id;
                    let contact_email = provider::contact_address(&work.txn, partner).await?;
                    return Err(Error::ContactPartner { partnership, contact_email });
                }
                verdict => verdict?,
            };
            let overdue = held.seen.row.state == State::Pending
                && standing(&held.seen.row).state_at(work.now) == State::Expired;
            let mut ledger = Ledger::new(work.now, held.rows);
            if overdue {
                ledger.step(id, Transition::Expire, None);
            }
            ledger.step(id, transition, Some(reason).filter(|reason| !reason.is_empty()));
            Ok(Outcome::new(ledger.into_part(), |_| ()))
        })
        .await
}

/// How much a decision locks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Row,
    Pair,
}

pub(super) struct Held {
    pub rows: Vec<partnership::Model>,
    pub seen: Seen,
    accounts: Accounts,
}

/// Reads unlocked, locks both accounts, the pair and the rows, and reads again.
pub(super) async fn hold(
    work: &Work,
    account: AccountId,
    id: PartnershipId,
    reach: Reach,
) -> Result<Held, Error> {
    let unlocked = row::find(work, id).await;
    let both = match &unlocked {
        // another account's row is locked for nobody's sake
        Ok(row) if view::side_of(row, account).is_some() => {
            [Some(row.sender_account_id), row.recipient_account_id].into_iter().flatten().collect()
        }
        _ => Vec::new(),
    };
    let accounts = accounts(work, &both, Strength::Shared).await?;
    let before = unlocked?;
    if view::side_of(&before, account).is_none() {
        return Err(store::not_found(id));
    }
    let mut which = Condition::any().add(lock::row(id));
    if let Some(recipient) = before.recipient_account_id {
        let (sender, kind) = (before.sender_account_id, before.kind);
        lock::pairs(work, &[(sender, recipient)]).await?;
        if reach == Reach::Pair {
            which = which
                .add(lock::of_pair(sender, recipient, kind))
                .add(lock::waiting_for_members_of(recipient, sender, kind))
                .add(lock::waiting_for_members_of(sender, recipient, kind));
        }
    }
    let rows = lock::rows(work, which).await?;
    let row = rows.iter().find(|row| row.id == id).cloned().ok_or_else(|| store::not_found(id))?;
    if row.recipient_account_id != before.recipient_account_id {
        return Err(Error::ConcurrentChange);
    }
    let seen = store::seen(row, account, work.now).ok_or_else(|| store::not_found(id))?;
    Ok(Held { rows, seen, accounts })
}

pub(super) async fn answer(
    work: &Work,
    before: Part,
    ledger: Ledger,
    id: PartnershipId,
    account: AccountId,
) -> Result<Outcome<PartnershipView>, Error> {
    let row = ledger.row(id).cloned().ok_or_else(|| store::not_found(id))?;
    let shown = row::shown(work, row, account).await?;
    Ok(Outcome::new(before.followed_by(ledger.into_part()), move |_| shown))
}
