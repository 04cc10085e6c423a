//! Verbs on members that are there; operators only (M2).
//!
//! A verb that can take somebody's rights away, or change what others decide by or write down (who has an address, what
//! an inviter is called), locks the account exclusively, so that it and their calls have an order; the others share it.
//! The address row guards the member: every verb locks it before it reads the row.

use super::history::{event, fact, join, leave, next_version, own_addresses};
use super::lock::{self, Strength};
use super::{check_etag, etag, store};
use crate::backend::{Ask, Backend, Done, Outcome, Part, Slot, Work, update};
use crate::domain::account::{MemberState, Profile};
use crate::domain::email::{Email, EmailKey};
use crate::domain::event::EventKind;
use crate::domain::ids::{AccountId, MemberId, MembershipId};
use crate::entity::member;
use crate::error::Error;

/// The fields of an update that are to be written.
#[derive(Clone, Debug, Default)]
pub struct MemberUpdate {
    pub email: Option<Email>,
    pub display_name: Option<String>,
    pub profile: Option<Profile>,
    pub manage_partners: Option<Option<bool>>,
    pub phone: Option<String>,
    pub title: Option<String>,
    pub locale: Option<String>,
}

/// Changed fields of a member; a new address may bind waiting invitations.
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`, `MemberRemoved`, `MemberExists` for an address in use.
pub async fn change_fields(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
    fields: MemberUpdate,
) -> Result<Done<member::Model>, Error> {
    let strength =
        match (&fields.email, &fields.display_name, &fields.profile, &fields.manage_partners) {
            (None, None, None, None) => Strength::Shared,
            _ => Strength::Exclusive,
        };
    let fields = &fields;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let new_key = fields.email.as_ref().map(|email| email.key.clone());
            let before =
                locked(work, &[account], id, sent_etag, strength, new_key.as_ref()).await?;
            let after = updated(&before, fields.clone());
            if after == before {
                return Ok(Outcome::unchanged(before));
            }
            let moves_address = after.email_key != before.email_key;
            let mut part = Part::default();
            if moves_address {
                refuse_taken(work, &after.email_key).await?;
                let owners =
                    vec![(before.email_key.clone(), None), (after.email_key.clone(), Some(id))];
                own_addresses(&mut part, owners);
            }
            let public = fact(&after) != fact(&before);
            let kind =
                if public { EventKind::MemberUpdated } else { EventKind::MemberPrivatelyUpdated };
            let slot = part.event(event(&after, kind, moves_address));
            if public {
                next_version(&mut part, slot, &after, work.now);
            }
            Ok(saved(work, part, slot, after))
        })
        .await
}

/// May no longer act; its address stays taken (M3).
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`, `MemberRemoved`.
pub async fn deactivate(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
) -> Result<Done<member::Model>, Error> {
    set_state(backend, ask, account, id, sent_etag, MemberState::Deactivated).await
}

/// May act again.
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`, `MemberRemoved`.
pub async fn reactivate(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
) -> Result<Done<member::Model>, Error> {
    set_state(backend, ask, account, id, sent_etag, MemberState::Active).await
}

/// Left for good; the address is free again.
///
/// # Errors
/// `NotFound`, `AccountNotActive` when closed, `EtagMismatch`, `MemberRemoved`.
pub async fn remove(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
) -> Result<Done<member::Model>, Error> {
    set_state(backend, ask, account, id, sent_etag, MemberState::Removed).await
}

async fn set_state(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
    state: MemberState,
) -> Result<Done<member::Model>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let before = locked(work, &[account], id, sent_etag, Strength::Exclusive, None).await?;
            if before.state == state {
                return Ok(Outcome::unchanged(before));
            }
            let after = member::Model { state, ..before };
            let mut part = Part::default();
            let kind = match state {
                MemberState::Active => EventKind::MemberReactivated,
                MemberState::Deactivated => EventKind::MemberDeactivated,
                MemberState::Removed => EventKind::MemberRemoved,
            };
            let slot = part.event(event(&after, kind, false));
            next_version(&mut part, slot, &after, work.now);
            if state == MemberState::Removed {
                own_addresses(&mut part, vec![(after.email_key.clone(), None)]);
                leave(&mut part, slot, after.membership_id);
            }
            Ok(saved(work, part, slot, after))
        })
        .await
}

/// The same person in another account (M6): removed there, then added here, in one change.
///
/// # Errors
/// `NotFound` for member or target, `AccountNotActive` when either account is closed, `EtagMismatch`, `MemberRemoved`.
pub async fn move_to(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: MemberId,
    sent_etag: &str,
    target: AccountId,
    profile: Profile,
) -> Result<Done<member::Model>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let before =
                locked(work, &[account, target], id, sent_etag, Strength::Exclusive, None).await?;
            let gone = member::Model { state: MemberState::Removed, ..before.clone() };
            let after = member::Model {
                account_id: target,
                membership_id: MembershipId::fresh(),
                profile,
                manage_partners: None,
                ..before
            };
            let mut part = Part::default();
            let left = part.event(event(&gone, EventKind::MemberRemoved, false));
            let joined = part.event(event(&after, EventKind::MemberAdded, true));
            next_version(&mut part, left, &gone, work.now);
            leave(&mut part, left, gone.membership_id);
            join(&mut part, vec![(joined, after.clone())], work.now);
            Ok(saved(work, part, joined, after))
        })
        .await
}

/// Locks accounts and addresses, and answers the member as it stays until commit.
async fn locked(
    work: &Work,
    accounts: &[AccountId],
    id: MemberId,
    sent_etag: &str,
    strength: Strength,
    new_key: Option<&EmailKey>,
) -> Result<member::Model, Error> {
    let home = accounts[0];
    let seen = store::member(&work.txn, home, id).await;
    let held = lock::accounts(work, accounts, strength).await?;
    held.get(home)?;
    let seen = seen?;
    for account in accounts {
        held.get(*account)?;
    }
    lock::addresses(
        work,
        &[Some(&seen.email_key), new_key].into_iter().flatten().cloned().collect(),
    )
    .await?;
    let member = store::member(&work.txn, home, id).await?;
    if member.email_key != seen.email_key {
        return Err(Error::ConcurrentChange);
    }
    check_etag(sent_etag, &etag(member.position))?;
    for account in accounts {
        held.not_closed(*account)?;
    }
    if member.state == MemberState::Removed {
        return Err(Error::MemberRemoved { member: id.to_string() });
    }
    Ok(member)
}

async fn refuse_taken(work: &Work, key: &EmailKey) -> Result<(), Error> {
    match lock::resident(work, key).await? {
        Some((member, account)) => {
            Err(Error::MemberExists { member: member.to_string(), account: account.to_string() })
        }
        None => Ok(()),
    }
}

fn updated(before: &member::Model, fields: MemberUpdate) -> member::Model {
    let MemberUpdate { email, display_name, profile, manage_partners, phone, title, locale } =
        fields;
    let mut after = before.clone();
    if let Some(email) = email {
        after.email = email.typed;
        after.email_key = email.key;
    }
    after.display_name = display_name.unwrap_or(after.display_name);
    after.profile = profile.unwrap_or(after.profile);
    after.manage_partners = manage_partners.unwrap_or(after.manage_partners);
    after.phone = phone.unwrap_or(after.phone);
    after.title = title.unwrap_or(after.title);
    after.locale = locale.unwrap_or(after.locale);
    after
}

fn saved(work: &Work, mut part: Part, slot: Slot, after: member::Model) -> Outcome<member::Model> {
    let after = member::Model { updated_at: work.now, ..after };
    let row = after.clone();
    part.write(move |at, db| {
        vec![update(member::Model { position: at.position(slot), ..row }, db)]
    });
    Outcome::new(part, move |at| member::Model { position: at.position(slot), ..after })
}
