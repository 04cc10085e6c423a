//! Deliveries to ten subscribers and up to ten thousand, each of another partner, against bare tonic sending as many bytes
//! to as many streams on as many connections.
//!
//! Events are put into the log in bulk, so that it is their delivery that is measured, and no further than the ring
//! reaches: a subscriber that falls behind it is another row.

use crate::crowd::{Asking, Crowd, Manner, Stage, ring};
use crate::drive::{self, Target, spent};
use crate::raw::{self, Process};
use crate::reader::{Kind, Tally};
use crate::report::{Report, Round, Row};
use crate::{Arguments, Failure, postgres};
use std::time::{Duration, Instant};

const GATE: f64 = 0.7;
const BAR: &str = "bare tonic stream";
const OWN: &str = "deliveries, connections of their own";
const SHARED: &str = "deliveries, 250 on a connection";

/// Who is told: how many, how many of them on a connection, and whether the gate is theirs.
struct Told {
    name: &'static str,
    subscribers: usize,
    per_connection: usize,
    gate: Option<f64>,
}

const fn told(name: &'static str, subscribers: usize, per_connection: usize) -> Told {
    let gate = if subscribers == 1_000 { Some(GATE) } else { None };
    Told { name, subscribers, per_connection, gate }
}

const ALL: [Told; 5] = [
    told(OWN, 1_000, 1),
    told(SHARED, 1_000, 250),
    told(OWN, 10, 1),
    told(OWN, 100, 1),
    told(OWN, MOST, 1),
];
const MOST: usize = 10_000;
const AT_ONCE: i64 = 512;
const AHEAD: i64 = 4_096;
const WARM_UP: Duration = Duration::from_secs(1);
const GLANCE: Duration = Duration::from_millis(1);

/// Runs the rows and their bars in turn.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted: Vec<Told> =
        ALL.into_iter().filter(|told| told.name.contains(&arguments.only)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let mut stage = Stage::set(server, arguments, MOST).await?;
    for round in 1..=arguments.rounds {
        for told in &wanted {
            let Told { name, subscribers, gate, .. } = *told;
            eprintln!("round {round} of {}: {name} @{subscribers}", arguments.rounds);
            let (ours, sample) = ours(&mut stage, told, arguments.seconds).await?;
            // a new one each time: a bare server goes on making messages for streams that have gone, beside whoever is next
            let bar = Process::start()?;
            let bar = theirs(&bar, told, arguments.seconds, &sample).await;
            let row = Row::new(name, subscribers, BAR, gate);
            report.add(row, Round::of(&ours, bar.map_err(|error| error.to_string())));
        }
    }
    stage.strike(server).await
}

async fn ours(
    stage: &mut Stage,
    told: &Told,
    seconds: u64,
) -> Result<(drive::Run, Vec<u8>), Failure> {
    let crowd = Crowd::watch(&stage.service, told.subscribers, told.per_connection).await?;
    let mut head = stage.head().await?;
    let began = Instant::now();
    let span = Duration::from_secs(seconds);
    let mut before = None;
    let (events, took, cpu) = loop {
        while head - crowd.last().min(head) > AHEAD {
            crowd.check()?;
            tokio::time::sleep(GLANCE).await;
        }
        stage.append(AT_ONCE).await?;
        ring(&mut stage.db).await?;
        head += AT_ONCE;
        let now = (crowd.events(), Instant::now(), cpu_of(stage));
        match before {
            None if began.elapsed() >= WARM_UP => before = Some(now),
            Some((events, at, cpu)) if now.1.duration_since(at) >= span => {
                let events = (now.0 - events) as f64;
                break (events, now.1.duration_since(at), spent(cpu, now.2, events));
            }
            None | Some(_) => {}
        }
    };
    crowd.all_at(head).await?;
    let sample = crowd.tally.sample.get().cloned().unwrap_or_default();
    Ok((run(events, took, cpu), sample))
}

fn cpu_of(stage: &Stage) -> [Duration; 3] {
    Target::service(&stage.service, stage.postmaster).cpu()
}

fn run(events: f64, took: Duration, cpu: [f64; 3]) -> drive::Run {
    let [service_microseconds, database_microseconds, client_microseconds] = cpu;
    drive::Run {
        per_second: events / took.as_secs_f64(),
        service_microseconds,
        database_microseconds,
        client_microseconds,
        latencies_ms: Vec::new(),
        first_failure: None,
    }
}

async fn theirs(
    bar: &Process,
    Told { subscribers, per_connection, .. }: &Told,
    seconds: u64,
    sample: &[u8],
) -> Result<postgres::Run, Failure> {
    let body = u32::try_from(sample.len())?.to_be_bytes().to_vec();
    let asking: Vec<Asking> = (0..*subscribers).map(|_| (None, body.clone())).collect();
    let per_connection = *per_connection;
    let manner = Manner { path: raw::STREAM, ..Manner::watch(per_connection) };
    let tally = Tally::new(Kind::Bytes, *subscribers);
    let crowd = Crowd::gather(&bar.address, manner, tally, asking).await?;
    crowd.all_at(1).await?;
    tokio::time::sleep(WARM_UP).await;
    let target = Target::bar(bar);
    let (events, at, cpu) = (crowd.events(), Instant::now(), target.cpu());
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let (events, took) = ((crowd.events() - events) as f64, at.elapsed());
    let [cpu_microseconds, ..] = spent(cpu, target.cpu(), events);
    crowd.check()?;
    Ok(postgres::Run { per_second: events / took.as_secs_f64(), cpu_microseconds })
}
