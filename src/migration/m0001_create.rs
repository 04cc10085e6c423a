//! Accounts, members and their history, partnerships, the audit and the log.

use crate::domain::ids::EventId;
use sea_orm::{ConnectionTrait, DbErr, Statement};
use sea_orm_migration::prelude::{MigrationName, MigrationTrait, SchemaManager, async_trait};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared(TABLES).await?;
        open_log(db).await
    }
}

/// A new database starts with a log of its own: LOG_OPENED at position 1.
async fn open_log(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let log_id = Uuid::now_v7();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let backend = db.get_database_backend();
    db.execute_raw(Statement::from_sql_and_values(
        backend,
        "INSERT INTO log_identity (id, log_id, floor_position, below_floor_event_id) VALUES (1, $1, 1, $2)",
        [log_id.into(), Uuid::nil().into()],
    ))
    .await?;
    db.execute_raw(Statement::from_sql_and_values(
        backend,
        "INSERT INTO log (position, event_id, account_id, kind, subject_id, last_of_change, payload, at) \
         VALUES (1, $1, $2, 'LOG_OPENED', $3, true, '{}', $4)",
        [EventId::fresh().into(), Uuid::nil().into(), log_id.into(), now.into()],
    ))
    .await?;
    Ok(())
}

const TABLES: &str = "
CREATE TABLE log_head (id integer NOT NULL PRIMARY KEY);
INSERT INTO log_head (id) VALUES (1);

CREATE TABLE log_identity (
    id integer NOT NULL PRIMARY KEY,
    log_id uuid NOT NULL,
    floor_position bigint NOT NULL,
    below_floor_event_id uuid NOT NULL
);

CREATE TABLE log (
    position bigint NOT NULL PRIMARY KEY,
    event_id uuid NOT NULL,
    account_id uuid NOT NULL,
    counterpart_account_id uuid,
    kind text NOT NULL,
    subject_id uuid NOT NULL,
    last_of_change boolean NOT NULL,
    payload jsonb NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX log_by_account ON log (account_id, position);
CREATE INDEX log_by_counterpart ON log (counterpart_account_id, position);

CREATE TABLE account (
    id uuid NOT NULL PRIMARY KEY,
    created_position bigint NOT NULL,
    display_name text NOT NULL,
    state text NOT NULL,
    receive_policy text NOT NULL,
    blocked_account_ids jsonb NOT NULL,
    contact_retention text NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL,
    preferences_version bigint NOT NULL
);
CREATE UNIQUE INDEX account_by_creation ON account (created_position);

CREATE TABLE member (
    id uuid NOT NULL PRIMARY KEY,
    created_position bigint NOT NULL,
    position bigint NOT NULL,
    account_id uuid NOT NULL,
    membership_id uuid NOT NULL,
    email text NOT NULL,
    email_key text NOT NULL,
    display_name text NOT NULL,
    profile text NOT NULL,
    manage_partners boolean,
    state text NOT NULL,
    phone text NOT NULL,
    title text NOT NULL,
    locale text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX member_by_account ON member (account_id, created_position);
CREATE INDEX member_by_state ON member (account_id, state);

CREATE TABLE address (
    email_key text NOT NULL PRIMARY KEY,
    member_id uuid
);

CREATE TABLE membership (
    id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL,
    member_id uuid NOT NULL,
    joined_position bigint NOT NULL,
    left_position bigint
);
CREATE INDEX membership_by_account ON membership (account_id, joined_position);

CREATE TABLE member_version (
    membership_id uuid NOT NULL,
    from_position bigint NOT NULL,
    to_position bigint,
    email text NOT NULL,
    display_name text NOT NULL,
    state text NOT NULL,
    phone text NOT NULL,
    title text NOT NULL,
    locale text NOT NULL,
    PRIMARY KEY (membership_id, from_position)
);

CREATE TABLE pair (
    low_account_id uuid NOT NULL,
    high_account_id uuid NOT NULL,
    PRIMARY KEY (low_account_id, high_account_id)
);

CREATE TABLE invitation_usage (
    account_id uuid NOT NULL,
    day bigint NOT NULL,
    sent bigint NOT NULL,
    refused bigint NOT NULL,
    PRIMARY KEY (account_id, day)
);

CREATE TABLE partnership (
    id uuid NOT NULL PRIMARY KEY,
    created_position bigint NOT NULL,
    kind text NOT NULL,
    sender_account_id uuid NOT NULL,
    recipient_account_id uuid,
    pair_first uuid,
    pair_second uuid,
    invitee_email text NOT NULL,
    invitee_key text NOT NULL,
    inviter_member_id uuid,
    inviter_display_name text NOT NULL,
    message text NOT NULL,
    state text NOT NULL,
    sender_hid boolean NOT NULL,
    recipient_hid boolean NOT NULL,
    sender_view text,
    recipient_view text,
    sender_version bigint NOT NULL,
    recipient_version bigint NOT NULL,
    sender_updated_at bigint NOT NULL,
    recipient_updated_at bigint NOT NULL,
    reject_reason text NOT NULL,
    created_at bigint NOT NULL,
    sent_at bigint NOT NULL,
    resend_count bigint NOT NULL,
    expires_at bigint,
    activated_at bigint,
    activated_position bigint,
    ended_at bigint,
    ended_position bigint
);
CREATE INDEX partnership_by_sender ON partnership (sender_account_id, created_position) WHERE sender_view IS NOT NULL;
CREATE INDEX partnership_by_recipient ON partnership (recipient_account_id, created_position) WHERE recipient_view IS NOT NULL;
CREATE INDEX partnership_by_person ON partnership (sender_account_id, invitee_key);
CREATE INDEX partnership_by_pair ON partnership (pair_first, pair_second, kind);
CREATE INDEX partnership_waiting ON partnership (invitee_key) WHERE state = 'PENDING' AND recipient_account_id IS NULL;
CREATE INDEX partnership_open ON partnership (sender_account_id) WHERE state = 'PENDING';
CREATE INDEX partnership_overdue ON partnership (expires_at) WHERE state = 'PENDING';
CREATE UNIQUE INDEX partnership_one_active ON partnership (pair_first, pair_second, kind) WHERE state = 'ACTIVE';
CREATE UNIQUE INDEX partnership_one_pending ON partnership (sender_account_id, invitee_key, kind) WHERE state = 'PENDING';

CREATE TABLE audit_entry (
    position bigint NOT NULL PRIMARY KEY,
    id uuid NOT NULL,
    partnership_id uuid,
    sender_account_id uuid,
    recipient_account_id uuid,
    action text NOT NULL,
    sender_from text,
    sender_to text,
    recipient_from text,
    recipient_to text,
    actor_account_id uuid,
    actor_member_id uuid,
    actor_is_operator boolean NOT NULL,
    operator_name text NOT NULL,
    reason text NOT NULL,
    reason_shared boolean NOT NULL,
    request_id text NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX audit_entry_by_sender ON audit_entry (sender_account_id, position);
CREATE INDEX audit_entry_by_recipient ON audit_entry (recipient_account_id, position);
CREATE INDEX audit_entry_by_partnership ON audit_entry (partnership_id, position);

CREATE TABLE remembered_request (
    caller text NOT NULL,
    request_id text NOT NULL,
    fingerprint text NOT NULL,
    answer text,
    position bigint NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (caller, request_id)
);
CREATE INDEX remembered_request_by_age ON remembered_request (created_at);

CREATE TABLE service_key (
    id integer NOT NULL PRIMARY KEY,
    key text NOT NULL,
    created_at bigint NOT NULL
);
";
