//! Accepting: alone (G4), or together with a partnership (G2).

use super::store;
use crate::account::lock::{Strength, accounts};
use crate::backend::{Ask, At, Backend, Done, Outcome, Part, Slot, Work, insert};
use crate::domain::agreement::AgreementKind;
use crate::domain::event::{AuditAction, Event, EventKind};
use crate::domain::ids::AccountId;
use crate::entity::agreement_acceptance::Model as Acceptance;
use crate::entity::{agreement, agreement_acceptance};
use crate::error::Error;
use sea_orm::EntityTrait;
use sea_orm::sea_query::LockType;

/// Accepts the version in force for an account; once more is a no-op (G3).
///
/// # Errors
/// `NotFound` while nothing is in force, `AgreementVersionStale`.
pub async fn accept(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    kind: AgreementKind,
    version: &str,
) -> Result<Done<Acceptance>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            accounts(work, &[account], Strength::Shared).await?;
            super::lock(work, kind, LockType::Share).await?;
            let current = store::in_force(&work.txn, kind, work.now).await?;
            let current = current
                .ok_or_else(|| Error::NotFound { resource: "agreement", id: version.to_owned() })?;
            check_version(&current, version)?;
            if let Some(before) = find(work, account, &current).await? {
                return Ok(Outcome::unchanged(before));
            }
            let mut part = Part::default();
            let (slot, fresh) = record(&mut part, work, account, &current);
            Ok(Outcome::new(part, move |at| placed(fresh, slot, at)))
        })
        .await
}

/// The part of accepting a partnership whose type asks for the customer agreement: empty when nothing is missing.
///
/// # Errors
/// `AgreementNotAcknowledged`, `AgreementVersionStale`.
pub async fn with_partnership(
    work: &Work,
    customer: AccountId,
    acknowledged: &str,
) -> Result<Part, Error> {
    let kind = AgreementKind::Customer;
    super::lock(work, kind, LockType::Share).await?;
    let mut part = Part::default();
    let Some(current) = store::in_force(&work.txn, kind, work.now).await? else { return Ok(part) };
    if find(work, customer, &current).await?.is_some() {
        return Ok(part);
    }
    if acknowledged.is_empty() {
        return Err(Error::AgreementNotAcknowledged { version: current.version, url: current.url });
    }
    check_version(&current, acknowledged)?;
    record(&mut part, work, customer, &current);
    Ok(part)
}

fn check_version(current: &agreement::Model, named: &str) -> Result<(), Error> {
    if current.version == named {
        return Ok(());
    }
    Err(Error::AgreementVersionStale {
        named: named.to_owned(),
        current: current.version.clone(),
        url: current.url.clone(),
    })
}

async fn find(
    work: &Work,
    account: AccountId,
    current: &agreement::Model,
) -> Result<Option<Acceptance>, Error> {
    let key = (account, current.kind, current.version.clone());
    Ok(agreement_acceptance::Entity::find_by_id(key).one(&work.txn).await?)
}

fn record(
    part: &mut Part,
    work: &Work,
    account: AccountId,
    current: &agreement::Model,
) -> (Slot, Acceptance) {
    let actor = &work.ask().actor;
    let fresh = Acceptance {
        account_id: account,
        kind: current.kind,
        version: current.version.clone(),
        position: 0,
        member_id: actor.member.as_ref().map(|member| member.id),
        by_operator: actor.operator.is_some(),
        sha256: current.sha256.clone(),
        accepted_at: work.now,
    };
    let slot = part.event(Event::of_account(
        EventKind::AgreementAccepted,
        account,
        AuditAction::AgreementAccepted,
    ));
    let row = fresh.clone();
    part.write(move |at, db| vec![insert(placed(row, slot, at), db)]);
    (slot, fresh)
}

fn placed(row: Acceptance, slot: Slot, at: &At) -> Acceptance {
    Acceptance { position: at.position(slot), ..row }
}
