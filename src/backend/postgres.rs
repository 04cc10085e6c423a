//! PostgreSQL, for any number of processes: pools for calls, for streams that are behind, and connections for the tail.
//!
//! Every connection is to a primary, or it is not kept: what a standby says may be old, and is nobody's truth. A server
//! becomes a standby only by starting anew, so asking each connection once, when it is made, is enough; behind a pooler
//! the log's own statements ask again. A pooler's sessions are everybody's and take no settings: there each change brings
//! its own.

use super::database::{
    ACQUIRE_TIMEOUT, CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT, Database, Engine, OpenError, Tail,
    connect_error, in_words, patiently, setting_of,
};
use super::schema::{Migrate, settle};
use sea_orm::{ConnectionTrait, DatabaseConnection, SqlxPostgresConnector, Statement};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Any number will do, as long as every replica uses the same.
const MIGRATION_LOCK: i64 = 0x7061_7274_6e65_7231;
/// How long the first connection may take: a server that is busy, full or starting is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TRY_AGAIN: Duration = Duration::from_millis(100);
const CONNECTIONS: u32 = 24;
const TAIL_TIMEOUT: Duration = Duration::from_secs(2);
/// One rings, one listens.
const BELL_CONNECTIONS: u32 = 2;

/// How long a lock is waited for, in milliseconds.
pub(super) const LOCK_TIMEOUT: &str = "3000";
/// How long others wait for a change whose process stands still, in milliseconds.
const IDLE_TIMEOUT: &str = "1000";

const URL: &str = "--database-url";
const DIRECT_URL: &str = "--database-direct-url";

/// Connects, migrates under a lock held for the whole run, and checks that commits are durable.
pub(super) async fn open(
    url: &str,
    direct_url: Option<&str>,
    how: Migrate,
) -> Result<Database, OpenError> {
    let options = parsed(url, URL)?;
    let (direct, flag) = match direct_url {
        Some(url) => (parsed(url, DIRECT_URL)?, DIRECT_URL),
        None => (options.clone(), URL),
    };
    let location = location(&options);
    let mut session = reach(&direct, flag).await?;
    if direct_url.is_some() {
        let mut pooled = reach(&options, URL).await?;
        if !is_same(&mut session, &mut pooled).await.map_err(connect_error)? {
            return Err(OpenError::OtherDatabase { direct: self::location(&direct), location });
        }
        let _ = pooled.close().await;
    }
    let _ = session.close().await;
    let migrations_applied = migrated(&direct, how).await?;
    let direct = direct.options([
        ("default_transaction_isolation", "read committed"),
        ("idle_in_transaction_session_timeout", IDLE_TIMEOUT),
        ("lock_timeout", LOCK_TIMEOUT),
    ]);
    let (options, manners) = match direct_url {
        Some(_) => (options, Some(manners())),
        None => (direct.clone(), None),
    };
    let db = pool(&options, CONNECTIONS, ACQUIRE_TIMEOUT);
    let found = patiently(|| setting_of(&db, "SHOW synchronous_commit")).await?;
    if !matches!(found.as_str(), "on" | "remote_apply") {
        return Err(OpenError::NotDurable { setting: "synchronous_commit", found, needed: "on" });
    }
    Ok(Database {
        engine: Engine::Postgres,
        reads: db.clone(),
        writes: db,
        catch_up: pool(&options, CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT),
        tail: Tail::Postgres(Box::new(direct)),
        manners,
        location,
        migrations_applied,
        lock: None,
    })
}

/// What a session of ours is like, for one transaction and in one round trip.
fn manners() -> String {
    format!(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = {LOCK_TIMEOUT}; \
         SET LOCAL idle_in_transaction_session_timeout = {IDLE_TIMEOUT}"
    )
}

/// A connection of its own for the tail.
pub(super) fn tail(options: &PgConnectOptions) -> DatabaseConnection {
    pool(options, 1, TAIL_TIMEOUT)
}

/// Connections for the doorbell.
pub(super) fn bell(options: &PgConnectOptions) -> PgPool {
    pool(options, BELL_CONNECTIONS, ACQUIRE_TIMEOUT).get_postgres_connection_pool().clone()
}

fn pool(options: &PgConnectOptions, connections: u32, timeout: Duration) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(timeout)
        .test_before_acquire(false)
        .after_connect(|connection, _| Box::pin(only_primary(connection)))
        .connect_lazy_with(options.clone());
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// A connection that takes no locks and changes nothing.
pub(super) async fn look(
    url: &str,
    direct_url: Option<&str>,
) -> Result<(DatabaseConnection, String), OpenError> {
    let (url, flag) = direct_url.map_or((url, URL), |direct| (direct, DIRECT_URL));
    let options = parsed(url, flag)?.options([("default_transaction_read_only", "on")]);
    let _ = reach(&options, flag).await?.close().await;
    Ok((pool(&options, 1, CONNECT_TIMEOUT), location(&options)))
}

/// Whether the URLs can be read.
pub(super) fn check(url: &str, direct_url: Option<&str>) -> Result<String, OpenError> {
    if let Some(direct) = direct_url {
        parsed(direct, DIRECT_URL)?;
    }
    Ok(location(&parsed(url, URL)?))
}

fn parsed(url: &str, flag: &'static str) -> Result<PgConnectOptions, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| OpenError::Malformed { flag, reason: in_words(error) })?;
    // how floats are written: there are none, and poolers refuse what they do not know
    let options = options.extra_float_digits(None);
    Ok(options.application_name("partner-service").disable_statement_logging())
}

/// Without credentials.
fn location(options: &PgConnectOptions) -> String {
    format!(
        "PostgreSQL {}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_else(|| options.get_username())
    )
}

async fn is_standby(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(connection).await
}

/// A connection to a standby is not kept: the pool tries again until there is a primary.
async fn only_primary(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    if !is_standby(connection).await? {
        return Ok(());
    }
    sleep(TRY_AGAIN).await;
    Err(sqlx::Error::Protocol("the server is a standby; waiting for a primary".to_owned()))
}

/// One connection before any pool's: a pool keeps trying, and then tells only that it waited.
async fn reach(options: &PgConnectOptions, flag: &'static str) -> Result<PgConnection, OpenError> {
    let location = || location(options);
    let unreachable = |reason| OpenError::Unreachable { flag, location: location(), reason };
    let deadline = Instant::now() + CONNECT_TIMEOUT;
    loop {
        let connecting = timeout_at(deadline, PgConnection::connect_with(options));
        let late = || unreachable(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()));
        match connecting.await.map_err(|_| late())? {
            Ok(mut connection) => {
                return match is_standby(&mut connection).await {
                    Ok(false) => Ok(connection),
                    Ok(true) => Err(OpenError::Standby { flag, location: location() }),
                    Err(error) => Err(unreachable(in_words(error))),
                };
            }
            // it is full, or starts: another moment helps
            Err(sqlx::Error::Database(error))
                if matches!(error.code().as_deref(), Some("53300" | "57P03"))
                    && Instant::now() + TRY_AGAIN < deadline =>
            {
                sleep(TRY_AGAIN).await;
            }
            Err(error) => return Err(unreachable(in_words(error))),
        }
    }
}

/// Whether two connections lead to one database: the one sees a lock that the other holds. Anything that is stored could
/// be in a copy too.
async fn is_same(one: &mut PgConnection, other: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let (high, low): (i32, i32) = (rand::random(), rand::random());
    sqlx::query("SELECT pg_advisory_lock($1, $2)").bind(high).bind(low).execute(&mut *one).await?;
    let seen = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted \
         AND classid = $1::bigint::oid AND objid = $2::bigint::oid \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))",
    )
    .bind(i64::from(high.cast_unsigned()))
    .bind(i64::from(low.cast_unsigned()));
    seen.fetch_one(other).await
}

/// Migrates on one session that holds an advisory lock for the whole run: of several processes one migrates, none fails.
async fn migrated(options: &PgConnectOptions, how: Migrate) -> Result<usize, OpenError> {
    let session = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await
        .map_err(connect_error)?;
    let db = SqlxPostgresConnector::from_sqlx_postgres_pool(session);
    let found = setting_of(&db, "SHOW server_version_num").await?;
    if found.parse::<u32>().is_ok_and(|version| version < 150_000) {
        return Err(OpenError::TooOld { found });
    }
    let lock = |verb| {
        Statement::from_string(
            db.get_database_backend(),
            format!("SELECT {verb}({MIGRATION_LOCK})"),
        )
    };
    db.execute_raw(lock("pg_advisory_lock")).await?;
    let applied = settle(&db, how).await;
    // closing the session lets the lock go, whatever became of the migrations
    let _ = db.execute_raw(lock("pg_advisory_unlock")).await;
    db.close().await?;
    applied
}
