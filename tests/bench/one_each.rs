//! A registration by itself: what the service does for many at once, in a transaction of SeaORM's for one.

use crate::world;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait, Value,
};
use uuid::Uuid;

const READS: [&str; 4] = [
    "SELECT id, state, display_name FROM account WHERE id = $1",
    "SELECT m.id, m.account_id FROM address a JOIN member m ON a.member_id = m.id WHERE a.email_key = $1",
    "SELECT id FROM member WHERE id = $1",
    "SELECT * FROM partnership WHERE invitee_key = $1 AND recipient_account_id IS NULL AND state = 'PENDING'",
];
const ADDRESS: &str = "INSERT INTO address (email_key) VALUES ($1) ON CONFLICT DO NOTHING";
const HEAD: &str = "SELECT max(position) AS head FROM log";
/// $1 is the position, $2 the member, $3 the stay, $4 the account, $5 the address, $6 the time.
const WRITES: [&str; 4] = [
    "UPDATE address SET member_id = $2 WHERE email_key = $5",
    "INSERT INTO membership (id, account_id, member_id, joined_position) VALUES ($3, $4, $2, $1)",
    "INSERT INTO member_version (membership_id, from_position, email, display_name, state, phone, title, locale, \
     account_id, email_key, email_fold, name_fold, at) \
     VALUES ($3, $1, $5, 'Person', 'ACTIVE', '', '', '', $4, $5, $5, 'person', $6)",
    "INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, display_name, \
     profile, state, phone, title, locale, created_at, updated_at) \
     VALUES ($2, $1, $1, $4, $3, $5, $5, 'Person', 'OBSERVER', 'ACTIVE', '', '', '', $6, $6)",
];
const LOG: &str = "INSERT INTO log (position, event_id, account_id, kind, subject_id, last_of_change, payload, at) \
                   VALUES ($1, $2, $3, 'MEMBER_ADDED', $4, TRUE, $5, $6)";

fn ask(sql: &str, values: Vec<Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

/// Registers somebody new in some account.
pub async fn register(db: &DatabaseConnection) -> Result<(), DbErr> {
    let (id, stay) = (Uuid::now_v7(), Uuid::now_v7());
    let some = id.as_u128() % u128::from(world::SENDERS.unsigned_abs());
    let account = world::uuid(1 + i64::try_from(some).unwrap_or(0));
    let email = format!("person{id}@service.example");
    let (fact, now) = (fact(id, stay, &email), world::now());

    let txn = db.begin().await?;
    let asked: [Value; 4] = [account.into(), email.clone().into(), id.into(), email.clone().into()];
    txn.execute_raw(ask(ADDRESS, vec![email.clone().into()])).await?;
    for (sql, value) in READS.into_iter().zip(asked) {
        txn.query_all_raw(ask(sql, vec![value])).await?;
    }
    let head = txn.query_one_raw(ask(HEAD, vec![])).await?;
    let head: i64 = head.ok_or(DbErr::RecordNotFound("log".to_owned()))?.try_get("", "head")?;
    let position = Value::from(head + 1);
    let event = Uuid::now_v7();
    let logged =
        [position.clone(), event.into(), account.into(), id.into(), fact.into(), now.into()];
    txn.execute_raw(ask(LOG, logged.into())).await?;
    let written = [position, id.into(), stay.into(), account.into(), email.into(), now.into()];
    for sql in WRITES {
        txn.execute_raw(ask(sql, written.to_vec())).await?;
    }
    txn.commit().await
}

fn fact(id: Uuid, stay: Uuid, email: &str) -> String {
    let fact = serde_json::json!({
        "member": id, "membership": stay, "email": email, "display_name": "Person", "state": "ACTIVE", "phone": "",
        "title": "", "locale": "",
    });
    fact.to_string()
}
