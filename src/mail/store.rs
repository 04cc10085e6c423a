//! Reads of the outbox, and how long it is kept.

use crate::backend::{Backend, one_of};
use crate::domain::ids::{MailId, PartnershipId};
use crate::domain::mail::MailState;
use crate::domain::time::{DAY, Timestamp};
use crate::entity::{mail, mail_usage};
use crate::error::Error;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashSet;
use std::time::Duration;

/// What answers for a letter that there is not.
#[must_use]
pub fn not_found(id: MailId) -> Error {
    Error::NotFound { resource: "mail", id: id.to_string() }
}

/// Letters, newest first, before one.
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    states: &[MailState],
    before: Option<MailId>,
    limit: u64,
) -> Result<Vec<mail::Model>, Error> {
    let mut query = mail::Entity::find().order_by_desc(mail::Column::Id).limit(limit);
    if !states.is_empty() {
        query = query.filter(mail::Column::State.is_in(states.iter().copied()));
    }
    if let Some(before) = before {
        query = query.filter(mail::Column::Id.lt(before));
    }
    Ok(query.all(db).await?)
}

/// Which sendings of these invitations were written to their addressees.
pub(super) async fn mailed(
    db: &impl ConnectionTrait,
    invitations: Vec<PartnershipId>,
) -> Result<HashSet<(PartnershipId, i64)>, Error> {
    if invitations.is_empty() {
        return Ok(HashSet::new());
    }
    let which = one_of(mail::Column::PartnershipId, invitations, db.get_database_backend());
    let found: Vec<(PartnershipId, i64)> = mail::Entity::find()
        .select_only()
        .columns([mail::Column::PartnershipId, mail::Column::Sending])
        .filter(which)
        .filter(mail::Column::Sending.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// How much waits to be sent, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Letters that are neither sent nor given up.
    pub waiting: u64,
    /// How long the oldest of them has been waiting.
    pub oldest: Duration,
}

#[derive(FromQueryResult)]
struct Waiting {
    waiting: i64,
    since: Option<i64>,
}

/// The outbox's depth and age.
///
/// # Errors
/// The database's.
pub async fn depth(backend: &Backend) -> Result<Depth, Error> {
    let found: Option<Waiting> = mail::Entity::find()
        .select_only()
        .column_as(Expr::col(mail::Column::Id).count(), "waiting")
        .column_as(Expr::col(mail::Column::QueuedAt).min(), "since")
        .filter(mail::Column::DueAt.is_not_null())
        .into_model()
        .one(backend.reads())
        .await?;
    let depth = found.map(|Waiting { waiting, since }| Depth {
        waiting: u64::try_from(waiting).unwrap_or(0),
        oldest: since.map(|at| Timestamp(at).until(backend.now())).unwrap_or_default(),
    });
    Ok(depth.unwrap_or_default())
}

/// Forgets letters that were done with long ago, and how many an address got on days that are over.
///
/// # Errors
/// The database's.
pub async fn forget_old(backend: &Backend) -> Result<(), Error> {
    let (db, now) = (backend.database.writes(), backend.now());
    mail::Entity::delete_many()
        .filter(mail::Column::DueAt.is_null())
        .filter(mail::Column::UpdatedAt.lt(now.minus(backend.limits.mail_retention)))
        .exec(db)
        .await?;
    // a day more: clocks of replicas differ
    mail_usage::Entity::delete_many()
        .filter(mail_usage::Column::Day.lt(now.minus(DAY).day()))
        .exec(db)
        .await?;
    Ok(())
}
