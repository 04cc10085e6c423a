//! The rows: each call, at 16 and at 64 in flight, and its bar, in turn.

use crate::calls::Call;
use crate::drive::Target;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, drive, postgres, world};
use sqlx::{Connection, PgConnection};

const SAME_STATEMENTS: &str = "pgbench, same statements";
const ONE_SELECT: &str = "pgbench, one select";
/// The calls a second that numbers are set aside for; the service or pgbench being faster voids the run, loudly.
const MOST_PER_SECOND: i64 = 12_000;
const MOST_ACCEPTED_PER_SECOND: i64 = 5_000;

/// Runs every row and its bars, round by round.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let calls = [Call::Invite, Call::Accept, Call::List];
    let rows: Vec<(Call, usize)> = calls
        .into_iter()
        .flat_map(|call| [16, 64].map(|in_flight| (call, in_flight)))
        .filter(|(call, _)| call.name().contains(&arguments.only))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let name = format!("load_{}", std::process::id());
    let url = server.create(&name).await?;
    let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
    let mut db = PgConnection::connect(&url).await?;
    world::seed(&mut db).await?;
    let mut bench = Bench {
        server,
        url: &url,
        service: &service,
        db,
        next_pair: 0,
        seconds: arguments.seconds,
    };
    for round in 1..=arguments.rounds {
        for (call, in_flight) in &rows {
            eprintln!("round {round} of {}: {} @{in_flight}", arguments.rounds, call.name());
            bench.row(*call, *in_flight, report).await?;
        }
    }
    service.stop();
    server.drop_database(&name).await
}

struct Bench<'a> {
    server: &'a postgres::Server,
    url: &'a str,
    service: &'a Service,
    db: PgConnection,
    /// The next number nobody has used, of two accounts.
    next_pair: i64,
    seconds: u64,
}

impl Bench<'_> {
    /// The service, then its bars.
    async fn row(
        &mut self,
        call: Call,
        in_flight: usize,
        report: &mut Report,
    ) -> Result<(), Failure> {
        let numbers = self.prepare(call).await?;
        let postmaster = self.server.postmaster().await?;
        let target = Target::service(self.service, postmaster);
        let ours = drive::calls(target, call, in_flight, self.seconds, numbers).await?;
        world::clear(&mut self.db).await?;
        for (bar, script, gate) in bars(call, in_flight) {
            let (first, _) = self.prepare(call).await?;
            let theirs =
                postgres::pgbench(self.server, self.url, script, in_flight, self.seconds, first)
                    .await;
            world::clear(&mut self.db).await?;
            let row = Row::new(call.name(), in_flight, bar, gate);
            report.add(row, Round::of(&ours, theirs.map_err(|error| error.to_string())));
        }
        Ok(())
    }

    /// Sets numbers aside, and makes what they stand for where the call needs it.
    async fn prepare(&mut self, call: Call) -> Result<(i64, i64), Failure> {
        let seconds = i64::try_from(self.seconds)? + 1;
        let most = match call {
            Call::Invite => MOST_PER_SECOND,
            Call::Accept => MOST_ACCEPTED_PER_SECOND,
            _ => return Ok((0, i64::MAX)),
        };
        let (first, count) = (self.next_pair, seconds * most);
        self.next_pair += count;
        if self.next_pair > world::NUMBERS {
            return Err("so many and long rounds would make accounts meet twice".into());
        }
        if call == Call::Accept {
            world::prepare_invitations(&mut self.db, first, count).await?;
        }
        Ok((first, first + count))
    }
}

/// What a call is compared with, and what it must reach.
fn bars(call: Call, in_flight: usize) -> Vec<(&'static str, &'static str, Option<f64>)> {
    let same = |gate| (SAME_STATEMENTS, call.script(), gate);
    match (call, in_flight) {
        (Call::Invite | Call::Accept, 16) => vec![same(Some(0.5))],
        (Call::List, 64) => vec![(ONE_SELECT, "list_one_select", Some(0.35)), same(None)],
        (Call::List, _) => vec![(ONE_SELECT, "list_one_select", None), same(None)],
        _ => vec![same(None)],
    }
}
