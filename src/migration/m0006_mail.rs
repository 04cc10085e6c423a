//! The outbox, and how many letters each address was written today.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0006_mail"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(TABLES).await?;
        Ok(())
    }
}

/// The managers of an account are found among few rows, however many members it has.
const TABLES: &str = "
CREATE TABLE mail (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    state text NOT NULL,
    recipient text NOT NULL,
    language text NOT NULL,
    letter text NOT NULL,
    partnership_id uuid,
    sending bigint,
    message_domain text,
    attempts bigint NOT NULL,
    due_at bigint,
    lease uuid,
    last_error text NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    queued_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    sent_at bigint
);
CREATE INDEX mail_due ON mail (due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX mail_by_state ON mail (state, id);
CREATE INDEX mail_by_partnership ON mail (partnership_id, sending) WHERE partnership_id IS NOT NULL;
CREATE INDEX mail_by_age ON mail (updated_at) WHERE due_at IS NULL;

CREATE TABLE mail_usage (
    email_key text NOT NULL,
    day bigint NOT NULL,
    letters bigint NOT NULL,
    PRIMARY KEY (email_key, day)
);
CREATE INDEX mail_usage_by_day ON mail_usage (day);

CREATE INDEX member_by_right ON member (account_id)
    WHERE manage_partners = true OR profile IN ('BILLING_ADMINISTRATOR', 'ADMINISTRATOR');
";
