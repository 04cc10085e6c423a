//! Opening a database: SQLite in a file, or PostgreSQL; settings that durability rests on are asserted, not assumed.

use super::key::SecretKey;
use super::work::Patience;
use crate::domain::time::Timestamp;
use crate::entity::service_key;
use crate::migration::Migrator;
use sea_orm::{
    AccessMode, ActiveValue::Set, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, IsolationLevel, SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector,
    Statement, TransactionOptions, TransactionTrait, sea_query::OnConflict,
};
use sea_orm_migration::MigratorTrait;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// Any number will do, as long as every replica uses the same.
const MIGRATION_LOCK: i64 = 0x7061_7274_6e65_7231;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(1);
/// SQLite has one writer; calls queue for it, and under a burst the queue is longer than a pool's.
const SQLITE_WRITER_TIMEOUT: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 24;
/// Streams that are behind queue for these, and hold up nobody else.
const CATCH_UP_CONNECTIONS: u32 = 4;
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(30);
/// One reads, one rings, one listens.
const TAIL_CONNECTIONS: u32 = 3;

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
    #[error("--database-url is malformed: {0}")]
    Malformed(String),
    #[error("{location} cannot be used: {reason}; check --database-url")]
    Unreachable { location: String, reason: String },
    #[error("the database holds what it should not: {0}")]
    Damaged(String),
    #[error("{} is in use by another process; stop that one, or use PostgreSQL, which serves any number", .0.display())]
    InUse(PathBuf),
    #[error("{} cannot be used: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("PostgreSQL {found} is too old; 15 or later is needed")]
    TooOld { found: String },
    #[error(
        "{setting} is {found}, and then an acknowledged change could be lost; set it to {needed}"
    )]
    NotDurable { setting: &'static str, found: String, needed: &'static str },
    #[error("the database cannot be used: {0}")]
    Database(#[from] DbErr),
}

/// Connections for reading and for writing.
pub struct Database {
    engine: Engine,
    reads: DatabaseConnection,
    writes: DatabaseConnection,
    catch_up: DatabaseConnection,
    tail: DatabaseConnection,
    location: String,
    migrations_applied: usize,
    // held while the process lives: SQLite serves one process
    lock: Option<File>,
}

impl Database {
    /// Connects, migrates under a lock held for the whole run, and checks that commits are durable.
    ///
    /// # Errors
    /// What is wrong, in words for an administrator.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("sqlite:") {
            open_sqlite(url).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            open_postgres(url).await
        } else {
            Err(OpenError::UnknownScheme)
        }
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

    /// The service's own key, made at the first start and the same on every replica.
    ///
    /// # Errors
    /// The database's.
    pub async fn service_key(&self, now: Timestamp) -> Result<SecretKey, OpenError> {
        let fresh: [u8; SecretKey::MIN_BYTES] = rand::random();
        let made =
            service_key::ActiveModel { id: Set(1), key: Set(hex(&fresh)), created_at: Set(now) };
        service_key::Entity::insert(made)
            .on_conflict(OnConflict::column(service_key::Column::Id).do_nothing().to_owned())
            .exec_without_returning(&self.writes)
            .await?;
        let row = service_key::Entity::find_by_id(1).one(&self.writes).await?;
        row.and_then(|row| unhex(&row.key))
            .and_then(SecretKey::new)
            .ok_or_else(|| OpenError::Damaged("no usable key in the table service_key".to_owned()))
    }

    pub(super) fn reads(&self) -> &DatabaseConnection {
        &self.reads
    }

    pub(super) fn catch_up(&self) -> &DatabaseConnection {
        &self.catch_up
    }

    pub(super) fn tail(&self) -> &DatabaseConnection {
        &self.tail
    }

    /// The tail's connections as the driver has them; SQLite has no other processes to talk to.
    pub(super) fn tail_pool(&self) -> Option<PgPool> {
        match self.engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(self.tail.get_postgres_connection_pool().clone()),
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
            txn.execute_unprepared("SET LOCAL lock_timeout TO DEFAULT").await?;
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
            Engine::Postgres => self.writes.begin().await,
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
        for pool in [&self.reads, &self.writes, &self.catch_up, &self.tail] {
            let _ = pool.clone().close().await;
        }
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

async fn open_sqlite(url: &str) -> Result<Database, OpenError> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| OpenError::Malformed(in_words(error)))?;
    let path = options.get_filename().to_path_buf();
    let lock = lock_file(&path)?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(SQLITE_WRITER_TIMEOUT)
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(SQLITE_WRITER_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options.clone())
        .await
        .map_err(connect_error)?;
    let writes = SqlxSqliteConnector::from_sqlx_sqlite_pool(writer);
    for (setting, needed, spelled) in
        [("PRAGMA journal_mode", "WAL", "wal"), ("PRAGMA synchronous", "FULL", "2")]
    {
        let found = setting_of(&writes, setting).await?;
        if found != spelled {
            return Err(OpenError::NotDurable { setting, found, needed });
        }
    }
    let migrations_applied = migrate(&writes).await?;
    let options = options.read_only(true);
    let readers = |connections, timeout| {
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(timeout)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone());
        SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)
    };
    let location = format!("SQLite {}", path.display());
    Ok(Database {
        engine: Engine::Sqlite,
        reads: readers(SQLITE_READERS, ACQUIRE_TIMEOUT),
        catch_up: readers(CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT),
        tail: readers(1, ACQUIRE_TIMEOUT),
        writes,
        location,
        migrations_applied,
        lock: Some(lock),
    })
}

fn lock_file(database: &Path) -> Result<File, OpenError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let unusable = |source| OpenError::File { path: path.clone(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(unusable(source)),
    }
}

async fn open_postgres(url: &str) -> Result<Database, OpenError> {
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
    let migrations_applied = migrate_postgres(&options).await?;
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
    let db = pool(POSTGRES_CONNECTIONS, ACQUIRE_TIMEOUT);
    let found = setting_of(&db, "SHOW synchronous_commit").await?;
    if !matches!(found.as_str(), "on" | "remote_apply") {
        return Err(OpenError::NotDurable { setting: "synchronous_commit", found, needed: "on" });
    }
    Ok(Database {
        engine: Engine::Postgres,
        reads: db.clone(),
        writes: db,
        catch_up: pool(CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT),
        tail: pool(TAIL_CONNECTIONS, ACQUIRE_TIMEOUT),
        location,
        migrations_applied,
        lock: None,
    })
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
async fn migrate_postgres(options: &PgConnectOptions) -> Result<usize, OpenError> {
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

async fn migrate(db: &DatabaseConnection) -> Result<usize, OpenError> {
    let pending = Migrator::get_pending_migrations(db).await?.len();
    if pending > 0 {
        Migrator::up(db, None).await?;
    }
    Ok(pending)
}

/// The first column of the first row, as text.
async fn setting_of(db: &DatabaseConnection, sql: &str) -> Result<String, OpenError> {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let row = row.ok_or_else(|| OpenError::Damaged(format!("{sql} answers nothing")))?;
    Ok(row
        .try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string()))?)
}

fn connect_error(error: sqlx::Error) -> OpenError {
    OpenError::Database(DbErr::Conn(sea_orm::RuntimeErr::SqlxError(error.into())))
}

/// The error without the driver's preamble.
fn in_words(error: sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(inner) => inner.to_string(),
        sqlx::Error::Database(inner) => inner.message().to_owned(),
        sqlx::Error::Io(inner) => inner.to_string(),
        other => other.to_string(),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.len().is_multiple_of(2).then(|| text.as_bytes().chunks(2))?;
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
