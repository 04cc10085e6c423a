//! A database that is looked at and not served from: nothing in it is changed, locked or made, and a service may be running.

use super::database::{Engine, OpenError, engine_of};
use super::schema::Schema;
use super::{postgres, sqlite};
use sea_orm::{
    AccessMode, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    TransactionTrait,
};

/// A way to read a database.
pub struct Look {
    /// None where SQLite has no file yet.
    pub(super) db: Option<DatabaseConnection>,
    location: String,
}

impl Look {
    /// Connects.
    ///
    /// # Errors
    /// What is wrong, in words for an administrator.
    pub async fn at(url: &str, direct: Option<&str>) -> Result<Self, OpenError> {
        let (db, location) = match engine_of(url, direct)? {
            Engine::Sqlite => sqlite::look(url).await?,
            Engine::Postgres => {
                let (db, location) = postgres::look(url, direct).await?;
                (Some(db), location)
            }
        };
        Ok(Self { db, location })
    }

    /// Whether the URLs can be read, without using them; answers where they lead.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn check(url: &str, direct: Option<&str>) -> Result<String, OpenError> {
        match engine_of(url, direct)? {
            Engine::Sqlite => sqlite::check(url),
            Engine::Postgres => postgres::check(url, direct),
        }
    }

    /// Where it is, without credentials.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// What is applied, and what this version brings.
    ///
    /// # Errors
    /// The database's.
    pub async fn schema(&self) -> Result<Schema, OpenError> {
        match &self.db {
            Some(db) => Ok(Schema::of(db).await?),
            None => Ok(Schema::none()),
        }
    }

    /// A transaction in which every read sees the same prefix of the log; none where there is no database yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn snapshot(&self) -> Result<Option<DatabaseTransaction>, OpenError> {
        let Some(db) = &self.db else { return Ok(None) };
        let txn = match db.get_database_backend() {
            DbBackend::Postgres => {
                db.begin_with_config(
                    Some(IsolationLevel::RepeatableRead),
                    Some(AccessMode::ReadOnly),
                )
                .await?
            }
            _ => db.begin().await?,
        };
        Ok(Some(txn))
    }

    /// Closes the connection.
    pub async fn close(self) {
        if let Some(db) = self.db {
            let _ = db.close().await;
        }
    }
}
