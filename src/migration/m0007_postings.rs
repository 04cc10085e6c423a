//! Lists of who has a word in the name or among the services, in order of name, made of the words that are published.
//!
//! `n_cloud` lists those who have it in the name, `v_cloud` those who have it among the services alone.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0007_postings"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let statements = match db.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        db.execute_unprepared(statements).await?;
        Ok(())
    }
}

const POSTGRES: &str = "
CREATE TABLE provider_posting (
    word text COLLATE \"C\" NOT NULL,
    name_key text COLLATE \"C\" NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (word, name_key, account_id)
);
INSERT INTO provider_posting
SELECT own.word, i.name_key, i.account_id
FROM provider_index i, unnest(tsvector_to_array(i.words)) AS own (word)
WHERE left(own.word, 2) = 'n_'
    OR (left(own.word, 2) = 'v_' AND 'n_' || substr(own.word, 3) <> ALL (tsvector_to_array(i.words)));
";

const SQLITE: &str = "
CREATE TABLE provider_posting (
    word text NOT NULL,
    name_key text NOT NULL,
    account_id uuid NOT NULL,
    PRIMARY KEY (word, name_key, account_id)
) WITHOUT ROWID;
INSERT INTO provider_posting
SELECT own.value, i.name_key, i.account_id
FROM provider_index i, json_each('[\"' || replace(trim(i.words), ' ', '\",\"') || '\"]') AS own
WHERE substr(own.value, 1, 2) = 'n_'
    OR (substr(own.value, 1, 2) = 'v_' AND instr(i.words, ' n_' || substr(own.value, 3) || ' ') = 0);
";
