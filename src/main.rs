//! The subcommands, and what the process answers: exit code, and what failed on standard error.

use partner_service::commands::{self, Failure, Report, copy, health, key, migrate, version};
use partner_service::config::{
    self, Command, ConfigCommand, Invocation, KeyCommand, MailCommand, MigrateCommand, Output,
    ReadError, ServeConfig, WatchConfig,
};
use partner_service::{demo, server, telemetry};
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Streams by the thousand are opened at once, and what lasts of each lies between much that does not: the C library's
/// allocator would keep the room of all of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let output = config::output(&arguments);
    let invocation = match config::read(&arguments) {
        Ok(invocation) => invocation,
        // in its own words and colours, or help
        Err(ReadError::Clap(answer)) if !answer.use_stderr() || output == Output::Text => {
            answer.exit()
        }
        Err(error) => return failed(&error.into(), output),
    };
    match run(invocation).await {
        Ok(Report { text, is_aside, code }) => {
            // whoever closes the pipe early does not want it
            let _ = match is_aside {
                true => std::io::stderr().write_all(text.as_bytes()),
                false => std::io::stdout().write_all(text.as_bytes()),
            };
            ExitCode::from(code)
        }
        Err(failure) => failed(&failure, output),
    }
}

fn failed(failure: &Failure, output: Output) -> ExitCode {
    let _ = std::io::stderr().write_all(failure.told(output).as_bytes());
    ExitCode::from(failure.code)
}

async fn run(Invocation { cli, settings }: Invocation) -> Result<Report, Failure> {
    let done = |()| Report::done(String::new());
    match cli.command {
        None => Ok(serve(&cli.serve).await.map(done)?),
        Some(Command::Serve(config)) => Ok(serve(&config).await.map(done)?),
        Some(Command::Migrate(MigrateCommand::Up(config))) => Ok(migrate::up(&config).await?),
        Some(Command::Migrate(MigrateCommand::Status(config))) => {
            Ok(migrate::status(&config).await?)
        }
        Some(Command::Healthcheck(config)) => Ok(health::check(&config).await?),
        Some(Command::Config(ConfigCommand::Print(config))) => {
            Ok(Report::done(config::printed(&settings, config.output)))
        }
        Some(Command::Config(ConfigCommand::Check(config))) => {
            let (report, problems) = commands::config::check(&config);
            for problem in problems {
                eprintln!("partner-service: {problem}");
            }
            Ok(report)
        }
        Some(Command::Key(KeyCommand::Rotate(config))) => Ok(key::rotate(&config).await?),
        Some(Command::Key(KeyCommand::Drop(config))) => Ok(key::drop(&config).await?),
        Some(Command::Key(KeyCommand::Status(config))) => Ok(key::status(&config).await?),
        Some(Command::Export(config)) => Ok(copy::export(&config).await?),
        Some(Command::Import(config)) => Ok(copy::import(&config).await?),
        Some(Command::Demo(config)) => Ok(demo::run(&config).await.map(done)?),
        Some(Command::Token(config)) => Ok(commands::token::sign(&config)?),
        Some(Command::Watch(config)) => Ok(watch(&config).await.map(done)?),
        Some(Command::Mail(MailCommand::Preview(config))) => commands::preview::letter(&config),
        Some(Command::Version(config)) => Ok(version::tell(&config)),
        Some(Command::Completions(config)) => {
            let mut script = Vec::new();
            config::completions(&config, &mut script);
            Ok(Report::done(String::from_utf8_lossy(&script).into_owned()))
        }
    }
}

async fn serve(config: &ServeConfig) -> Result<(), Failure> {
    let telemetry =
        telemetry::start(config.log_format).map_err(|error| Failure::new(false, &error))?;
    Ok(server::run(config, &telemetry, signalled()?).await?)
}

async fn watch(config: &WatchConfig) -> Result<(), Failure> {
    Ok(partner_service::watch::run(config, signalled()?).await?)
}

/// Cancelled by SIGTERM or SIGINT.
fn signalled() -> Result<CancellationToken, Failure> {
    let shutdown = CancellationToken::new();
    let handle = |kind| signal(kind).map_err(|error| Failure::new(false, &error));
    let (mut terminate, mut interrupt) =
        (handle(SignalKind::terminate())?, handle(SignalKind::interrupt())?);
    let stop = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    Ok(shutdown)
}
