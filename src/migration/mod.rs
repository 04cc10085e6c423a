//! The schema, as numbered steps: forward only, expand before contract, one set of statements for SQLite and PostgreSQL.
//!
//! The statements keep to what both engines read alike (`uuid`, `text`, `bigint`, `boolean`, `jsonb`, partial indexes);
//! full text is each engine's own.
//! Migrations take no lock of their own: whoever runs them holds one for the whole run (`backend::database`).

mod m0001_create;
mod m0002_contacts;
mod m0003_roles;
mod m0004_directory;
mod m0005_sharing;
mod m0006_mail;
mod m0007_postings;

use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

/// Every step, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_create::Migration),
            Box::new(m0002_contacts::Migration),
            Box::new(m0003_roles::Migration),
            Box::new(m0004_directory::Migration),
            Box::new(m0005_sharing::Migration),
            Box::new(m0006_mail::Migration),
            Box::new(m0007_postings::Migration),
        ]
    }
}
