//! What grows with the crowd, and must not: the cost of a write with the number of partners, and the cost of a delivery with
//! the number of subscribers, at equal events a second, each in a frame of its own.

use crate::calls::Call;
use crate::crowd::{Crowd, SOURCE, Stage, ring};
use crate::drive::{self, Target};
use crate::figure::Figure;
use crate::machine::precise_cpu_of;
use crate::report::Report;
use crate::{Arguments, Failure, postgres, world};
use std::time::{Duration, Instant};

const PARTNERS: usize = 10_000;
const WRITES: &str = "cost of RegisterMember, 10,000 partners / 1";
const WRITES_AT_MOST: f64 = 1.1;
const IN_FLIGHT: usize = 64;
const MOST_PER_SECOND: i64 = 100_000;
const DELIVERIES: &str = "CPU per delivery, 10,000 subscribers / 100";
const DELIVERIES_AT_MOST: f64 = 1.5;
const FEW: usize = 100;
const EVERY: Duration = Duration::from_millis(100);
/// A hundred deliveries cost less than the clock that counts them can see.
const LONGER: u64 = 3;
const CALM: Duration = Duration::from_millis(500);
const MOST_CALMING: Duration = Duration::from_secs(15);

/// Measures both on one database.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = |name: &str| name.contains(&arguments.only);
    if !wanted(WRITES) && !wanted(DELIVERIES) {
        return Ok(());
    }
    let mut stage = Stage::set(server, arguments, PARTNERS).await?;
    let mut next = 0;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: growth", arguments.rounds);
        if wanted(WRITES) {
            report.figure(writes(&mut stage, &mut next, arguments.seconds).await?);
        }
        if wanted(DELIVERIES) {
            report.figure(deliveries(&mut stage, arguments.seconds * LONGER).await?);
        }
    }
    stage.strike(server).await
}

/// Many, one, one, many: what drifts while they run falls on both alike.
async fn writes(stage: &mut Stage, next: &mut i64, seconds: u64) -> Result<Figure, Failure> {
    let alone = i64::try_from(PARTNERS)? + 2;
    let mut means = [(0.0, 0.0); 2];
    for which in [0, 1, 1, 0] {
        let (cost, rate) = write(stage, [SOURCE, alone][which], next, seconds).await?;
        means[which].0 += cost / 2.0;
        means[which].1 += rate / 2.0;
    }
    let [(many, many_rate), (one, one_rate)] = means;
    Ok(Figure::new(WRITES, "", Some(WRITES_AT_MOST)).with(
        many / one,
        &[
            ("us with 10,000", many),
            ("us with 1", one),
            ("calls/s with 10,000", many_rate),
            ("calls/s with 1", one_rate),
        ],
    ))
}

/// The CPU time a registration takes, the service's and the database's, and how many there are a second.
async fn write(
    stage: &mut Stage,
    account: i64,
    next: &mut i64,
    seconds: u64,
) -> Result<(f64, f64), Failure> {
    let first = *next;
    *next += (i64::try_from(seconds)? + 1) * MOST_PER_SECOND;
    let target = Target::service(&stage.service, stage.postmaster);
    let run =
        drive::calls(target, Call::RegisterIn(account), IN_FLIGHT, seconds, (first, *next)).await?;
    world::tidy(&mut stage.db).await?;
    match run.first_failure {
        Some(why) => Err(why.into()),
        None => Ok((run.service_microseconds + run.database_microseconds, run.per_second)),
    }
}

/// What a delivery costs beyond what an event costs that only one subscriber is told of.
async fn deliveries(stage: &mut Stage, seconds: u64) -> Result<Figure, Failure> {
    let (one, _) = deliver(stage, 1, seconds).await?;
    let (few, _) = deliver(stage, FEW, seconds).await?;
    let (many, many_kept) = deliver(stage, PARTNERS, seconds).await?;
    let each = |event: f64, subscribers: usize| (event - one) / (subscribers - 1) as f64;
    let (many, few) = (each(many, PARTNERS), each(few, FEW));
    Ok(Figure::new(DELIVERIES, "", Some(DELIVERIES_AT_MOST)).with(
        many / few,
        &[
            ("us at 10,000", many),
            ("us at 100", few),
            ("us an event to one", one),
            ("of the pace at 10,000", many_kept),
        ],
    ))
}

/// The service's CPU time per event in microseconds, and how much of the pace was kept.
async fn deliver(
    stage: &mut Stage,
    subscribers: usize,
    seconds: u64,
) -> Result<(f64, f64), Failure> {
    let crowd = Crowd::watch(&stage.service, subscribers, 1).await?;
    calm(stage.service.pid()).await;
    let head = stage.head().await?;
    let before = precise_cpu_of(stage.service.pid());
    let began = Instant::now();
    let mut ticks = tokio::time::interval(EVERY);
    let count = i64::try_from(seconds)? * 10;
    for _ in 0..count {
        ticks.tick().await;
        stage.append(1).await?;
        ring(&mut stage.db).await?;
    }
    crowd.all_at(head + count).await?;
    let spent = precise_cpu_of(stage.service.pid()).saturating_sub(before);
    let kept = EVERY.as_secs_f64() * count as f64 / began.elapsed().as_secs_f64();
    Ok((spent.as_secs_f64() * 1e6 / count as f64, kept))
}

/// Waits until those who left are forgotten and those who came are known, or for as long as it seems reasonable.
async fn calm(pid: u32) {
    let began = Instant::now();
    let mut before = precise_cpu_of(pid);
    while began.elapsed() < MOST_CALMING {
        tokio::time::sleep(CALM).await;
        let now = precise_cpu_of(pid);
        if now.saturating_sub(before) < CALM / 20 {
            return;
        }
        before = now;
    }
}
