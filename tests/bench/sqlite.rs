//! RegisterMember on SQLite, synchronous FULL, against a transaction of SeaORM's for each: the same statements by a program
//! that does nothing else, on the one connection that may write.

use crate::calls::Call;
use crate::drive::{self, Target};
use crate::machine::cpu_of;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, postgres, world};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, SqlxSqliteConnector, Statement,
    TransactionTrait, Value,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

const IN_FLIGHT: usize = 64;
const GATE: f64 = 5.0;
const ONE_EACH: &str = "one SeaORM txn per call";
const NAME: &str = "RegisterMember on SQLite";
const MOST_PER_SECOND: i64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the row and its bar in turn.
pub async fn measure(arguments: &Arguments, report: &mut Report) -> Result<(), Failure> {
    if !NAME.contains(&arguments.only) {
        return Ok(());
    }
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {NAME}", arguments.rounds);
        let seconds = arguments.seconds;
        let folder = prepared(&arguments.service).await?;
        let url = url_in(folder.path());
        let (service, _) = Service::start(&arguments.service, &url, folder).await?;
        let target = Target::service(&service, None);
        let numbers = (0, (i64::try_from(seconds)? + 1) * MOST_PER_SECOND);
        let ours = drive::calls(target, Call::Register, IN_FLIGHT, seconds, numbers).await?;
        service.stop();
        let bar = one_each(&arguments.service, seconds).await.map_err(|error| error.to_string());
        report.add(Row::new(NAME, IN_FLIGHT, ONE_EACH, Some(GATE)), Round::of(&ours, bar));
    }
    Ok(())
}

fn url_in(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("partner.db").display())
}

/// A folder with a database of many accounts, made by the service.
async fn prepared(program: &Path) -> Result<tempfile::TempDir, Failure> {
    let folder = tempfile::tempdir()?;
    let url = url_in(folder.path());
    let (service, _) = Service::start(program, &url, tempfile::tempdir()?).await?;
    service.stop();
    let db = open(&url).await?;
    db.execute_unprepared(&world::filled(include_str!("sqlite.sql"), &[])).await?;
    db.close().await?;
    Ok(folder)
}

async fn open(url: &str) -> Result<DatabaseConnection, Failure> {
    let options = SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false);
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.connect_with(options).await?))
}

async fn one_each(program: &Path, seconds: u64) -> Result<postgres::Run, Failure> {
    let folder = prepared(program).await?;
    let db = open(&url_in(folder.path())).await?;
    let (began, made) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let (until, before) = (began + Duration::from_secs(seconds), cpu_of(std::process::id()));
    let workers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (db, made) = (db.clone(), Arc::clone(&made));
            tokio::spawn(async move {
                while Instant::now() < until {
                    register(&db).await?;
                    made.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, DbErr>(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let made = made.load(Ordering::Relaxed) as f64;
    let cpu = cpu_of(std::process::id()).saturating_sub(before);
    Ok(postgres::Run {
        per_second: made / began.elapsed().as_secs_f64(),
        cpu_microseconds: cpu.as_secs_f64() * 1e6 / made,
    })
}

async fn register(db: &DatabaseConnection) -> Result<(), DbErr> {
    let (id, stay) = (Uuid::now_v7(), Uuid::now_v7());
    let number = i64::from(id.as_fields().1) + i64::from(id.as_bytes()[15]);
    let account = world::uuid(1 + number % (world::SENDERS + world::RECIPIENTS));
    let email = format!("person{id}@service.example");
    let fact = serde_json::json!({
        "member": id, "membership": stay, "email": email, "display_name": "Person", "state": "ACTIVE", "phone": "",
        "title": "", "locale": "",
    });
    let (fact, now) = (fact.to_string(), world::now());
    let txn = db.begin().await?;
    let ask = |sql: &str, values: Vec<Value>| {
        Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
    };
    let there = "SELECT id, state, display_name FROM account WHERE id = ?";
    txn.query_one_raw(ask(there, vec![account.into()])).await?;
    let address =
        "INSERT INTO address (email_key, member_id) VALUES (?, NULL) ON CONFLICT DO NOTHING";
    txn.execute_raw(ask(address, vec![email.clone().into()])).await?;
    let owner = "SELECT m.id, m.account_id FROM address a JOIN member m ON a.member_id = m.id WHERE a.email_key = ?";
    txn.query_one_raw(ask(owner, vec![email.clone().into()])).await?;
    txn.query_one_raw(ask("SELECT id FROM member WHERE id = ?", vec![id.into()])).await?;
    let waiting = "SELECT * FROM partnership WHERE invitee_key = ? AND recipient_account_id IS NULL AND state = 'PENDING'";
    txn.query_all_raw(ask(waiting, vec![email.clone().into()])).await?;
    let head = txn.query_one_raw(ask("SELECT max(position) AS head FROM log", vec![])).await?;
    let head: i64 = head.ok_or(DbErr::RecordNotFound("log".to_owned()))?.try_get("", "head")?;
    let at = Value::from(head + 1);
    for (sql, values) in [
        (
            "INSERT INTO log (position, event_id, account_id, kind, subject_id, last_of_change, payload, at) \
             VALUES (?, ?, ?, 'MEMBER_ADDED', ?, TRUE, ?, ?)",
            vec![
                at.clone(),
                Uuid::new_v4().into(),
                account.into(),
                id.into(),
                fact.into(),
                now.into(),
            ],
        ),
        (
            "UPDATE address SET member_id = ? WHERE email_key = ?",
            vec![id.into(), email.clone().into()],
        ),
        (
            "INSERT INTO membership (id, account_id, member_id, joined_position) VALUES (?, ?, ?, ?)",
            vec![stay.into(), account.into(), id.into(), at.clone()],
        ),
        (
            "INSERT INTO member_version (membership_id, from_position, email, display_name, state, phone, title, locale, \
             account_id, email_key, email_fold, name_fold, at) \
             VALUES (?, ?, ?, 'Person', 'ACTIVE', '', '', '', ?, ?, ?, 'person', ?)",
            vec![
                stay.into(),
                at.clone(),
                email.clone().into(),
                account.into(),
                email.clone().into(),
                email.clone().into(),
                now.into(),
            ],
        ),
        (
            "INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, \
             display_name, profile, state, phone, title, locale, created_at, updated_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?, 'Person', 'OBSERVER', 'ACTIVE', '', '', '', ?, ?)",
            vec![
                id.into(),
                at.clone(),
                at.clone(),
                account.into(),
                stay.into(),
                email.clone().into(),
                email.clone().into(),
                now.into(),
                now.into(),
            ],
        ),
    ] {
        txn.execute_raw(ask(sql, values)).await?;
    }
    txn.commit().await
}
