//! What PostgreSQL counts of what the service reads.

use crate::support::database::{TestEngine, engine};
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const OTHERS: &str = "SELECT count(*) AS found FROM pg_stat_activity WHERE datname = current_database() AND \
    application_name = 'partner-service'";

/// A service over the same database from whose first call on everything is counted, and nothing of before: a connection
/// reports what it has read when it ends, if not sooner. On SQLite, which counts nothing, the same service.
pub async fn from_here(harness: Harness, db: &DatabaseConnection) -> Harness {
    if engine() == TestEngine::Sqlite {
        return harness;
    }
    harness.backend.close().await;
    until(|| async { (one(db, OTHERS, "found").await == 0).then_some(()) }).await;
    for statement in ["ANALYZE", "SELECT pg_stat_force_next_flush()", "SELECT pg_stat_reset()"] {
        db.execute_unprepared(statement).await.expect(statement);
    }
    let (database, clock) = (Some(Arc::clone(&harness.database)), Some(harness.clock.clone()));
    Harness::with(Options { database, clock, ..Options::default() }).await
}

/// An organisation whose manager calls another service.
pub fn at(harness: &Harness, one: &Organization) -> Organization {
    Organization { by: harness.member(&one.boss.id), ..one.clone() }
}

/// How often tables were read through, and how many of their rows were visited; ends the service, whose connections report
/// it then.
pub async fn counted(harness: &Harness, db: &DatabaseConnection, tables: &[&str]) -> (i64, i64) {
    harness.backend.close().await;
    let tables = format!("'{}'", tables.join("', '"));
    let through = format!(
        "SELECT CAST(SUM(seq_scan) AS bigint) AS found FROM pg_stat_user_tables WHERE relname IN ({tables})"
    );
    let visited = format!(
        "SELECT CAST(SUM(COALESCE(idx_tup_fetch, 0)) + (SELECT SUM(idx_tup_read) FROM pg_stat_user_indexes \
         WHERE relname IN ({tables})) AS bigint) AS found FROM pg_stat_user_tables WHERE relname IN ({tables})"
    );
    until(|| async { (one(db, OTHERS, "found").await == 0).then_some(()) }).await;
    let visited =
        until(|| async { Some(one(db, &visited, "found").await).filter(|rows| *rows > 0) }).await;
    (one(db, &through, "found").await, visited)
}

async fn one(db: &DatabaseConnection, sql: &str, column: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.expect(sql).expect("one row").try_get("", column).expect(sql)
}

async fn until<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < give_up, "connections that were closed are still there");
        tokio::task::yield_now().await;
    }
}
