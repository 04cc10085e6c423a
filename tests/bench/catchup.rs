//! A consumer that was away comes back: events a second from the database, against a bare client reading the same rows with
//! the same statement; and how long it takes where most of what happened meanwhile concerns others.

use crate::crowd::{Crowd, Manner, Stage, watching};
use crate::drive::{self, Target, spent};
use crate::figure::Figure;
use crate::machine::cpu_of_family;
use crate::reader::{Kind, Tally};
use crate::report::{Report, Round, Row};
use crate::{Arguments, Failure, postgres, world};
use sqlx::PgConnection;
use sqlx::types::Json;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use uuid::Uuid;

const NAME: &str = "catch-up from the database, events";
const BAR: &str = "sqlx, same rows";
const GATE: f64 = 0.5;
const EVENTS: i64 = 200_000;
const BACK: &str = "back after 1,000,000 events, 10 of its partner";
const OTHERS: i64 = 1_000_000;
const ITS_OWN: i64 = 10;
/// As the service reads them.
const BLOCK: i64 = 1_024;

/// Runs the row and its bar in turn, then the other one.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if NAME.contains(&arguments.only) {
        catch_up(server, arguments, report).await?;
    }
    if BACK.contains(&arguments.only) {
        come_back(server, arguments, report).await?;
    }
    Ok(())
}

async fn catch_up(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut stage = Stage::set(server, arguments, 1).await?;
    let start = stage.head().await?;
    let token = token(&stage).await?;
    stage.append(EVENTS).await?;
    world::tidy(&mut stage.db).await?;
    // the tail has seen them all, and the ring holds only the last of them
    Crowd::watch(&stage.service, 1, 1).await?.all_at(start + EVENTS).await?;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {NAME}", arguments.rounds);
        let ours = ours(&stage, &token, start + EVENTS).await?;
        let bar = theirs(&mut stage, start).await.map_err(|error| error.to_string());
        report.add(Row::new(NAME, 1, BAR, Some(GATE)), Round::of(&ours, bar));
    }
    stage.strike(server).await
}

async fn come_back(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut stage = Stage::set(server, arguments, 1).await?;
    let token = token(&stage).await?;
    for _ in 0..ITS_OWN {
        stage.append_of_others(OTHERS / ITS_OWN).await?;
        stage.append(1).await?;
    }
    let head = stage.head().await?;
    world::tidy(&mut stage.db).await?;
    // the tail has seen them all
    Crowd::watch(&stage.service, 1, 1).await?.all_at(head).await?;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {BACK}", arguments.rounds);
        let began = Instant::now();
        let asking = vec![watching(0, Some(token.clone()))];
        let (manner, tally) = (Manner::watch(1), Tally::new(Kind::Watch, 1));
        let crowd = Crowd::gather(stage.service.address(), manner, tally, asking).await?;
        crowd.all_at(head).await?;
        let took = began.elapsed().as_secs_f64() * 1e3;
        if i64::try_from(crowd.events())? != ITS_OWN {
            return Err(format!("{} events of {ITS_OWN}", crowd.events()).into());
        }
        report.figure(Figure::new(BACK, "ms", None).with(took, &[]));
    }
    stage.strike(server).await
}

async fn token(stage: &Stage) -> Result<String, Failure> {
    let tally = Tally { tokens: Some(vec![Mutex::default()]), ..Tally::new(Kind::Watch, 1) };
    let asking = vec![watching(0, None)];
    let crowd = Crowd::gather(stage.service.address(), Manner::watch(1), tally, asking).await?;
    crowd.all_at(1).await?;
    let token = crowd.tally.tokens.iter().flatten().next().ok_or("no token")?;
    let token = token.lock().unwrap().clone();
    Ok(String::from_utf8(token)?)
}

async fn ours(stage: &Stage, token: &str, head: i64) -> Result<drive::Run, Failure> {
    let target = Target::service(&stage.service, stage.postmaster);
    let (began, before) = (Instant::now(), target.cpu());
    let asking = vec![watching(0, Some(token.to_owned()))];
    let (manner, tally) = (Manner::watch(1), Tally::new(Kind::Watch, 1));
    let crowd = Crowd::gather(stage.service.address(), manner, tally, asking).await?;
    crowd.all_at(head).await?;
    let (took, events) = (began.elapsed(), crowd.events());
    if i64::try_from(events)? != EVENTS {
        return Err(format!("{events} events of {EVENTS}").into());
    }
    let [service_microseconds, database_microseconds, client_microseconds] =
        spent(before, target.cpu(), EVENTS as f64);
    Ok(drive::Run {
        per_second: EVENTS as f64 / took.as_secs_f64(),
        service_microseconds,
        database_microseconds,
        client_microseconds,
        latencies_ms: Vec::new(),
        first_failure: None,
    })
}

type Columns = (i64, Uuid, Uuid, Option<Uuid>, String, Uuid, bool, Json<serde_json::Value>, i64);

async fn theirs(stage: &mut Stage, start: i64) -> Result<postgres::Run, Failure> {
    let cpu = |stage: &Stage| stage.postmaster.map_or(Duration::ZERO, cpu_of_family);
    let (began, before) = (Instant::now(), cpu(stage));
    let mut read = 0;
    for first in (start + 1..=start + EVENTS).step_by(usize::try_from(BLOCK)?) {
        read += page(&mut stage.db, first).await?;
    }
    if read != EVENTS {
        return Err(format!("{read} rows of {EVENTS}").into());
    }
    Ok(postgres::Run {
        per_second: EVENTS as f64 / began.elapsed().as_secs_f64(),
        cpu_microseconds: (cpu(stage) - before).as_secs_f64() * 1e6 / EVENTS as f64,
    })
}

async fn page(db: &mut PgConnection, first: i64) -> Result<i64, Failure> {
    let rows: Vec<Columns> = sqlx::query_as(
        "SELECT l.* FROM log_identity i LEFT JOIN (SELECT * FROM log WHERE position >= $1 AND position <= $2 \
         ORDER BY position LIMIT $3) AS l ON TRUE ORDER BY l.position",
    )
    .bind(first)
    .bind(first + BLOCK - 1)
    .bind(BLOCK)
    .fetch_all(db)
    .await?;
    Ok(i64::try_from(rows.len())?)
}
