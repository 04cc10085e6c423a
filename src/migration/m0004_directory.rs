//! The directory of providers: profiles, inquiries, and what profiles are searched by.
//!
//! What is published stands once more in `provider_index`, as it is compared and put in order, with the set of its words:
//! a `tsvector` with an index (PostgreSQL), or a text, and once more in a full-text table under the row's number (SQLite).

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_directory"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // compared as bytes: SQLite does so by itself
        let (text, index) = match db.get_database_backend() {
            DbBackend::Postgres => ("text COLLATE \"C\"", INDEX_POSTGRES),
            _ => ("text", INDEX_SQLITE),
        };
        db.execute_unprepared(&TABLES.replace("{bytes}", text)).await?;
        db.execute_unprepared(index).await?;
        Ok(())
    }
}

const TABLES: &str = "
CREATE TABLE provider_profile (
    account_id uuid NOT NULL PRIMARY KEY,
    created_position bigint NOT NULL,
    display_name text NOT NULL,
    description text NOT NULL,
    services jsonb NOT NULL,
    countries jsonb NOT NULL,
    cities jsonb NOT NULL,
    customer_sizes jsonb NOT NULL,
    contact_email text NOT NULL,
    listed boolean NOT NULL,
    version bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE provider_word (word {bytes} NOT NULL PRIMARY KEY);

CREATE TABLE inquiry (
    id uuid NOT NULL PRIMARY KEY,
    created_position bigint NOT NULL,
    customer_account_id uuid NOT NULL,
    customer_display_name text NOT NULL,
    provider_account_id uuid NOT NULL,
    provider_display_name text NOT NULL,
    sender_member_id uuid,
    sender_display_name text NOT NULL,
    needs text NOT NULL,
    reply_to_email text NOT NULL,
    country text NOT NULL,
    customer_size text,
    created_at bigint NOT NULL
);
CREATE INDEX inquiry_by_customer ON inquiry (customer_account_id, created_position);
CREATE INDEX inquiry_by_provider ON inquiry (provider_account_id, created_position);

CREATE TABLE inquiry_usage (
    account_id uuid NOT NULL,
    day bigint NOT NULL,
    sent bigint NOT NULL,
    PRIMARY KEY (account_id, day)
);
";

/// No list of pending entries: a search would have to read it through.
const INDEX_POSTGRES: &str = "
CREATE TABLE provider_index (
    number bigint NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL,
    name_key text COLLATE \"C\" NOT NULL,
    words tsvector NOT NULL
);
CREATE INDEX provider_index_by_name ON provider_index (name_key, account_id);
CREATE INDEX provider_index_by_words ON provider_index USING gin (words) WITH (fastupdate = off);
";

/// Words come cut and folded: whatever is no ASCII separator belongs to them, and `_` marks what is no word of a text.
const INDEX_SQLITE: &str = "
CREATE TABLE provider_index (
    number integer NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL,
    name_key text NOT NULL,
    words text NOT NULL
);
CREATE INDEX provider_index_by_name ON provider_index (name_key, account_id);
CREATE VIRTUAL TABLE provider_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = \"ascii tokenchars '_'\"
);
";
