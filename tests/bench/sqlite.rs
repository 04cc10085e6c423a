//! RegisterMember on SQLite, synchronous FULL, against a transaction of SeaORM's for each: the same statements by a program
//! that does nothing else, on the one connection that may write.

use crate::calls::Call;
use crate::drive::{self, Target};
use crate::machine::cpu_of;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, one_each, postgres, world};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, SqlxSqliteConnector};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const IN_FLIGHT: usize = 64;
const GATE: f64 = 5.0;
const ONE_EACH: &str = "one SeaORM txn per call";
const NAME: &str = "RegisterMember on SQLite";
const MOST_PER_SECOND: i64 = 200_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the row and its bar in turn.
pub async fn measure(
    _: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
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
                    one_each::register(&db).await?;
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
