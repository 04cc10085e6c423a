//! One reader stops while a hundred thousand events pass: what that costs the service in memory, what the others notice, and
//! whether the reader has everything in the end.

use crate::crowd::{Crowd, Manner, SOURCE, Stage, append, ring, watching};
use crate::figure::Figure;
use crate::machine::{forget_peak, memory_of};
use crate::reader::{Kind, Tally};
use crate::report::{Report, quantile};
use crate::{Arguments, Failure, postgres};
use sqlx::{Connection, PgConnection};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

const OTHERS: usize = 50;
const MEMORY: &str = "a reader stops: growth of memory";
const NOTICED: &str = "a reader stops: the others' p99 / before";
const GOES_ON: &str = "a reader stops: until it has everything";
const EVENTS: u64 = 100_000;
const SECONDS: u64 = 60;
const EVERY: Duration = Duration::from_millis(10);
/// What a client has where it does not ask for more: the service sends that much to somebody who does not read.
const WINDOW: u32 = 65_535;

/// Measures it once, however many rounds there are.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if ![MEMORY, NOTICED, GOES_ON].iter().any(|name| name.contains(&arguments.only)) {
        return Ok(());
    }
    let (events, seconds) =
        if arguments.quick { (EVENTS / 10, SECONDS / 10) } else { (EVENTS, SECONDS) };
    eprintln!("a reader stops for {seconds} s");
    let mut stage = Stage::set(server, arguments, OTHERS + 1).await?;
    let others = gather(&stage, 0..OTHERS).await?;
    let slow = gather(&stage, OTHERS..OTHERS + 1).await?;
    let mut db = PgConnection::connect(&stage.url).await?;
    let per_tick = events / seconds / 100;
    let calm = pass(&mut db, seconds.min(10) * 100, per_tick, stage.head().await?).await?;
    others.all_at(stage.head().await?).await?;
    let before = delays(&others, &calm);

    let pid = stage.service.pid();
    slow.tally.is_paused.store(true, Ordering::Relaxed);
    forget_peak(pid);
    let (memory_before, _) = memory_of(pid);
    let passed = pass(&mut db, seconds * 100, per_tick, stage.head().await?).await?;
    let head = stage.head().await?;
    others.all_at(head).await?;
    let (_, most) = memory_of(pid);
    let during = delays(&others, &passed);
    let behind = head - slow.last();

    let began = Instant::now();
    slow.tally.is_paused.store(false, Ordering::Relaxed);
    slow.tally.resumed.notify_one();
    slow.all_at(head).await?;
    let caught_up = began.elapsed().as_secs_f64();
    let growth = (most - memory_before) / 1e6;
    let missed = [("events missed", behind as f64), ("seconds", seconds as f64)];
    report.figure(Figure::new(MEMORY, "MB", None).with(growth, &missed));
    let both = [("p99 ms", during), ("before ms", before)];
    report.figure(Figure::new(NOTICED, "", None).with(during / before, &both));
    let mut last = Figure::new(GOES_ON, "s", None).with(caught_up, &[]);
    if slow.events() * OTHERS as u64 != others.events() {
        last = last.void(format!("{} events, the others {}", slow.events(), others.events()));
    }
    report.figure(last);
    stage.strike(server).await
}

async fn gather(stage: &Stage, which: std::ops::Range<usize>) -> Result<Crowd, Failure> {
    let tally = Tally { arrivals: Some(Mutex::default()), ..Tally::new(Kind::Watch, which.len()) };
    let manner = Manner { window: WINDOW, ..Manner::watch(1) };
    let asking = which.map(|one| watching(one, None)).collect();
    let crowd = Crowd::gather(stage.service.address(), manner, tally, asking).await?;
    crowd.all_at(1).await?;
    Ok(crowd)
}

/// So many events every 10 ms; answers up to which position what was committed when.
async fn pass(
    db: &mut PgConnection,
    ticks: u64,
    each: u64,
    mut head: i64,
) -> Result<Vec<(i64, Instant)>, Failure> {
    let mut timer = tokio::time::interval(EVERY);
    let mut commits = Vec::new();
    let each = i64::try_from(each)?;
    for _ in 0..ticks {
        timer.tick().await;
        append(db, SOURCE, each).await?;
        head += each;
        commits.push((head, Instant::now()));
        ring(db).await?;
    }
    Ok(commits)
}

/// The p99 from commit to the others, in milliseconds.
fn delays(crowd: &Crowd, commits: &[(i64, Instant)]) -> f64 {
    let arrivals = crowd.tally.arrivals.as_ref().map(|some| some.lock().unwrap().clone());
    let first = commits.first().map_or(0, |(position, _)| *position);
    let delay = |(position, arrived): (i64, Instant)| {
        let at = commits.partition_point(|(last, _)| *last < position);
        let (_, committed) = commits.get(at)?;
        let since = arrived.saturating_duration_since(*committed);
        (position > first).then_some(since.as_secs_f64() * 1e3)
    };
    let delays: Vec<f64> = arrivals.into_iter().flatten().filter_map(delay).collect();
    quantile(&delays, 0.99)
}
