//! PostgreSQL, for any number of processes: pools for calls, for streams that are behind, and for the tail.

use super::database::{
    ACQUIRE_TIMEOUT, CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT, Database, Engine, OpenError,
    connect_error, in_words, migrate, setting_of,
};
use sea_orm::{ConnectionTrait, SqlxPostgresConnector, Statement};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use std::str::FromStr;
use std::time::Duration;

/// Any number will do, as long as every replica uses the same.
const MIGRATION_LOCK: i64 = 0x7061_7274_6e65_7231;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECTIONS: u32 = 24;
/// One reads, one rings, one listens.
const TAIL_CONNECTIONS: u32 = 3;

/// Connects, migrates under a lock held for the whole run, and checks that commits are durable.
pub(super) async fn open(url: &str) -> Result<Database, OpenError> {
    let options = PgConnectOptions::from_str(url)
        .map_err(|error| OpenError::Malformed(in_words(error)))?
        .application_name("partner-service")
        .disable_statement_logging();
    let location = format!(
        "PostgreSQL {}:{}/{}",
        options.get_host(),
        options.get_port(),
        options.get_database().unwrap_or_else(|| options.get_username())
    );
    reach(&options, &location).await?;
    let migrations_applied = migrated(&options).await?;
    let options = options.options([
        ("default_transaction_isolation", "read committed"),
        ("idle_in_transaction_session_timeout", "1000"),
        ("lock_timeout", "3000"),
    ]);
    let pool = |connections, timeout| {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(timeout)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone());
        SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
    };
    let db = pool(CONNECTIONS, ACQUIRE_TIMEOUT);
    let tail = PgPoolOptions::new()
        .max_connections(TAIL_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .before_acquire(|connection, _| Box::pin(is_primary(connection)))
        .connect_lazy_with(options.clone());
    let found = setting_of(&db, "SHOW synchronous_commit").await?;
    if !matches!(found.as_str(), "on" | "remote_apply") {
        return Err(OpenError::NotDurable { setting: "synchronous_commit", found, needed: "on" });
    }
    Ok(Database {
        engine: Engine::Postgres,
        reads: db.clone(),
        writes: db,
        catch_up: pool(CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT),
        tail: SqlxPostgresConnector::from_sqlx_postgres_pool(tail),
        location,
        migrations_applied,
        lock: None,
    })
}

/// A standby's log may end before the log does: a connection to one is thrown away.
async fn is_primary(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT NOT pg_is_in_recovery()").fetch_one(connection).await
}

/// One connection before any pool's: a pool keeps trying, and then tells only that it waited.
async fn reach(options: &PgConnectOptions, location: &str) -> Result<(), OpenError> {
    let unreachable = |reason| OpenError::Unreachable { location: location.to_owned(), reason };
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options));
    let connection = connecting
        .await
        .map_err(|_| unreachable(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs())))?
        .map_err(|error| unreachable(in_words(error)))?;
    let _ = connection.close().await;
    Ok(())
}

/// Migrates on one session that holds an advisory lock for the whole run: of several processes one migrates, none fails.
async fn migrated(options: &PgConnectOptions) -> Result<usize, OpenError> {
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
    let applied = migrate(&db).await;
    // closing the session lets the lock go, whatever became of the migrations
    let _ = db.execute_raw(lock("pg_advisory_unlock")).await;
    db.close().await?;
    applied
}
