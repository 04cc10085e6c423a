//! What a subscriber costs while nothing happens: the growth of the service's memory, divided.

use crate::crowd::{Crowd, Stage};
use crate::figure::Figure;
use crate::machine::memory_of;
use crate::report::Report;
use crate::{Arguments, Failure, postgres};
use std::time::Duration;

const SUBSCRIBERS: usize = 4_000;
const FIGURES: [(&str, usize, f64); 2] = [
    ("memory per idle subscriber, own connection", 1, 28.0),
    ("memory per idle subscriber, multiplexed", 1_000, 8.0),
];
/// What the service does once for the first of them is not the others' cost.
const FIRST: usize = 200;
const SETTLING: Duration = Duration::from_secs(1);

/// Measures each with a service of its own.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    for (name, per_connection, at_most) in FIGURES {
        if !name.contains(&arguments.only) {
            continue;
        }
        for round in 1..=arguments.rounds {
            eprintln!("round {round} of {}: {name}", arguments.rounds);
            let stage = Stage::set(server, arguments, SUBSCRIBERS).await?;
            let first = Crowd::watch(&stage.service, FIRST, per_connection).await?;
            drop(first);
            tokio::time::sleep(SETTLING).await;
            let (before, _) = memory_of(stage.service.pid());
            let crowd = Crowd::watch(&stage.service, SUBSCRIBERS, per_connection).await?;
            tokio::time::sleep(SETTLING).await;
            crowd.check()?;
            let (after, _) = memory_of(stage.service.pid());
            let each = (after - before) / 1024.0 / SUBSCRIBERS as f64;
            let connections = crowd.connections() as f64;
            report.figure(Figure::new(name, "KiB", Some(at_most)).with(
                each,
                &[
                    ("subscribers", SUBSCRIBERS as f64),
                    ("connections", connections),
                    ("before, MiB", before / 1_048_576.0),
                ],
            ));
            drop(crowd);
            stage.strike(server).await?;
        }
    }
    Ok(())
}
