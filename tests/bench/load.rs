//! The load tool: every figure of the service beside that of a bare client that does the same to the same database, in
//! turn, in one run. (Not named `main.rs`: cargo would take it for a test.)
//!
//! ```text
//!   cargo bench --bench load                      everything: about forty minutes
//!   cargo bench --bench load -- --quick           one short round, to see that it works
//!   cargo bench --bench load -- --json FILE       the figures as JSON too
//! ```
//! The service is the release binary in a process of its own, with its default logging. The bar is pgbench with the
//! statements of `pgbench/*.sql`. Only ratios of one run mean something, and CPU time per operation: client, service
//! and database share one machine. A gate holds on the lower quartile of the paired ratios.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::map_unwrap_or,
    clippy::unwrap_used,
    reason = "figures for people; the tool fails by panicking"
)]

mod access;
mod calls;
mod catchup;
mod crowd;
mod deliveries;
mod drive;
mod figure;
mod growth;
mod items;
mod latency;
mod machine;
mod memory;
mod nats;
mod one_each;
mod peers;
mod postgres;
mod raw;
mod reader;
mod reconnect;
mod register;
mod report;
mod rows;
mod search;
mod server;
mod slow;
mod snapshot;
mod sqlite;
mod start;
mod unary;
mod wire;
mod world;

use clap::Parser;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// Anything that ends the run.
type Failure = Box<dyn Error + Send + Sync>;

/// Measures the service against bare clients of its database.
#[derive(Debug, Parser)]
struct Arguments {
    /// How often each row and its bar are run in turn.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each run is counted, after a second that is not.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// How often each kind of start is timed.
    #[arg(long, default_value_t = 10)]
    starts: usize,
    /// One round of one second, three starts: shows that everything works, measures nothing.
    #[arg(long)]
    quick: bool,
    /// Only rows whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Measures another build of the service, to compare two.
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_partner-service"), hide_default_value = true)]
    service: PathBuf,
    /// Writes the figures to a file too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Is a bar: a bare server.
    #[arg(long, hide = true)]
    serve_bar: bool,
    /// What cargo bench adds.
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.rounds, arguments.seconds, arguments.starts) = (1, 1, 3);
    }
    if arguments.serve_bar {
        return raw::serve().await.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    // dropping what runs ends the server, pgbench and the cluster
    let outcome = tokio::select! {
        outcome = run(&arguments) => outcome,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row is valid; a gate that is missed is printed, and fails nothing.
async fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let postgres = postgres::Server::start().await?;
    let machine = machine::look(&postgres).await?;
    println!("{machine}\n");
    let mut report = report::Report::new(machine, arguments.rounds, arguments.seconds);
    // what breaks one of them is told, and the others are measured all the same
    macro_rules! measure {
        ($($what:ident)*) => {$(
            let measured = $what::measure(&postgres, arguments, &mut report).await;
            report.note(stringify!($what), measured);
        )*};
    }
    measure!(rows register access items sqlite deliveries memory reconnect snapshot latency search);
    measure!(growth catchup slow peers start);
    println!("{report}");
    if let Some(path) = &arguments.json {
        std::fs::write(path, serde_json::to_vec_pretty(&report)?)?;
    }
    Ok(report.is_valid())
}
