//! The subcommands, and what the process answers: exit code and one line on standard error.

use clap::Parser;
use partner_service::config::{
    Cli, Command, ConfigError, MailCommand, PreviewConfig, ServeConfig, WatchConfig,
};
use partner_service::demo::DemoError;
use partner_service::server::ServeError;
use partner_service::watch::WatchError;
use partner_service::{demo, mail, server, telemetry, token};
use std::io::Write;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

const FAILED: u8 = 1;
/// What clap exits with too.
const USAGE: u8 = 2;

struct Failure {
    code: u8,
    message: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, serve } = Cli::parse();
    let outcome = match command {
        None => run(&serve).await,
        Some(Command::Serve(config)) => run(&config).await,
        Some(Command::Demo(config)) => demo::run(&config).await.map_err(Failure::from),
        Some(Command::Token(config)) => token::sign(&config)
            .map(|token| {
                // whoever closes the pipe early does not want it
                let _ = writeln!(std::io::stdout(), "{token}");
            })
            .map_err(Failure::from),
        Some(Command::Watch(config)) => watch(&config).await,
        Some(Command::Mail(MailCommand::Preview(config))) => preview(&config),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { code, message }) => {
            eprintln!("partner-service: {message}");
            ExitCode::from(code)
        }
    }
}

async fn run(config: &ServeConfig) -> Result<(), Failure> {
    telemetry::start(config.log_format);
    Ok(server::run(config, signalled()?).await?)
}

async fn watch(config: &WatchConfig) -> Result<(), Failure> {
    Ok(partner_service::watch::run(config, signalled()?).await?)
}

fn preview(config: &PreviewConfig) -> Result<(), Failure> {
    let PreviewConfig { kind, language, html, link_base_url } = config;
    let letter = mail::preview::preview(kind.kind(), language, link_base_url);
    let letter = letter.ok_or(Failure { code: FAILED, message: "no such letter".to_owned() })?;
    let _ = if *html {
        writeln!(std::io::stdout(), "{}", letter.html)
    } else {
        writeln!(std::io::stdout(), "Subject: {}\n\n{}", letter.subject, letter.text)
    };
    Ok(())
}

/// Cancelled by SIGTERM or SIGINT.
fn signalled() -> Result<CancellationToken, Failure> {
    let shutdown = CancellationToken::new();
    let handle = |kind| signal(kind).map_err(|error| Failure::new(FAILED, &error));
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

impl Failure {
    fn new(code: u8, error: &dyn std::error::Error) -> Self {
        Self { code, message: error.to_string() }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(if error.is_usage() { USAGE } else { FAILED }, &error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(USAGE, &error)
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(if error.is_usage() { USAGE } else { FAILED }, &error)
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        Self::new(if error.is_usage() { USAGE } else { FAILED }, &error)
    }
}
