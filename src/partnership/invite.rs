//! Sending an invitation, and sending it again.

use super::ledger::Ledger;
use super::store;
use super::view::PartnershipView;
use super::{lock, occasions, quota, row, rows_of, standing};
use crate::account::lock::{Strength, accounts, addresses, resident, settled_resident};
use crate::account::preferences::admits;
use crate::backend::{Ask, Backend, Done, Outcome, Work};
use crate::caller::ActingMember;
use crate::domain::account::AccountState;
use crate::domain::email::{Email, EmailKey};
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::{Action, Approach, Home, Obstacle, State, Transition};
use crate::domain::roles::{AdminRoles, Term};
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::Condition;
use std::collections::BTreeSet;
use std::time::Duration;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub invitee: Email,
    pub kind: PartnerType,
    pub message: String,
    /// Those of the type that are asked for (T5).
    pub roles: AdminRoles,
    /// For how long; without, they do not end by themselves (T7).
    pub term: Option<Term>,
}

/// A new invitation; the sender learns nothing of whether the person exists (I9).
///
/// # Errors
/// In the order of I15: `SelfInvitation`, `AlreadyPartners`, `DuplicateInvitation`, `IncomingInvitationPending`,
/// `ReinviteBlocked`, `QuotaExceeded`.
pub async fn invite(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    invitation: Invitation,
) -> Result<Done<PartnershipView>, Error> {
    let invitation = &invitation;
    let done = backend
        .change(ask, |work| async move {
            let work = &*work;
            let Invitation { invitee, kind, roles, .. } = invitation;
            let Route { home, inviter } = Route::lock(work, account, &invitee.key, None).await?;
            let rows = lock::rows(work, around(account, &invitee.key, *kind, home)).await?;
            let approach = Approach {
                kind: *kind,
                roles,
                sender: account,
                invitee: &invitee.key,
                home,
                rows: &rows_of(&rows),
                now: work.now,
            };
            refuse(approach.obstacle())?;
            quota::check(work, account, false).await?;

            let mut ledger = Ledger::new(work.now, rows);
            make_room(&mut ledger, &approach);
            let row = fresh(work, account, inviter, invitation, approach.binds_to());
            let id = row.id;
            ledger.invite(row);
            finish(work, ledger, id, account, home).await
        })
        .await;
    tally(backend, ask, done).await
}

/// The same invitation once more: a new expiry, routed again by e-mail, visible to the recipient again (I11).
///
/// # Errors
/// `NotFound`, `NotTheSender`, `EtagMismatch`, `InvitationNotPending`, then what `invite` refuses, `ResendTooSoon`.
pub async fn resend(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: PartnershipId,
    sent_etag: &str,
) -> Result<Done<PartnershipView>, Error> {
    let done = backend
        .change(ask, |work| async move {
            let work = &*work;
            // judged twice: here to refuse before anything is locked for another account's sake, and under the lock
            let before = row::find(work, id).await.and_then(|row| {
                judge_resend(work, &row, account, sent_etag)?;
                Ok(row)
            });
            if before.is_err() {
                // what the actor is comes before what the row is
                accounts(work, &[], Strength::Shared).await?;
            }
            let before = before?;
            let key = before.invitee_key.clone();
            let Route { home, .. } =
                Route::lock(work, account, &key, before.recipient_account_id).await?;
            let which = around(account, &key, before.kind, home).add(lock::row(id));
            let rows = lock::rows(work, which).await?;
            let row = rows.iter().find(|row| row.id == id).ok_or_else(|| store::not_found(id))?;
            judge_resend(work, row, account, sent_etag)?;
            if row.recipient_account_id != before.recipient_account_id {
                return Err(Error::ConcurrentChange);
            }
            let others: Vec<_> =
                rows_of(&rows).into_iter().filter(|(other, _)| *other != id).collect();
            let approach = Approach {
                kind: row.kind,
                roles: &row.admin_roles,
                sender: account,
                invitee: &key,
                home,
                rows: &others,
                now: work.now,
            };
            refuse(approach.obstacle())?;
            let again_at = row.sent_at.plus(work.limits.resend_interval);
            if again_at > work.now {
                return Err(Error::ResendTooSoon { retry_after: work.now.until(again_at) });
            }
            let open = standing(row).state_at(work.now) == State::Pending;
            quota::check(work, account, open).await?;

            let expires_at = expiry(work);
            let mut ledger = Ledger::new(work.now, rows.clone());
            make_room(&mut ledger, &approach);
            if row.state == State::Pending && !open {
                ledger.step(id, Transition::Expire, None);
            }
            ledger.step_with(id, Transition::Resend, None, |row| {
                row.recipient_account_id = approach.binds_to();
                row.expires_at = expires_at;
                row.sent_at = work.now;
                row.resend_count += 1;
            });
            finish(work, ledger, id, account, home).await
        })
        .await;
    tally(backend, ask, done).await
}

/// Where the person lives and who invites, with everything locked that could change it.
struct Route {
    home: Option<Home>,
    inviter: Option<ActingMember>,
}

impl Route {
    /// Reads unlocked; locks accounts, usage, address and pairs in order; and reads again, so that nobody moved in between.
    async fn lock(
        work: &Work,
        sender: AccountId,
        person: &EmailKey,
        bound_to: Option<AccountId>,
    ) -> Result<Self, Error> {
        let seen = resident(work, person).await?.map(|(_, account)| account);
        let others: Vec<AccountId> = [seen, bound_to].into_iter().flatten().collect();
        let held = accounts(work, &others, Strength::Shared).await?;
        quota::lock(work, sender).await?;
        addresses(work, &BTreeSet::from([person.clone()])).await?;
        if settled_resident(work, person).await?.map(|(_, account)| account) != seen {
            return Err(Error::ConcurrentChange);
        }
        let pairs = others.iter().filter(|other| **other != sender).map(|other| (sender, *other));
        lock::pairs(work, &pairs.collect::<Vec<_>>()).await?;
        let home = seen.map(|account| held.get(account)).transpose()?.map(|account| Home {
            account: account.id,
            open: account.state == AccountState::Active && admits(account, sender),
        });
        Ok(Self { home, inviter: held.member })
    }
}

fn around(
    sender: AccountId,
    person: &EmailKey,
    kind: PartnerType,
    home: Option<Home>,
) -> Condition {
    let any = Condition::any().add(lock::to_person(sender, person, kind));
    match home {
        Some(home) if home.account != sender => any.add(lock::of_pair(sender, home.account, kind)),
        _ => any,
    }
}

/// Turns the sender's own overdue rows to the person into expired ones, and replaces what a bound request replaces. The
/// pair's other overdue rows are left to the sweep: touching them here would tell the sender that the person exists.
fn make_room(ledger: &mut Ledger, approach: &Approach<'_>) {
    let overdue = approach.rows.iter().filter(|(_, row)| {
        row.sender == approach.sender
            && row.invitee == *approach.invitee
            && row.state == State::Pending
            && row.state_at(approach.now) == State::Expired
    });
    for (id, _) in overdue {
        ledger.step(*id, Transition::Expire, None);
    }
    for id in approach.replaced() {
        ledger.step(id, Transition::Replace, None);
    }
}

fn fresh(
    work: &Work,
    sender: AccountId,
    inviter: Option<ActingMember>,
    invitation: &Invitation,
    recipient: Option<AccountId>,
) -> partnership::Model {
    let Invitation { invitee, kind, message, roles, term } = invitation;
    partnership::Model {
        id: PartnershipId::fresh(),
        created_position: 0,
        kind: *kind,
        sender_account_id: sender,
        recipient_account_id: recipient,
        pair_first: None,
        pair_second: None,
        invitee_email: invitee.typed.clone(),
        invitee_key: invitee.key.clone(),
        inviter_member_id: inviter.as_ref().map(|member| member.id),
        inviter_display_name: inviter.map(|member| member.display_name).unwrap_or_default(),
        message: message.clone(),
        state: State::Pending,
        sender_hid: false,
        recipient_hid: false,
        sender_view: None,
        recipient_view: None,
        sender_version: 1,
        recipient_version: 1,
        sender_updated_at: work.now,
        recipient_updated_at: work.now,
        reject_reason: String::new(),
        created_at: work.now,
        sent_at: work.now,
        resend_count: 0,
        expires_at: expiry(work),
        activated_at: None,
        activated_position: None,
        ended_at: None,
        ended_position: None,
        ended_sender_retention: None,
        ended_recipient_retention: None,
        ended_sender_name: None,
        ended_recipient_name: None,
        admin_roles: roles.clone(),
        role_seconds: term.and_then(|term| i64::try_from(term.span.as_secs()).ok()),
        auto_extend: term.is_some_and(|term| term.auto_extend),
        roles_until: None,
        roles_end: None,
        roles_due_at: None,
    }
}

fn expiry(work: &Work) -> Option<Timestamp> {
    let span = work.limits.invitation_expiry;
    (span > Duration::ZERO).then(|| work.now.plus(span))
}

async fn finish(
    work: &Work,
    ledger: Ledger,
    id: PartnershipId,
    account: AccountId,
    home: Option<Home>,
) -> Result<Outcome<PartnershipView>, Error> {
    let row = ledger.row(id).cloned().ok_or_else(|| store::not_found(id))?;
    // whom the account would not have told is not told past it (I14, M4)
    let told = home.is_none_or(|home| home.open).then(|| occasions::invited(&row, false));
    let shown = row::shown(work, row, account).await?;
    let mut part = ledger.into_part();
    told.into_iter().for_each(|occasion| part.tell(occasion));
    quota::count_sent(&mut part, account, work.now);
    Ok(Outcome::new(part, move |_| shown))
}

fn judge_resend(
    work: &Work,
    row: &partnership::Model,
    account: AccountId,
    sent_etag: &str,
) -> Result<(), Error> {
    let seen =
        store::seen(row.clone(), account, work.now).ok_or_else(|| store::not_found(row.id))?;
    row::judge(&seen, Action::Resend, sent_etag, work.now).map(|_| ())
}

fn refuse(obstacle: Option<Obstacle>) -> Result<(), Error> {
    match obstacle {
        None => Ok(()),
        Some(Obstacle::SelfInvitation) => Err(Error::SelfInvitation),
        Some(Obstacle::AlreadyPartners(partnership)) => Err(Error::AlreadyPartners { partnership }),
        Some(Obstacle::Duplicate(partnership)) => Err(Error::DuplicateInvitation { partnership }),
        Some(Obstacle::IncomingPending(partnership)) => {
            Err(Error::IncomingInvitationPending { partnership })
        }
        Some(Obstacle::Blocked(blocking, must_delete)) => {
            Err(Error::ReinviteBlocked { blocking, must_delete })
        }
    }
}

/// Counts refusals by rule, and dry runs; failures of the service itself cost the account nothing.
async fn tally<A>(
    backend: &Backend,
    ask: &Ask,
    done: Result<Done<A>, Error>,
) -> Result<Done<A>, Error> {
    let by_rule = matches!(
        &done,
        Err(Error::SelfInvitation
            | Error::AlreadyPartners { .. }
            | Error::DuplicateInvitation { .. }
            | Error::IncomingInvitationPending { .. }
            | Error::ReinviteBlocked { .. })
    );
    if by_rule || (ask.validate_only && done.is_ok()) {
        quota::count_refused(backend, ask).await?;
    }
    done
}
