//! Reads of agreements and their acceptances.

use crate::domain::agreement::{Agreed, AgreementKind};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::entity::{agreement, agreement_acceptance};
use crate::error::Error;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// A version, whether or not it is in force.
///
/// # Errors
/// The database's.
pub async fn version(
    db: &impl ConnectionTrait,
    kind: AgreementKind,
    version: &str,
) -> Result<Option<agreement::Model>, Error> {
    Ok(agreement::Entity::find_by_id((kind, version.to_owned())).one(db).await?)
}

/// The version in force: the last that has come into force, and of two at one moment the one published later.
///
/// # Errors
/// The database's.
pub async fn in_force(
    db: &impl ConnectionTrait,
    kind: AgreementKind,
    now: Timestamp,
) -> Result<Option<agreement::Model>, Error> {
    Ok(agreement::Entity::find()
        .filter(agreement::COLUMN.kind.eq(kind))
        .filter(agreement::Column::EffectiveAt.lte(now))
        .order_by_desc(agreement::Column::EffectiveAt)
        .order_by_desc(agreement::Column::Position)
        .one(db)
        .await?)
}

/// Whether an account has accepted the customer agreement in force, and until when that is enough.
///
/// # Errors
/// The database's.
pub async fn agreed(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: Timestamp,
) -> Result<Agreed, Error> {
    let kind = AgreementKind::Customer;
    if let Some(current) = in_force(db, kind, now).await? {
        let key = (account, kind, current.version);
        if agreement_acceptance::Entity::find_by_id(key).one(db).await?.is_none() {
            return Ok(Agreed::NotYet);
        }
    }
    let next = agreement::Entity::find()
        .filter(agreement::COLUMN.kind.eq(kind))
        .filter(agreement::Column::EffectiveAt.gt(now))
        .order_by_asc(agreement::Column::EffectiveAt)
        .one(db)
        .await?;
    Ok(Agreed::Until(next.map(|next| next.effective_at)))
}

/// A version as an account is shown it.
#[derive(Clone, Debug)]
pub struct Shown {
    pub agreement: agreement::Model,
    pub in_force: bool,
    /// When the account accepted it.
    pub accepted_at: Option<Timestamp>,
}

/// Published versions, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    account: AccountId,
    now: Timestamp,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<Shown>, Error> {
    let mut query = agreement::Entity::find();
    if let Some(before) = before {
        query = query.filter(agreement::COLUMN.position.lt(before));
    }
    let rows = query.order_by_desc(agreement::Column::Position).limit(limit).all(db).await?;
    let current = in_force(db, AgreementKind::Customer, now).await?;
    let accepted = agreement_acceptance::Entity::find()
        .filter(agreement_acceptance::COLUMN.account_id.eq(account))
        .filter(
            agreement_acceptance::COLUMN.version.is_in(rows.iter().map(|row| row.version.clone())),
        );
    let accepted: HashMap<_, _> = accepted
        .all(db)
        .await?
        .into_iter()
        .map(|row| ((row.kind, row.version), row.accepted_at))
        .collect();
    let shown = rows.into_iter().map(|agreement| Shown {
        in_force: current.as_ref() == Some(&agreement),
        accepted_at: accepted.get(&(agreement.kind, agreement.version.clone())).copied(),
        agreement,
    });
    Ok(shown.collect())
}

/// What an account accepted, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn acceptances(
    db: &impl ConnectionTrait,
    account: AccountId,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<agreement_acceptance::Model>, Error> {
    let mut query = agreement_acceptance::Entity::find()
        .filter(agreement_acceptance::COLUMN.account_id.eq(account));
    if let Some(before) = before {
        query = query.filter(agreement_acceptance::COLUMN.position.lt(before));
    }
    Ok(query.order_by_desc(agreement_acceptance::Column::Position).limit(limit).all(db).await?)
}
