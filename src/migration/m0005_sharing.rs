//! What accounts share with partners: one row for each item and partner, and those who were taken out.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0005_sharing"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(SCHEMA).await?;
        Ok(())
    }
}

/// Items are found by a digest: an external id may be longer than an index takes.
const SCHEMA: &str = "
CREATE TABLE shared_item (
    id uuid NOT NULL PRIMARY KEY,
    shared_position bigint NOT NULL,
    owner_account_id uuid NOT NULL,
    partner_account_id uuid NOT NULL,
    partnership_id uuid NOT NULL,
    item_type text NOT NULL,
    external_id text NOT NULL,
    item_key uuid NOT NULL,
    title text NOT NULL,
    sharer_member_id uuid,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    unshared_position bigint,
    unshared_at bigint
);
CREATE UNIQUE INDEX shared_item_once ON shared_item (owner_account_id, item_key, partner_account_id) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_by_owner ON shared_item (owner_account_id, shared_position) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_by_partner ON shared_item (partner_account_id, shared_position) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_by_pair ON shared_item (owner_account_id, partner_account_id, shared_position) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_by_item ON shared_item (owner_account_id, item_key, shared_position) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_by_partner_item ON shared_item (partner_account_id, item_key, shared_position) WHERE unshared_position IS NULL;
CREATE INDEX shared_item_details ON shared_item (partner_account_id, owner_account_id, shared_position) WHERE item_type = 'CONTACT_DETAILS';

CREATE TABLE audience_removal (
    shared_item_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (shared_item_id, membership_id)
);

ALTER TABLE audit_entry ADD COLUMN shared_item_id uuid;
";
