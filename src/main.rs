//! The subcommands.

use clap::Parser;
use partner_service::config::{Cli, Command, ServeConfig};
use partner_service::{demo, server, telemetry, token};
use std::error::Error;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, serve } = Cli::parse();
    let outcome = match command {
        None => run(&serve).await,
        Some(Command::Serve(config)) => run(&config).await,
        Some(Command::Demo(config)) => demo::run(&config).await.map_err(Into::into),
        Some(Command::Token(config)) => {
            token::sign(&config).map(|token| println!("{token}")).map_err(Into::into)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("partner-service: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: &ServeConfig) -> Result<(), Box<dyn Error>> {
    telemetry::start(config.log_format);
    let shutdown = CancellationToken::new();
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(server::run(config, shutdown).await?)
}
