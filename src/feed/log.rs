//! Appending to the log and reading its head.

use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::entity::{log, log_head};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect, QueryTrait, Statement,
};

/// Takes the head for the rest of the transaction, then reads the highest position.
///
/// # Errors
/// The database's.
pub async fn lock_head(txn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    log_head::Entity::find().lock_exclusive().one(txn).await?;
    highest(txn).await
}

/// The highest position committed.
///
/// # Errors
/// The database's.
pub async fn highest(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let highest: Option<Option<i64>> = log::Entity::find()
        .select_only()
        .column_as(Expr::col(log::Column::Position).max(), "highest")
        .into_tuple()
        .one(db)
        .await?;
    Ok(highest.flatten().unwrap_or(0))
}

/// The event standing at `position`.
///
/// # Errors
/// The database's.
pub async fn event_at(db: &impl ConnectionTrait, position: i64) -> Result<Option<EventId>, DbErr> {
    log::Entity::find()
        .select_only()
        .column(log::Column::EventId)
        .filter(log::COLUMN.position.eq(position))
        .into_tuple()
        .one(db)
        .await
}

/// The statement that appends `events` right above `head`, as one change.
///
/// # Errors
/// A body that cannot be written as JSON.
pub fn append(
    backend: DbBackend,
    head: i64,
    events: &[(EventId, &Event)],
    at: Timestamp,
) -> Result<Statement, serde_json::Error> {
    let rows = events
        .iter()
        .zip(head + 1..)
        .enumerate()
        .map(|(index, ((id, event), position))| {
            Ok(log::ActiveModel {
                position: Set(position),
                event_id: Set(*id),
                account_id: Set(event.account),
                counterpart_account_id: Set(event.counterpart),
                kind: Set(event.kind),
                subject_id: Set(event.subject),
                last_of_change: Set(index + 1 == events.len()),
                payload: Set(serde_json::to_value(&event.body)?),
                at: Set(at),
            })
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    Ok(log::Entity::insert_many(rows).build(backend))
}
