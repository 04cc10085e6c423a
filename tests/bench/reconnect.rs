//! A replica is replaced under five thousand subscribers: they come back all at once with their tokens, each on a
//! connection of its own. Live again is who has received the last event that was missed.

use crate::crowd::{Crowd, Manner, Stage, watching};
use crate::drive::{Target, spent};
use crate::figure::Figure;
use crate::reader::{Kind, Tally};
use crate::report::{Report, quantile};
use crate::server::Service;
use crate::{Arguments, Failure, postgres};
use std::sync::Mutex;
use std::time::Instant;

const SUBSCRIBERS: usize = 5_000;
const NAME: &str = "5,000 streams reconnecting until all are live";
const AT_MOST_SECONDS: f64 = 15.0;
const MISSED: i64 = 100;

/// Measures it.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    if !NAME.contains(&arguments.only) {
        return Ok(());
    }
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {NAME}", arguments.rounds);
        let mut stage = Stage::set(server, arguments, SUBSCRIBERS).await?;
        let tokens = tokens(&stage).await?;
        stage.append(MISSED).await?;
        let head = stage.head().await?;
        let Stage { service, db, postmaster, url, name } = stage;
        service.stop();
        let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;

        let tally = Tally {
            arrivals: Some(Mutex::new(Vec::with_capacity(SUBSCRIBERS * 100))),
            ..Tally::new(Kind::Watch, SUBSCRIBERS)
        };
        let asking = tokens.into_iter().enumerate();
        let asking = asking.map(|(one, token)| watching(one, Some(token))).collect();
        let target = Target::service(&service, postmaster);
        let (began, before) = (Instant::now(), target.cpu());
        // nobody waits for anybody else
        let manner = Manner { unanswered: SUBSCRIBERS, ..Manner::watch(1) };
        let crowd = Crowd::gather(service.address(), manner, tally, asking).await?;
        let connected = began.elapsed().as_secs_f64();
        crowd.all_at(head).await?;
        let took = began.elapsed().as_secs_f64();
        let [ours, database, client] = spent(before, target.cpu(), SUBSCRIBERS as f64);
        let arrivals = crowd.tally.arrivals.as_ref().map(|some| some.lock().unwrap().clone());
        let last = arrivals.into_iter().flatten().filter(|(position, _)| *position == head);
        let each: Vec<f64> = last.map(|(_, at)| (at - began).as_secs_f64()).collect();
        report.figure(Figure::new(NAME, "s", Some(AT_MOST_SECONDS)).with(
            took,
            &[
                ("connected s", connected),
                ("half of them s", quantile(&each, 0.5)),
                ("service us each", ours),
                ("database us each", database),
                ("client us each", client),
            ],
        ));
        drop(crowd);
        Stage { service, db, postmaster, url, name }.strike(server).await?;
    }
    Ok(())
}

/// The token that each subscriber has when the replica goes.
async fn tokens(stage: &Stage) -> Result<Vec<String>, Failure> {
    let tokens = (0..SUBSCRIBERS).map(|_| Mutex::new(Vec::new())).collect();
    let tally = Tally { tokens: Some(tokens), ..Tally::new(Kind::Watch, SUBSCRIBERS) };
    let asking = (0..SUBSCRIBERS).map(|one| watching(one, None)).collect();
    let manner = Manner::watch(1);
    let crowd = Crowd::gather(stage.service.address(), manner, tally, asking).await?;
    crowd.all_at(1).await?;
    let tokens = crowd.tally.tokens.iter().flatten();
    tokens.map(|token| Ok(String::from_utf8(token.lock().unwrap().clone())?)).collect()
}
