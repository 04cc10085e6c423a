//! CheckPartnerAccess, answered from memory, against a bare echo.

use crate::calls::Call;
use crate::drive::{self, Target};
use crate::raw::Process;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, postgres, world};
use sqlx::{Connection, PgConnection};

const IN_FLIGHT: usize = 64;
const ECHO: &str = "bare tonic echo";
const GATE: f64 = 0.8;

/// Runs the row and its bar in turn, round by round.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let name = format!("{} @{IN_FLIGHT}", Call::Check.name());
    if !name.contains(&arguments.only) {
        return Ok(());
    }
    let database = format!("load_access_{}", std::process::id());
    let url = server.create(&database).await?;
    let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
    let mut db = PgConnection::connect(&url).await?;
    world::seed(&mut db).await?;
    let echo = Process::start()?;
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: {name}", arguments.rounds);
        let target = Target::service(&service, server.postmaster().await?);
        let seconds = arguments.seconds;
        let all = (0, i64::MAX);
        let ours = drive::calls(target, Call::Check, IN_FLIGHT, seconds, all).await?;
        let bar = drive::calls(Target::bar(&echo), Call::Echo, IN_FLIGHT, seconds, all).await?;
        let theirs = match bar.first_failure {
            Some(why) => Err(why),
            None => Ok(postgres::Run {
                per_second: bar.per_second,
                cpu_microseconds: bar.service_microseconds,
            }),
        };
        let row = Row::new(Call::Check.name(), IN_FLIGHT, ECHO, Some(GATE));
        report.add(row, Round::of(&ours, theirs));
    }
    service.stop();
    server.drop_database(&database).await
}
