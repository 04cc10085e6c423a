//! SQLite in a file, for one process: one connection writes, some read.

use super::database::{
    ACQUIRE_TIMEOUT, CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT, Database, Engine, OpenError, Tail,
    connect_error, in_words, setting_of,
};
use super::schema::{Migrate, settle};
use sea_orm::{DatabaseConnection, SqlxSqliteConnector};
use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// SQLite has one writer; calls queue for it, and under a burst the queue is longer than a pool's.
const WRITER_TIMEOUT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

/// Opens, locks and migrates the file, and checks that commits are durable.
pub(super) async fn open(url: &str, how: Migrate) -> Result<Database, OpenError> {
    let options = parsed(url)?;
    let path = options.get_filename().to_path_buf();
    let lock = lock_file(&path)?;
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WRITER_TIMEOUT)
        .disable_statement_logging();
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(WRITER_TIMEOUT)
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
    let migrations_applied = settle(&writes, how).await?;
    let options = options.read_only(true);
    let readers = |connections, timeout| {
        let pool = SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(timeout)
            .test_before_acquire(false)
            .connect_lazy_with(options.clone());
        SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)
    };
    let location = location(&options);
    Ok(Database {
        engine: Engine::Sqlite,
        reads: readers(READERS, ACQUIRE_TIMEOUT),
        catch_up: readers(CATCH_UP_CONNECTIONS, CATCH_UP_TIMEOUT),
        tail: Tail::Sqlite(readers(1, ACQUIRE_TIMEOUT)),
        manners: None,
        writes,
        location,
        migrations_applied,
        lock: Some(lock),
    })
}

/// What the URL says.
pub(super) fn parsed(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    SqliteConnectOptions::from_str(url)
        .map_err(|error| OpenError::Malformed { flag: "--database-url", reason: in_words(error) })
}

fn location(options: &SqliteConnectOptions) -> String {
    format!("SQLite {}", options.get_filename().display())
}

/// Whether the URL can be read.
pub(super) fn check(url: &str) -> Result<String, OpenError> {
    Ok(location(&parsed(url)?))
}

/// A connection that only reads, beside a process that serves the file; none where there is no file yet.
pub(super) async fn look(url: &str) -> Result<(Option<DatabaseConnection>, String), OpenError> {
    let options = parsed(url)?;
    let location = location(&options);
    if !options.get_filename().exists() {
        return Ok((None, location));
    }
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options.read_only(true).disable_statement_logging())
        .await
        .map_err(connect_error)?;
    Ok((Some(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)), location))
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
