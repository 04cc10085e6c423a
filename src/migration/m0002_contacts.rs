//! Contacts: guests, deleted contacts, and what makes partners' people findable as of a position.

use crate::domain::email::{Email, fold};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use uuid::Uuid;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_contacts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // searched by ranges of bytes: SQLite compares so by itself
        let text = match db.get_database_backend() {
            DbBackend::Postgres => "text COLLATE \"C\"",
            _ => "text",
        };
        db.execute_unprepared(&COLUMNS.replace("{bytes}", text)).await?;
        db.execute_unprepared(BACKFILL).await?;
        fold_versions(db).await?;
        db.execute_unprepared(&TABLES.replace("{bytes}", text)).await?;
        db.execute_unprepared(INDEXES).await?;
        Ok(())
    }
}

/// Folds the names and addresses of versions that are there already, some at a time.
async fn fold_versions(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let mut after = (Uuid::nil(), 0_i64);
    loop {
        let page = Statement::from_sql_and_values(
            backend,
            "SELECT membership_id, from_position, email, display_name FROM member_version \
             WHERE membership_id > $1 OR (membership_id = $1 AND from_position > $2) \
             ORDER BY membership_id, from_position LIMIT 500",
            [after.0.into(), after.1.into()],
        );
        let rows = db.query_all_raw(page).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            after = (row.try_get("", "membership_id")?, row.try_get("", "from_position")?);
            let (email, name): (String, String) =
                (row.try_get("", "email")?, row.try_get("", "display_name")?);
            let key = Email::parse(&email).map(|email| email.key.0).unwrap_or_default();
            db.execute_raw(Statement::from_sql_and_values(
                backend,
                "UPDATE member_version SET email_key = $1, email_fold = $2, name_fold = $3 \
                 WHERE membership_id = $4 AND from_position = $5",
                [
                    key.into(),
                    fold(&email).into(),
                    fold(&name).into(),
                    after.0.into(),
                    after.1.into(),
                ],
            ))
            .await?;
        }
    }
}

const COLUMNS: &str = "
ALTER TABLE member_version ADD COLUMN account_id uuid;
ALTER TABLE member_version ADD COLUMN email_key text NOT NULL DEFAULT '';
ALTER TABLE member_version ADD COLUMN email_fold {bytes} NOT NULL DEFAULT '';
ALTER TABLE member_version ADD COLUMN name_fold {bytes} NOT NULL DEFAULT '';
ALTER TABLE member_version ADD COLUMN at bigint NOT NULL DEFAULT 0;

ALTER TABLE partnership ADD COLUMN ended_sender_retention text;
ALTER TABLE partnership ADD COLUMN ended_recipient_retention text;
ALTER TABLE partnership ADD COLUMN ended_sender_name text;
ALTER TABLE partnership ADD COLUMN ended_recipient_name text;
";

const BACKFILL: &str = "
UPDATE member_version SET
    account_id = (SELECT account_id FROM membership WHERE membership.id = member_version.membership_id),
    at = COALESCE((SELECT log.at FROM log WHERE log.position = member_version.from_position), 0);
";

const TABLES: &str = "
CREATE TABLE guest (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    email_fold {bytes} NOT NULL,
    display_name text NOT NULL,
    name_fold {bytes} NOT NULL,
    phone text NOT NULL,
    title text NOT NULL,
    locale text NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE suppression (
    account_id uuid NOT NULL,
    home_account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    from_position bigint NOT NULL,
    until_position bigint,
    PRIMARY KEY (account_id, home_account_id, member_id, from_position)
);
";

const INDEXES: &str = "
CREATE INDEX guest_by_account ON guest (account_id, id);
CREATE UNIQUE INDEX guest_one_per_address ON guest (account_id, email_key);
CREATE INDEX guest_by_email ON guest (account_id, email_fold);
CREATE INDEX guest_by_name ON guest (account_id, name_fold);

CREATE INDEX membership_by_person ON membership (account_id, member_id, joined_position, left_position);
CREATE INDEX membership_left ON membership (account_id, member_id) WHERE left_position IS NOT NULL;

CREATE INDEX member_version_by_key ON member_version (email_key);
CREATE INDEX member_version_by_email ON member_version (account_id, email_fold);
CREATE INDEX member_version_by_name ON member_version (account_id, name_fold);

CREATE INDEX partnership_shared_by_sender ON partnership (sender_account_id, recipient_account_id, activated_position) WHERE activated_position IS NOT NULL;
CREATE INDEX partnership_shared_by_recipient ON partnership (recipient_account_id, sender_account_id, activated_position) WHERE activated_position IS NOT NULL;
";
