//! A snapshot of a hundred thousand members: how long until SYNCED, and how much memory the service takes for it.

use crate::crowd::{Crowd, Manner, SOURCE, Stage, asking};
use crate::drive::{Target, spent};
use crate::figure::Figure;
use crate::machine::{forget_peak, memory_of};
use crate::reader::{Kind, Tally};
use crate::report::Report;
use crate::{Arguments, Failure, postgres, world};
use partner_service::grpc::pb::watch_members_request::Start;
use sqlx::{AssertSqlSafe, Executor};
use std::sync::atomic::Ordering;
use std::time::Instant;

const MEMBERS: i64 = 100_000;
const TIME: &str = "snapshot of 100,000 members, until SYNCED";
const MEMORY: &str = "snapshot of 100,000 members, growth of memory";
const AT_MOST_SECONDS: f64 = 6.0;
const AT_MOST_MB: f64 = 20.0;

/// Measures it on one database, once a round.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if !TIME.contains(&arguments.only) && !MEMORY.contains(&arguments.only) {
        return Ok(());
    }
    let mut stage = Stage::set(server, arguments, 1).await?;
    let sql = world::filled(include_str!("snapshot.sql"), &[("count", MEMBERS)]);
    stage.db.execute(AssertSqlSafe(sql)).await?;
    world::tidy(&mut stage.db).await?;
    // a snapshot is as of what the replica has read of the log
    Crowd::watch(&stage.service, 1, 1).await?.all_at(stage.head().await?).await?;
    // what the first of all costs once is not the growth that is meant
    once(&stage).await?;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: snapshot", arguments.rounds);
        let target = Target::service(&stage.service, stage.postmaster);
        let pid = stage.service.pid();
        forget_peak(pid);
        let ((before, _), cpu) = (memory_of(pid), target.cpu());
        let took = once(&stage).await?;
        let (_, most) = memory_of(pid);
        let [ours, database, _] = spent(cpu, target.cpu(), MEMBERS as f64);
        let costs = [("service us each", ours), ("database us each", database)];
        report.figure(Figure::new(TIME, "s", Some(AT_MOST_SECONDS)).with(took, &costs));
        let growth = (most - before) / 1e6;
        let beside = [("before MB", before / 1e6)];
        report.figure(Figure::new(MEMORY, "MB", Some(AT_MOST_MB)).with(growth, &beside));
    }
    stage.strike(server).await
}

/// One snapshot, whole; answers how long it took.
async fn once(stage: &Stage) -> Result<f64, Failure> {
    let began = Instant::now();
    let whole = vec![asking(SOURCE + 1, Start::Snapshot(()))];
    let (manner, tally) = (Manner::watch(1), Tally::new(Kind::Watch, 1));
    let crowd = Crowd::gather(stage.service.address(), manner, tally, whole).await?;
    let synced = |crowd: &Crowd| crowd.tally.snapshots.load(Ordering::Relaxed) == 1;
    crowd.until("the snapshot did not end", synced).await?;
    let contacts = crowd.tally.contacts.load(Ordering::Relaxed);
    if i64::try_from(contacts)? != MEMBERS + 1 {
        return Err(format!("a snapshot of {contacts} contacts").into());
    }
    Ok(began.elapsed().as_secs_f64())
}
