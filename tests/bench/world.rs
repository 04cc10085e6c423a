//! The accounts and people that are measured with, by number: the service's client and pgbench's scripts count alike.

use crate::Failure;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Accounts that invite: 1 and up.
pub const SENDERS: i64 = 2_000;
/// Accounts that are invited: right above the senders.
pub const RECIPIENTS: i64 = 2_000;
/// Accounts with twenty partners each: from here up.
pub const VIEWERS: i64 = SENDERS + RECIPIENTS + 1;
/// How many of them.
pub const VIEWER_COUNT: i64 = 500;
/// How many of them are asked about as customers, of ten partners each.
pub const CHECKED_CUSTOMERS: i64 = 50;
/// How many partners a viewer has.
pub const PARTNERS: usize = 20;
const ACCOUNTS: i64 = SENDERS + RECIPIENTS + VIEWER_COUNT;
/// An account's administrator has the account's number and this.
const MEMBERS: i64 = 1_000_000_000;
const STAYS: i64 = 2_000_000_000;
const PARTNERSHIPS: i64 = 3_000_000_000;
/// A prepared invitation has its own number and this.
const INVITATIONS: i64 = 2_000_000_000_000;
const MONTH_MICROSECONDS: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// How many numbers there are for invitations: beyond it two accounts would meet again.
pub const NUMBERS: i64 = SENDERS * RECIPIENTS;

/// The id that a number stands for.
pub fn uuid(number: i64) -> Uuid {
    Uuid::parse_str(&format!("{number:032}")).unwrap_or_default()
}

/// The same, as it is written.
pub fn id(number: i64) -> String {
    uuid(number).to_string()
}

/// An account's administrator.
pub fn administrator(account: i64) -> String {
    id(MEMBERS + account)
}

/// Who invites and who is invited under a number: every number has a pair of its own.
pub fn pair(number: i64) -> (i64, i64) {
    let (turn, sender) = (number / SENDERS, number % SENDERS);
    (1 + sender, SENDERS + 1 + (turn + sender) % RECIPIENTS)
}

/// The prepared invitation of a number.
pub fn invitation(number: i64) -> String {
    id(INVITATIONS + number)
}

/// An account's administrator's address.
pub fn email(account: i64) -> String {
    format!("boss{account}@bench.example")
}

/// Microseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// What the scripts of pgbench are told.
pub fn variables(first_number: i64, clients: usize) -> Vec<(&'static str, String)> {
    let now = now();
    let numbers = [
        ("base", first_number),
        ("clients", i64::try_from(clients).unwrap_or(1)),
        ("k", -1),
        ("senders", SENDERS),
        ("recipients", RECIPIENTS),
        ("viewers", VIEWERS),
        ("viewer_count", VIEWER_COUNT),
        ("members", MEMBERS),
        ("invitations", INVITATIONS),
        ("now", now),
        ("expires", now + MONTH_MICROSECONDS),
        ("day", now / (MONTH_MICROSECONDS / 30)),
        ("one", 1),
        ("page", 51),
    ];
    let words = [
        ("kind", "COLLABORATION"),
        ("rejected", "REJECTED"),
        ("deleted", "DELETED_BY_RECIPIENT"),
        ("removed", "REMOVED"),
        ("closed", "CLOSED"),
        ("no", "f"),
    ];
    let numbers = numbers.into_iter().map(|(name, value)| (name, value.to_string()));
    numbers.chain(words.into_iter().map(|(name, value)| (name, value.to_owned()))).collect()
}

/// A template with its numbers.
pub fn filled(template: &str, more: &[(&str, i64)]) -> String {
    let known = [
        ("now", now()),
        ("accounts", ACCOUNTS),
        ("senders", SENDERS),
        ("recipients", RECIPIENTS),
        ("viewers", VIEWERS),
        ("viewer_count", VIEWER_COUNT),
        ("members", MEMBERS),
        ("stays", STAYS),
        ("partnerships", PARTNERSHIPS),
        ("invitations", INVITATIONS),
    ];
    known.iter().chain(more).fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), &value.to_string())
    })
}

/// Fills a new database.
pub async fn seed(db: &mut PgConnection) -> Result<(), Failure> {
    db.execute(AssertSqlSafe(filled(include_str!("seed.sql"), &[]))).await?;
    count_today(db).await?;
    tidy(db).await
}

/// Days of use exist before they are counted in, as they do from an account's second invitation on.
async fn count_today(db: &mut PgConnection) -> Result<(), Failure> {
    let today = now() / (MONTH_MICROSECONDS / 30);
    let rows = filled(
        "INSERT INTO invitation_usage SELECT id, {day}, 0, 0 FROM account WHERE created_position <= 1 + {senders} \
         ON CONFLICT DO NOTHING",
        &[("day", today)],
    );
    db.execute(AssertSqlSafe(rows)).await?;
    Ok(())
}

/// Prepares invitations to accept.
pub async fn prepare_invitations(
    db: &mut PgConnection,
    first: i64,
    count: i64,
) -> Result<(), Failure> {
    let numbers = [("first", first), ("last", first + count - 1)];
    db.execute(AssertSqlSafe(filled(include_str!("pending.sql"), &numbers))).await?;
    tidy(db).await
}

/// Between two runs: what still waits would slow the next one's counting, dead rows and dirty pages the next one's all.
pub async fn clear(db: &mut PgConnection) -> Result<(), Failure> {
    db.execute("DELETE FROM partnership WHERE state = 'PENDING'").await?;
    count_today(db).await?;
    tidy(db).await
}

/// No dead rows, no dirty pages.
pub async fn tidy(db: &mut PgConnection) -> Result<(), Failure> {
    for table in [
        "account",
        "address",
        "audit_entry",
        "invitation_usage",
        "log",
        "log_head",
        "member",
        "member_version",
        "membership",
        "pair",
        "partnership",
    ] {
        db.execute(AssertSqlSafe(format!("VACUUM (ANALYZE) {table}"))).await?;
    }
    db.execute("CHECKPOINT").await?;
    Ok(())
}
