//! Which migrations a database has, and which this version brings.
//!
//! A database that is ahead is served: migrations expand before they contract, and a replica of the version before goes on
//! while its successors start. One that is behind is brought up to date, or refused.

use super::OpenError;
use crate::migration::Migrator;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, QueryOrder};
use sea_orm_migration::{MigratorTrait, SchemaManager, seaql_migrations};

const TABLE: &str = "seaql_migrations";

/// What is done about a schema that is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrate {
    /// It is brought up to date.
    Auto,
    /// It is refused.
    Off,
}

/// Names of migrations, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// What the database has.
    pub applied: Vec<String>,
    /// What this version brings.
    pub shipped: Vec<String>,
}

impl Schema {
    /// The schema of a database in which nothing was ever done.
    #[must_use]
    pub fn none() -> Self {
        let shipped = Migrator::migrations().iter().map(|step| step.name().to_owned()).collect();
        Self { applied: Vec::new(), shipped }
    }

    /// The database's; changes nothing in it.
    ///
    /// # Errors
    /// The database's.
    pub async fn of(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let is_there = SchemaManager::new(db).has_table(TABLE).await?;
        Ok(Self { applied: if is_there { applied(db).await? } else { Vec::new() }, ..Self::none() })
    }

    /// What is left to apply.
    #[must_use]
    pub fn pending(&self) -> Vec<&str> {
        lacking(&self.shipped, &self.applied)
    }

    /// What another version applied.
    #[must_use]
    pub fn unknown(&self) -> Vec<&str> {
        lacking(&self.applied, &self.shipped)
    }
}

fn lacking<'a>(all: &'a [String], here: &[String]) -> Vec<&'a str> {
    all.iter().filter(|name| !here.contains(name)).map(String::as_str).collect()
}

async fn applied(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let rows = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// Whether the database lacks a migration that this version needs.
pub(super) async fn is_behind(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    Ok(!Schema { applied: applied(db).await?, ..Schema::none() }.pending().is_empty())
}

/// Brings the schema up to date, or refuses it; answers how many migrations were applied.
pub(super) async fn settle(db: &DatabaseConnection, how: Migrate) -> Result<usize, OpenError> {
    let schema = Schema::of(db).await?;
    let pending = schema.pending();
    if pending.is_empty() {
        return Ok(0);
    }
    let names = |names: &[&str]| names.join(", ");
    if !schema.unknown().is_empty() {
        let (missing, unknown) = (names(&pending), names(&schema.unknown()));
        return Err(OpenError::ForeignSchema { missing, unknown });
    }
    if how == Migrate::Off {
        return Err(OpenError::SchemaBehind { missing: names(&pending) });
    }
    Migrator::up(db, None).await?;
    Ok(pending.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(applied: &[&str]) -> Schema {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Schema { applied: owned(applied), shipped: owned(&["m1", "m2"]) }
    }

    #[test]
    fn what_is_pending_and_what_is_another_versions_is_told_by_name() {
        assert_eq!(schema(&[]).pending(), ["m1", "m2"]);
        assert_eq!(schema(&["m1"]).pending(), ["m2"]);
        let ahead = schema(&["m1", "m2", "m3"]);
        assert!(ahead.pending().is_empty());
        assert_eq!(ahead.unknown(), ["m3"]);
        assert_eq!(
            (schema(&["m1", "x"]).pending(), schema(&["m1", "x"]).unknown()),
            (vec!["m2"], vec!["x"])
        );
    }
}
