//! RegisterMember on PostgreSQL: against pgbench's best of several numbers of clients, and against a bare echo.
//!
//! The service commits whatever queues together; pgbench has one transaction for each. One script has the fewest
//! statements that write the same rows, the other those that the service sent when it committed one by one too.

use crate::calls::Call;
use crate::drive::{self, Target};
use crate::raw::Process;
use crate::report::{Report, Round, Row};
use crate::server::Service;
use crate::{Arguments, Failure, postgres, world};
use sqlx::{Connection, PgConnection};

const ROWS: [(usize, f64); 3] = [(16, 1.3), (64, 2.0), (256, 3.0)];
const PGBENCH_CLIENTS: [usize; 3] = [8, 16, 32];
/// pgbench's scripts, each at its best number of clients.
const SCRIPTS: [(&str, &str); 2] =
    [("pgbench, four statements", "register_four"), ("pgbench, one by one", "register")];
const ECHO: &str = "bare tonic echo";
const ECHO_IN_FLIGHT: usize = 256;
const ECHO_GATE: f64 = 0.45;
/// Names for more people than anything registers.
const MOST_PER_SECOND: i64 = 200_000;

/// Runs the rows and their bars in turn, round by round.
pub async fn measure(
    server: &postgres::Server,
    arguments: &Arguments,
    report: &mut Report,
) -> Result<(), Failure> {
    let wanted = |in_flight: usize| {
        format!("{} @{in_flight}", Call::Register.name()).contains(&arguments.only)
    };
    let rows: Vec<_> = ROWS.into_iter().filter(|(in_flight, _)| wanted(*in_flight)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let name = format!("load_register_{}", std::process::id());
    let url = server.create(&name).await?;
    let (service, _) = Service::start(&arguments.service, &url, tempfile::tempdir()?).await?;
    let mut db = PgConnection::connect(&url).await?;
    world::seed(&mut db).await?;
    let seconds = arguments.seconds;
    let mut bench = Bench {
        server,
        url: &url,
        service: &service,
        echo: Process::start()?,
        db,
        next: 0,
        seconds,
    };
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}: RegisterMember", arguments.rounds);
        bench.round(&rows, report).await?;
    }
    service.stop();
    server.drop_database(&name).await
}

struct Bench<'a> {
    server: &'a postgres::Server,
    url: &'a str,
    service: &'a Service,
    echo: Process,
    db: PgConnection,
    /// The next person nobody has registered.
    next: i64,
    seconds: u64,
}

impl Bench<'_> {
    /// Ours and pgbench's in turn; each of ours is compared with the best of pgbench's in this round.
    async fn round(&mut self, rows: &[(usize, f64)], report: &mut Report) -> Result<(), Failure> {
        let (mut ours, mut best) = (Vec::new(), SCRIPTS.map(|_| None));
        for turn in 0..rows.len().max(PGBENCH_CLIENTS.len()) {
            if let Some((in_flight, gate)) = rows.get(turn) {
                ours.push((*in_flight, *gate, self.ours(*in_flight).await?));
            }
            for ((_, script), best) in SCRIPTS.iter().zip(&mut best) {
                if let Some(clients) = PGBENCH_CLIENTS.get(turn) {
                    let run = self.pgbench(script, *clients).await;
                    *best = Some(better(best.take(), run.map_err(|error| error.to_string())));
                }
            }
        }
        for ((bar, _), best) in SCRIPTS.iter().zip(&best) {
            let best = best.as_ref().ok_or("pgbench did not run")?;
            for (in_flight, gate, run) in &ours {
                let row = Row::new(Call::Register.name(), *in_flight, bar, Some(*gate));
                report.add(row, Round::of(run, best.as_ref().map_err(Clone::clone)));
            }
        }
        if let Some((in_flight, _, run)) = ours.last()
            && *in_flight == ECHO_IN_FLIGHT
        {
            let row = Row::new(Call::Register.name(), *in_flight, ECHO, Some(ECHO_GATE));
            report.add(row, Round::of(run, self.echoes().await?));
        }
        Ok(())
    }

    async fn ours(&mut self, in_flight: usize) -> Result<drive::Run, Failure> {
        let numbers = self.numbers()?;
        let target = Target::service(self.service, self.server.postmaster().await?);
        let run = drive::calls(target, Call::Register, in_flight, self.seconds, numbers).await?;
        world::clear(&mut self.db).await?;
        Ok(run)
    }

    async fn pgbench(&mut self, script: &str, clients: usize) -> Result<postgres::Run, Failure> {
        let run =
            postgres::pgbench(self.server, self.url, script, clients, self.seconds, 0).await?;
        world::clear(&mut self.db).await?;
        Ok(run)
    }

    async fn echoes(&mut self) -> Result<Result<postgres::Run, String>, Failure> {
        let numbers = self.numbers()?;
        let target = Target::bar(&self.echo);
        let run = drive::calls(target, Call::Echo, ECHO_IN_FLIGHT, self.seconds, numbers).await?;
        let (per_second, cpu_microseconds) = (run.per_second, run.service_microseconds);
        Ok(match run.first_failure {
            None => Ok(postgres::Run { per_second, cpu_microseconds }),
            Some(why) => Err(why),
        })
    }

    fn numbers(&mut self) -> Result<(i64, i64), Failure> {
        let first = self.next;
        self.next += (i64::try_from(self.seconds)? + 1) * MOST_PER_SECOND;
        Ok((first, self.next))
    }
}

type Tried = Result<postgres::Run, String>;

/// What cannot run is no bar, whatever the others did.
fn better(known: Option<Tried>, other: Tried) -> Tried {
    match (known, other) {
        (Some(Ok(known)), Ok(other)) if known.per_second >= other.per_second => Ok(known),
        (Some(Err(error)), Ok(_)) | (_, Err(error)) => Err(error),
        (_, Ok(other)) => Ok(other),
    }
}
