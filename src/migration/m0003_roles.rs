//! Provider relationships: administrator roles, agreements, and whose purchases a partner may see.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_roles"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(SCHEMA).await?;
        Ok(())
    }
}

const SCHEMA: &str = "
ALTER TABLE partnership ADD COLUMN admin_roles jsonb NOT NULL DEFAULT '[]';
ALTER TABLE partnership ADD COLUMN role_seconds bigint;
ALTER TABLE partnership ADD COLUMN auto_extend boolean NOT NULL DEFAULT false;
ALTER TABLE partnership ADD COLUMN roles_until bigint;
ALTER TABLE partnership ADD COLUMN roles_end text;
ALTER TABLE partnership ADD COLUMN roles_due_at bigint;
CREATE INDEX partnership_roles_due ON partnership (roles_due_at) WHERE roles_due_at IS NOT NULL;

CREATE TABLE agreement_kind (kind text NOT NULL PRIMARY KEY);
INSERT INTO agreement_kind (kind) VALUES ('CUSTOMER');

CREATE TABLE agreement (
    kind text NOT NULL,
    version text NOT NULL,
    position bigint NOT NULL,
    locale text NOT NULL,
    url text NOT NULL,
    sha256 text NOT NULL,
    effective_at bigint NOT NULL,
    published_at bigint NOT NULL,
    PRIMARY KEY (kind, version)
);
CREATE INDEX agreement_by_position ON agreement (position);
CREATE INDEX agreement_by_time ON agreement (kind, effective_at);

CREATE TABLE agreement_acceptance (
    account_id uuid NOT NULL,
    kind text NOT NULL,
    version text NOT NULL,
    position bigint NOT NULL,
    member_id uuid,
    by_operator boolean NOT NULL,
    sha256 text NOT NULL,
    accepted_at bigint NOT NULL,
    PRIMARY KEY (account_id, kind, version)
);
CREATE INDEX agreement_acceptance_by_account ON agreement_acceptance (account_id, position);

CREATE TABLE purchase_visibility (
    viewer_partnership_id uuid NOT NULL,
    owner_partnership_id uuid NOT NULL,
    viewer_account_id uuid NOT NULL,
    owner_account_id uuid NOT NULL,
    PRIMARY KEY (viewer_partnership_id, owner_partnership_id)
);
";
