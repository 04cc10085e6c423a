//! Opening a database: SQLite in a file, or PostgreSQL; settings that durability rests on are asserted, not assumed.

use super::schema::{self, Migrate};
use super::work::Patience;
use super::{postgres, sqlite};
use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    IsolationLevel, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::postgres::{PgConnectOptions, PgPool};
use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Streams that are behind queue for these, and hold up nobody else.
pub(super) const CATCH_UP_CONNECTIONS: u32 = 4;
pub(super) const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(30);

/// Which engine it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, one process.
    Sqlite,
    /// PostgreSQL 15 or later, any number of replicas.
    Postgres,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("--database-url must begin with sqlite:// or postgres://")]
    UnknownScheme,
    #[error(
        "--database-direct-url goes with a --database-url that begins with postgres://, and begins so itself"
    )]
    NotDirect,
    #[error("{flag} is malformed: {reason}")]
    Malformed { flag: &'static str, reason: String },
    #[error("{location} cannot be used: {reason}; check {flag}")]
    Unreachable { flag: &'static str, location: String, reason: String },
    #[error("{location} is a standby, which takes no changes; {flag} has to lead to the primary")]
    Standby { flag: &'static str, location: String },
    #[error(
        "--database-direct-url leads to another database ({direct}) than --database-url ({location}); both have to lead to the same one"
    )]
    OtherDatabase { direct: String, location: String },
    #[error("the database holds what it should not: {0}")]
    Damaged(String),
    #[error("{} is in use by another process; stop that one, or use PostgreSQL, which serves any number", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(
        "the schema is behind this version, and --migrate is off; run `partner-service migrate up` first (missing: {missing})"
    )]
    SchemaBehind { missing: String },
    #[error(
        "the schema is another version's: it has {unknown}, which this one does not know, and lacks {missing}, which this one needs"
    )]
    ForeignSchema { missing: String, unknown: String },
    #[error("PostgreSQL {found} is too old; 15 or later is needed")]
    TooOld { found: String },
    #[error(
        "{setting} is {found}, and then an acknowledged change could be lost; set it to {needed}"
    )]
    NotDurable { setting: &'static str, found: String, needed: &'static str },
    #[error("the database cannot be used: {0}")]
    Database(#[from] DbErr),
}

impl OpenError {
    /// Whether it is the command line, the environment or the file that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::UnknownScheme
                | Self::Malformed { .. }
                | Self::NotDirect
                | Self::OtherDatabase { .. }
        )
    }
}

/// Connections for reading and for writing.
pub struct Database {
    pub(super) engine: Engine,
    pub(super) reads: DatabaseConnection,
    pub(super) writes: DatabaseConnection,
    pub(super) catch_up: DatabaseConnection,
    pub(super) tail: Tail,
    /// What each change says first, where sessions are a pooler's.
    pub(super) manners: Option<String>,
    pub(super) location: String,
    pub(super) migrations_applied: usize,
    // held while the process lives: SQLite serves one process
    pub(super) lock: Option<File>,
}

/// What follows the log, and rings for it, connects with.
#[derive(Clone)]
pub(super) enum Tail {
    Sqlite(DatabaseConnection),
    Postgres(Box<PgConnectOptions>),
}

impl Database {
    /// Connects, migrates under a lock held for the whole run, and checks that commits are durable.
    ///
    /// # Errors
    /// What is wrong, in words for an administrator.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, None, Migrate::Auto).await
    }

    /// The same; where `url` leads through a pooler, `direct` leads to the same PostgreSQL without one, for what needs a
    /// session of its own: migrations, the tail, the doorbell.
    ///
    /// # Errors
    /// What is wrong, in words for an administrator.
    pub async fn open_with(
        url: &str,
        direct: Option<&str>,
        migrate: Migrate,
    ) -> Result<Self, OpenError> {
        match engine_of(url, direct)? {
            Engine::Sqlite => sqlite::open(url, migrate).await,
            Engine::Postgres => postgres::open(url, direct, migrate).await,
        }
    }

    /// Whether the database lacks a migration that this version needs, which can be once it was restored; a database that
    /// does not answer lacks none.
    pub(super) async fn is_behind(&self) -> bool {
        schema::is_behind(&self.reads).await.unwrap_or(false)
    }

    /// Which engine it is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Where it is, without credentials: for the banner.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// How many migrations this start applied.
    #[must_use]
    pub fn migrations_applied(&self) -> usize {
        self.migrations_applied
    }

    pub(super) fn reads(&self) -> &DatabaseConnection {
        &self.reads
    }

    pub(super) fn catch_up(&self) -> &DatabaseConnection {
        &self.catch_up
    }

    /// Makes the tail's own connection, anew each time.
    pub(super) fn tail(&self) -> impl Fn() -> DatabaseConnection + Send + 'static {
        let tail = self.tail.clone();
        move || match &tail {
            Tail::Sqlite(db) => db.clone(),
            Tail::Postgres(options) => postgres::tail(options),
        }
    }

    /// Connections for the doorbell; SQLite has no other processes to talk to.
    pub(super) fn bell(&self) -> Option<PgPool> {
        match &self.tail {
            Tail::Sqlite(_) => None,
            Tail::Postgres(options) => Some(postgres::bell(options)),
        }
    }

    /// For single statements that need no position: counters and the like.
    pub(crate) fn writes(&self) -> &DatabaseConnection {
        &self.writes
    }

    pub(super) async fn begin_write(
        &self,
        patience: Patience,
    ) -> Result<DatabaseTransaction, DbErr> {
        let timeout = match patience {
            Patience::Full => return self.begin().await,
            Patience::Some => "100ms",
            Patience::Little => "10ms",
        };
        let txn = self.begin().await?;
        if self.engine == Engine::Postgres {
            txn.execute_unprepared(&format!("SET LOCAL lock_timeout = '{timeout}'")).await?;
        }
        Ok(txn)
    }

    /// From here on the transaction waits as long as any.
    pub(super) async fn wait_in_full(
        &self,
        txn: &DatabaseTransaction,
        patience: Patience,
    ) -> Result<(), DbErr> {
        if self.engine == Engine::Postgres && patience != Patience::Full {
            let timeout = format!("SET LOCAL lock_timeout = {}", postgres::LOCK_TIMEOUT);
            txn.execute_unprepared(&timeout).await?;
        }
        Ok(())
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        match self.engine {
            // a deferred transaction that turns into a write fails with BUSY whatever the timeout says
            Engine::Sqlite => {
                let immediate = TransactionOptions {
                    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                    ..TransactionOptions::default()
                };
                self.writes.begin_with_options(immediate).await
            }
            Engine::Postgres => {
                let txn = self.writes.begin().await?;
                if let Some(manners) = &self.manners {
                    txn.execute_unprepared(manners).await?;
                }
                Ok(txn)
            }
        }
    }

    /// Runs `load` in one transaction, which may take its time; commits all of it, or nothing.
    ///
    /// # Errors
    /// What `load` answers; the database's.
    pub async fn restore<T, E: From<DbErr>>(
        &self,
        load: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let txn = self.begin().await?;
        if self.engine == Engine::Postgres {
            // between two pieces of a copy that comes slowly
            txn.execute_unprepared("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        }
        match load(&txn).await {
            Ok(done) => {
                txn.commit().await?;
                Ok(done)
            }
            Err(error) => {
                txn.rollback().await?;
                Err(error)
            }
        }
    }

    pub(super) async fn begin_snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        match self.engine {
            // its first read fixes what a transaction sees
            Engine::Sqlite => self.reads.begin().await,
            Engine::Postgres => {
                let snapshot = TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    ..TransactionOptions::default()
                };
                self.reads.begin_with_options(snapshot).await
            }
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        for pool in [&self.reads, &self.writes, &self.catch_up] {
            let _ = pool.clone().close().await;
        }
        if let Tail::Sqlite(db) = &self.tail {
            let _ = db.clone().close().await;
        }
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

/// Asks again when no connection was to be had in the time that a call has: a machine that is busy with starting may need
/// more.
pub(super) async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, OpenError>
where
    F: Future<Output = Result<T, OpenError>>,
{
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        match ask().await {
            Err(OpenError::Database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
                if Instant::now() < deadline => {}
            answer => return answer,
        }
    }
}

/// Which engine the URLs are for.
pub(super) fn engine_of(url: &str, direct: Option<&str>) -> Result<Engine, OpenError> {
    let is_postgres =
        |url: &str| url.starts_with("postgres://") || url.starts_with("postgresql://");
    if direct.is_some_and(|direct| !(is_postgres(direct) && is_postgres(url))) {
        Err(OpenError::NotDirect)
    } else if url.starts_with("sqlite:") {
        Ok(Engine::Sqlite)
    } else if is_postgres(url) {
        Ok(Engine::Postgres)
    } else {
        Err(OpenError::UnknownScheme)
    }
}

/// The first column of the first row, as text.
pub(super) async fn setting_of(db: &DatabaseConnection, sql: &str) -> Result<String, OpenError> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| OpenError::Damaged(format!("{sql} answers nothing")))?;
    Ok(row
        .try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))?)
}

pub(super) fn connect_error(error: sqlx::Error) -> OpenError {
    OpenError::Database(DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into())))
}

/// The error without the driver's preamble.
pub(super) fn in_words(error: sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(inner) => inner.to_string(),
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        sqlx::Error::Io(inner) => inner.to_string(),
        other => other.to_string(),
    }
}
