//! Appending to the log and reading its head.

use super::entry::Place;
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::domain::time::Timestamp;
use crate::entity::rows::insert_all;
use crate::entity::{log, log_head, log_identity};
use crate::faults::{Variant, broken, count_up};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait, FromQueryResult,
    QueryFilter, QuerySelect, Statement,
};
use uuid::Uuid;

/// Takes the head for the rest of the transaction, then reads the highest position.
///
/// # Errors
/// The database's.
pub async fn lock_head(txn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    if broken(Variant::IdentityCursor) {
        return Ok(count_up(highest(txn).await?));
    }
    if broken(Variant::OneStatementAppend) {
        return lock_and_read(txn).await;
    }
    log_head::Entity::find().lock_exclusive().one(txn).await?;
    highest(txn).await
}

/// The wrong way: the statement sees what was committed when it began, and then it waits.
async fn lock_and_read(txn: &impl ConnectionTrait) -> Result<i64, DbErr> {
    const SQL: &str = "SELECT (SELECT max(position) FROM log) AS head FROM log_head FOR UPDATE";
    let row = txn.query_one_raw(Statement::from_string(txn.get_database_backend(), SQL)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("log_head".to_owned()))?.try_get("", "head")
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

/// An event that is to be appended.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub event: &'a Event,
    /// Whether the change it belongs to ends here.
    pub last_of_change: bool,
}

/// The statements that append `entries` right above `head`.
///
/// # Errors
/// A body that cannot be written as JSON.
pub fn append(
    backend: DbBackend,
    head: i64,
    entries: &[Entry<'_>],
    at: Timestamp,
) -> Result<Vec<Statement>, serde_json::Error> {
    let rows = entries
        .iter()
        .zip(head + 1..)
        .map(|(Entry { id, event, last_of_change }, position)| {
            Ok(log::ActiveModel {
                position: Set(position),
                event_id: Set(*id),
                account_id: Set(event.account),
                counterpart_account_id: Set(event.counterpart),
                kind: Set(event.kind),
                subject_id: Set(event.subject),
                last_of_change: Set(*last_of_change),
                payload: Set(serde_json::to_value(&event.body)?),
                at: Set(at),
            })
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    Ok(insert_all(rows, backend))
}

/// Which log this is, what it keeps, and how far it goes, all read at one moment.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub struct Extent {
    /// The log.
    pub log_id: Uuid,
    /// The lowest position kept.
    pub floor_position: i64,
    /// The event that stood right below it.
    pub below_floor_event_id: EventId,
    /// The highest position.
    pub head_position: i64,
}

/// The log's extent; one statement, hence one moment.
///
/// # Errors
/// The database's.
pub async fn extent(db: &impl ConnectionTrait) -> Result<Extent, DbErr> {
    let head =
        Query::select().expr(Expr::col(log::Column::Position).max()).from(log::Entity).to_owned();
    log_identity::Entity::find_by_id(1)
        .select_only()
        .columns([
            log_identity::Column::LogId,
            log_identity::Column::FloorPosition,
            log_identity::Column::BelowFloorEventId,
        ])
        .expr_as(Expr::SubQuery(None, Box::new(head.into())), "head_position")
        .into_model()
        .one(db)
        .await?
        .ok_or_else(|| DbErr::RecordNotFound("log_identity".to_owned()))
}

/// The newest event, and which log it stands in.
///
/// # Errors
/// The database's.
pub async fn newest(db: &impl ConnectionTrait) -> Result<(Uuid, Place), DbErr> {
    const SQL: &str = "SELECT i.log_id, l.position, l.event_id FROM log_identity i JOIN log l ON l.position = \
                       (SELECT max(position) FROM log) WHERE i.id = 1";
    let statement = Statement::from_string(db.get_database_backend(), SQL);
    let row = db.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("log".to_owned()))?;
    let place =
        Place { position: row.try_get("", "position")?, event: row.try_get("", "event_id")? };
    Ok((row.try_get("", "log_id")?, place))
}

/// Rows of the log, and what else holds at the moment at which they were read.
#[derive(Debug)]
pub struct Page {
    /// Which log it is.
    pub log_id: Uuid,
    /// The lowest position kept; rows below it may be gone.
    pub floor_position: i64,
    /// Whether the database is a standby, whose end of the log is not the log's.
    pub standby: bool,
    /// In order.
    pub rows: Vec<log::Model>,
}

/// The rows from one position up to another, both included, in order, at most `limit`.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl ConnectionTrait,
    from: i64,
    upto: i64,
    limit: i64,
) -> Result<Page, DbErr> {
    let backend = db.get_database_backend();
    let standby = match backend {
        DbBackend::Postgres => "pg_is_in_recovery()",
        _ => "FALSE",
    };
    let sql = format!(
        "SELECT i.log_id, i.floor_position, {standby} AS standby, l.* FROM log_identity i LEFT JOIN \
         (SELECT * FROM log WHERE position >= $1 AND position <= $2 ORDER BY position LIMIT $3) AS l ON TRUE \
         ORDER BY l.position"
    );
    let values = [from.into(), upto.into(), limit.into()];
    let found = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let first = found.first().ok_or_else(|| DbErr::RecordNotFound("log_identity".to_owned()))?;
    let (log_id, floor_position, standby) = (
        first.try_get("", "log_id")?,
        first.try_get("", "floor_position")?,
        first.try_get("", "standby")?,
    );
    let none = first.try_get::<Option<i64>>("", "position")?.is_none();
    let rows = if none { &[] } else { &found[..] };
    let rows: Result<_, DbErr> =
        rows.iter().map(|row| log::Model::from_query_result(row, "")).collect();
    Ok(Page { log_id, floor_position, standby, rows: rows? })
}
