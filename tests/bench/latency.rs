//! From commit to client at two hundred events a second: on the replica that committed, on another that hears the
//! doorbell, and on one that only polls.
//!
//! A commit is known when the call that made it is answered; the stream may be faster than the answer, which then counts
//! as nothing. Nobody rings for what is put into the log by SQL: that is the poll.

use crate::calls::Call;
use crate::crowd::{Crowd, Manner, SOURCE, Stage, append, watching};
use crate::figure::Figure;
use crate::reader::{Kind, Tally};
use crate::report::{Report, quantile};
use crate::server::Service;
use crate::{Arguments, Failure, postgres};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use prost::Message;
use sqlx::{Connection, PgConnection};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tonic::transport::Channel;

const SUBSCRIBERS: usize = 20;
const EVERY: Duration = Duration::from_millis(5);
const FIGURES: [(&str, From, f64); 3] = [
    ("commit to client p99, same replica", From::Same, 30.0),
    ("commit to client p99, other replica, doorbell", From::Other, 60.0),
    ("commit to client p99, by poll only", From::Nobody, 160.0),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Same,
    Other,
    Nobody,
}

/// When something was asked for, and when it was known to have been committed, by position.
type Commits = HashMap<i64, (Instant, Instant)>;

/// Measures each, in turn.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted: Vec<_> =
        FIGURES.into_iter().filter(|(name, ..)| name.contains(&arguments.only)).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let stage = Stage::set(server, arguments, SUBSCRIBERS).await?;
    let (other, _) = Service::start(&arguments.service, &stage.url, tempfile::tempdir()?).await?;
    let mut next = 0;
    for round in 1..=arguments.rounds {
        for (name, from, at_most) in &wanted {
            eprintln!("round {round} of {}: {name}", arguments.rounds);
            let tally =
                Tally { arrivals: Some(Mutex::default()), ..Tally::new(Kind::Watch, SUBSCRIBERS) };
            let asking = (0..SUBSCRIBERS).map(|one| watching(one, None)).collect();
            let manner = Manner::watch(1);
            let crowd = Crowd::gather(stage.service.address(), manner, tally, asking).await?;
            crowd.all_at(1).await?;
            let count = arguments.seconds * 200;
            let commits = match from {
                From::Same => calls(&stage.service, next, count).await?,
                From::Other => calls(&other, next, count).await?,
                From::Nobody => appended(&stage.url, count).await?,
            };
            next += count;
            crowd.all_at(commits.keys().copied().max().unwrap_or(0)).await?;
            let (value, beside) = delays(&crowd, &commits);
            report.figure(Figure::new(*name, "ms", Some(*at_most)).with(value, &beside));
        }
    }
    other.stop();
    stage.strike(server).await
}

/// Registers somebody every 5 ms, however long each takes.
async fn calls(service: &Service, first: u64, count: u64) -> Result<Commits, Failure> {
    let channel = service.connect().await?;
    let mut ticks = tokio::time::interval(EVERY);
    let mut made = Vec::new();
    for number in first..first + count {
        ticks.tick().await;
        made.push(tokio::spawn(register(channel.clone(), i64::try_from(number)?)));
    }
    let mut commits = Commits::new();
    for one in made {
        let (position, asked, answered) = one.await??;
        commits.insert(position, (asked, answered));
    }
    Ok(commits)
}

async fn register(channel: Channel, number: i64) -> Result<(i64, Instant, Instant), Failure> {
    let asking = Call::RegisterIn(SOURCE).ask(number);
    let request = pb::RegisterMemberRequest::decode(&asking.body[..])?;
    let asked = Instant::now();
    let answer = AccountServiceClient::new(channel).register_member(request).await?.into_inner();
    Ok((answer.position, asked, Instant::now()))
}

/// Puts somebody into the log every 5 ms.
async fn appended(url: &str, count: u64) -> Result<Commits, Failure> {
    let mut db = PgConnection::connect(url).await?;
    let head: Option<i64> =
        sqlx::query_scalar("SELECT max(position) FROM log").fetch_one(&mut db).await?;
    let mut ticks = tokio::time::interval(EVERY);
    let mut commits = Commits::new();
    for position in (head.unwrap_or(0) + 1..).take(usize::try_from(count)?) {
        ticks.tick().await;
        let asked = Instant::now();
        append(&mut db, SOURCE, 1).await?;
        commits.insert(position, (asked, Instant::now()));
    }
    Ok(commits)
}

/// The p99 of what came after the answer, and what stands beside it.
fn delays(crowd: &Crowd, commits: &Commits) -> (f64, [(&'static str, f64); 4]) {
    let arrivals = crowd.tally.arrivals.as_ref().map(|some| some.lock().unwrap().clone());
    let (mut after_answer, mut after_asking, mut calls) = (Vec::new(), Vec::new(), Vec::new());
    for (position, arrived) in arrivals.into_iter().flatten() {
        let Some((asked, answered)) = commits.get(&position) else { continue };
        let ms = |since: &Instant| arrived.saturating_duration_since(*since).as_secs_f64() * 1e3;
        after_answer.push(ms(answered));
        after_asking.push(ms(asked));
        calls.push((*answered - *asked).as_secs_f64() * 1e3);
    }
    let beside = [
        ("p50", quantile(&after_answer, 0.5)),
        ("from asking p99", quantile(&after_asking, 0.99)),
        ("call p99", quantile(&calls, 0.99)),
        ("deliveries", after_answer.len() as f64),
    ];
    (quantile(&after_answer, 0.99), beside)
}
