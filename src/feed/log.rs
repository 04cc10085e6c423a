//! Appending to the log and reading its head.

use super::entry::Place;
use crate::domain::event::{Event, EventKind};
use crate::domain::ids::{AccountId, EventId};
use crate::domain::time::Timestamp;
use crate::entity::rows::insert_all;
use crate::entity::{log, log_head, log_identity};
use crate::faults::{Variant, broken, count_up};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, ExprTrait,
    FromQueryResult, QueryFilter, QuerySelect, RuntimeErr, Statement, Value,
};
use uuid::Uuid;

/// The account of events that are about the log itself.
const OF_THE_LOG: AccountId = AccountId(Uuid::nil());

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

/// Goes on as the log `own` with what was copied from the log `from`: LOG_IMPORTED stands right above it. Answers where.
///
/// # Errors
/// The database's.
pub async fn go_on_as(
    txn: &impl ConnectionTrait,
    own: Uuid,
    from: Uuid,
    at: Timestamp,
) -> Result<i64, DbErr> {
    log_identity::Entity::update_many()
        .col_expr(log_identity::Column::LogId, Expr::value(own))
        .exec(txn)
        .await?;
    let head = highest(txn).await?;
    let row = log::ActiveModel {
        position: Set(head + 1),
        event_id: Set(EventId::fresh()),
        account_id: Set(OF_THE_LOG),
        counterpart_account_id: Set(None),
        kind: Set(EventKind::LogImported),
        subject_id: Set(from),
        last_of_change: Set(true),
        payload: Set(serde_json::json!({})),
        at: Set(at),
    };
    log::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(head + 1)
}

/// Whether this log goes on from a copy of the other one, as far as it is still kept.
///
/// # Errors
/// The database's.
pub async fn was_imported_from(db: &impl ConnectionTrait, other: Uuid) -> Result<bool, DbErr> {
    // the log's own events are few, and found by their account
    let found = log::Entity::find()
        .filter(log::COLUMN.account_id.eq(OF_THE_LOG))
        .filter(log::COLUMN.kind.eq(EventKind::LogImported))
        .filter(log::COLUMN.subject_id.eq(other))
        .limit(1)
        .all(db)
        .await?;
    Ok(!found.is_empty())
}

/// Whether the database is a standby, whose end of the log is not the log's: only a primary can say where that is.
fn in_recovery(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "pg_is_in_recovery()",
        _ => "FALSE",
    }
}

fn of_primary<T>(is_standby: bool, said: T) -> Result<T, DbErr> {
    let standby = || RuntimeErr::Internal("the database is a standby".to_owned());
    if is_standby { Err(DbErr::Conn(standby())) } else { Ok(said) }
}

/// Which log this is, what it keeps, and how far it goes, all read at one moment, from a primary.
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
    is_standby: bool,
}

/// The log's extent; one statement, hence one moment.
///
/// # Errors
/// The database's.
pub async fn extent(db: &impl ConnectionTrait) -> Result<Extent, DbErr> {
    let head =
        Query::select().expr(Expr::col(log::Column::Position).max()).from(log::Entity).to_owned();
    let found: Option<Extent> = log_identity::Entity::find_by_id(1)
        .select_only()
        .columns([
            log_identity::Column::LogId,
            log_identity::Column::FloorPosition,
            log_identity::Column::BelowFloorEventId,
        ])
        .expr_as(Expr::SubQuery(None, Box::new(head.into())), "head_position")
        .expr_as(Expr::cust(in_recovery(db.get_database_backend())), "is_standby")
        .into_model()
        .one(db)
        .await?;
    let found = found.ok_or_else(|| DbErr::RecordNotFound("log_identity".to_owned()))?;
    of_primary(found.is_standby, found)
}

/// The newest event, and which log it stands in.
///
/// # Errors
/// The database's, a standby among them.
pub async fn newest(db: &impl ConnectionTrait) -> Result<(Uuid, Place), DbErr> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT i.log_id, {} AS is_standby, l.position, l.event_id FROM log_identity i JOIN log l ON l.position = \
         (SELECT max(position) FROM log) WHERE i.id = 1",
        in_recovery(backend)
    );
    let row = db.query_one_raw(Statement::from_string(backend, sql)).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("log".to_owned()))?;
    let place =
        Place { position: row.try_get("", "position")?, event: row.try_get("", "event_id")? };
    of_primary(row.try_get("", "is_standby")?, (row.try_get("", "log_id")?, place))
}

/// A row of the log; its payload is still the text that it was written as.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub position: i64,
    pub event_id: EventId,
    pub account_id: AccountId,
    pub counterpart_account_id: Option<AccountId>,
    pub kind: EventKind,
    pub subject_id: Uuid,
    pub last_of_change: bool,
    pub payload: String,
    pub at: Timestamp,
}

/// Whom the events concern that a viewer may be told of.
#[derive(Clone, Debug)]
pub struct Whose {
    pub viewer: AccountId,
    /// Whose members it may be told of.
    pub sources: Vec<AccountId>,
}

/// Rows of the log, and what else holds at the moment at which they were read.
#[derive(Debug)]
pub struct Page {
    /// Which log it is.
    pub log_id: Uuid,
    /// The lowest position kept; rows below it may be gone.
    pub floor_position: i64,
    /// The event at the position that was asked about: it proves that history is the one that the reader knows.
    pub witness: Option<EventId>,
    /// In order.
    pub rows: Vec<Row>,
}

/// The rows from one position up to another, both included, in order, at most `limit`, and the event at `witness`.
///
/// # Errors
/// The database's, a standby among them.
pub async fn page(
    db: &impl ConnectionTrait,
    from: i64,
    upto: i64,
    limit: i64,
    witness: i64,
) -> Result<Page, DbErr> {
    let rows =
        "SELECT * FROM log WHERE position >= $1 AND position <= $2 ORDER BY position LIMIT $4";
    read(db, rows, vec![from.into(), upto.into(), witness.into(), limit.into()]).await
}

/// The same rows, of those alone that may concern a viewer: each account's are walked by an index.
///
/// # Errors
/// The database's, a standby among them.
pub async fn page_of(
    db: &impl ConnectionTrait,
    whose: &Whose,
    from: i64,
    upto: i64,
    limit: i64,
    witness: i64,
) -> Result<Page, DbErr> {
    let mut values: Vec<Value> = vec![from.into(), upto.into(), witness.into()];
    // written into the statement, since a plan that knows no limit would read the log through
    let mut walk = |column, account: AccountId| {
        values.push(account.into());
        format!(
            "SELECT * FROM (SELECT position FROM log WHERE {column} = ${} AND position >= $1 AND position <= $2 \
             ORDER BY position LIMIT {limit}) AS walked",
            values.len()
        )
    };
    let mut walks = vec![walk("counterpart_account_id", whose.viewer)];
    if !broken(Variant::FewOfOneSide) {
        walks.push(walk("account_id", whose.viewer));
    }
    walks.extend(whose.sources.iter().map(|source| walk("account_id", *source)));
    let rows = format!(
        "SELECT * FROM log WHERE position IN (SELECT position FROM ({}) AS all_walked ORDER BY position LIMIT {limit})",
        walks.join(" UNION ")
    );
    read(db, &rows, values).await
}

/// A page of these rows; `$3` is the witness.
async fn read(db: &impl ConnectionTrait, rows: &str, values: Vec<Value>) -> Result<Page, DbErr> {
    let backend = db.get_database_backend();
    let sql = format!(
        "SELECT i.log_id, i.floor_position, {} AS is_standby, (SELECT event_id FROM log WHERE position = $3) AS witness, \
         l.position, l.event_id, l.account_id, l.counterpart_account_id, l.kind, l.subject_id, l.last_of_change, \
         CAST(l.payload AS text) AS payload, l.at FROM log_identity i LEFT JOIN ({rows}) AS l ON TRUE ORDER BY l.position",
        in_recovery(backend)
    );
    let found = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let first = found.first().ok_or_else(|| DbErr::RecordNotFound("log_identity".to_owned()))?;
    let none = first.try_get::<Option<i64>>("", "position")?.is_none();
    let rows = if none { &[] } else { &found[..] };
    let rows: Result<_, DbErr> = rows.iter().map(|row| Row::from_query_result(row, "")).collect();
    let page = Page {
        log_id: first.try_get("", "log_id")?,
        floor_position: first.try_get("", "floor_position")?,
        witness: first.try_get("", "witness")?,
        rows: rows?,
    };
    of_primary(first.try_get("", "is_standby")?, page)
}
