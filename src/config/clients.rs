//! The flags of the subcommands besides `serve`. They find what they share with it in the same variables and the same
//! file.
//!
//! Groups with a heading come last: what stands behind one is listed below its heading.

use super::values::id;
use super::{ClientTlsFlags, ConfigFile, DatabaseFlags, Secret, ServeConfig, Span};
use clap::{Args, Subcommand, ValueEnum};
use std::path::{Path, PathBuf};
use std::time::Duration;
use uuid::Uuid;

/// What `healthcheck` answers.
pub const HEALTH_CODES: &str = "Exit codes: 0 it serves; 1 it does not, or does not answer; 2 the command line, the \
    environment or the configuration file is wrong.";

/// What `migrate status` answers.
pub const STATUS_CODES: &str = "Exit codes: 0 nothing is left to apply; 3 migrations are left to apply, or the schema is one \
    that this version can neither use nor bring up to date; 1 the database does not answer; 2 the command line, the \
    environment or the configuration file is wrong.";

/// What `migrate up` answers.
pub const UP_CODES: &str = "Exit codes: 0 the schema is up to date; 1 failed; 2 the command line, the environment or the \
    configuration file is wrong.";

/// What `config check` answers.
pub const CHECK_CODES: &str = "Exit codes: 0 nothing is wrong with it; 2 something is, each told in a line on standard \
    error.";

/// What `export` writes.
pub const EXPORT_CODES: &str = "The copy is a text file, one JSON value per line, of everything as it was at one position of \
    the log, which it tells. The service may go on meanwhile. It holds personal data; it holds no key unless asked to.\n\n\
    Exit codes: 0 written; 1 failed, and then there is no file; 2 the command line, the environment or the configuration \
    file is wrong.";

/// What `import` does.
pub const IMPORT_CODES: &str = "All of it is loaded, or nothing. The log goes on under a new id: consumers of streams are told \
    RESUME_TOKEN_DIVERGED and begin anew.\n\n\
    Without the key (export --with-service-key, or --secret-key-file on both sides) page tokens become void, and so \
    does every secret made with it.\n\n\
    Exit codes: 0 loaded; 1 failed, and then nothing was loaded; 2 the command line, the environment or the configuration \
    file is wrong.";

/// How a command answers, and tells what went wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// As JSON.
    Json,
}

/// The schema.
#[derive(Clone, Debug, Subcommand)]
pub enum MigrateCommand {
    /// Apply what this version brings and the database lacks.
    #[command(after_help = UP_CODES)]
    Up(DatabaseConfig),
    /// Tell what is applied and what this version brings; changes nothing.
    #[command(after_help = STATUS_CODES)]
    Status(DatabaseConfig),
}

/// Which database something is done to, or asked of.
#[derive(Clone, Debug, Args)]
pub struct DatabaseConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// The service's data folder, where SQLite is unless told.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// Which service is asked.
#[derive(Clone, Debug, Args)]
pub struct HealthcheckConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// The service's address; https:// in front of it means TLS, as does any flag about it [default: what
    /// <data-dir>/listen says, else 127.0.0.1:50051]
    #[arg(long, env = "PARTNER_ADDRESS", value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The service's data folder, to find its address in.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// What is asked about: readiness, liveness, a service of the API by its full name, or nothing for the whole.
    #[arg(long, default_value = "readiness", value_name = "NAME")]
    pub service: String,
    /// How long to wait for an answer.
    #[arg(long, default_value = "2s", value_name = "SPAN")]
    pub timeout: Span,
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub tls: ClientTlsFlags,
}

/// The configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print each setting, its value and where that comes from; secrets are left out. The text is a configuration file.
    Print(Box<PrintConfig>),
    /// Tell what is wrong with it, as far as that can be known without serving.
    #[command(after_help = CHECK_CODES)]
    Check(Box<CheckConfig>),
}

/// What is in force for `serve`.
#[derive(Clone, Debug, Args)]
pub struct PrintConfig {
    /// How to answer; text is TOML.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub serve: ServeConfig,
}

/// What `serve` would be started with.
#[derive(Clone, Debug, Args)]
pub struct CheckConfig {
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub serve: ServeConfig,
}

/// Where a copy goes.
#[derive(Clone, Debug, Args)]
pub struct ExportConfig {
    /// The file to write, which must not be there yet; - is standard output.
    #[arg(value_name = "FILE")]
    pub to: PathBuf,
    /// Write the key that the service made for itself too: whoever has the file can then sign as the service does.
    #[arg(long)]
    pub with_service_key: bool,
    #[command(flatten)]
    pub file: ConfigFile,
    /// The service's data folder, where SQLite is unless told.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// How to answer, on standard error.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// Where a copy comes from.
#[derive(Clone, Debug, Args)]
pub struct ImportConfig {
    /// The file to read; - is standard input.
    #[arg(value_name = "FILE")]
    pub from: PathBuf,
    #[command(flatten)]
    pub file: ConfigFile,
    /// The service's data folder, where SQLite is unless told.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// How to tell the version.
#[derive(Clone, Debug, Args)]
pub struct VersionConfig {
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
}

/// For whom to complete.
#[derive(Clone, Debug, Args)]
pub struct CompletionsConfig {
    /// The shell.
    pub shell: clap_complete::Shell,
}

/// Where the demo goes.
#[derive(Clone, Debug, Args)]
pub struct DemoConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// The service's address; https:// in front of it means TLS, as does any flag about it [default: what
    /// <data-dir>/listen says, else 127.0.0.1:50051]
    #[arg(long, env = "PARTNER_ADDRESS", value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The service's data folder, to find its address in.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// An operator's token, for a service that asks for one.
    #[arg(long, env = "PARTNER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<Secret>,
    /// A file that holds it.
    #[arg(long, env = "PARTNER_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How to answer; json leaves out the lines to try.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub tls: ClientTlsFlags,
}

/// What to follow, and how.
#[derive(Clone, Debug, Args)]
pub struct WatchConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// The account's id (a UUID).
    #[arg(long, value_name = "ID", value_parser = id)]
    pub account: Uuid,
    /// Resume from the token in this file, and keep it up to date; a file that is not there yet is made.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Where to begin without a stored token.
    #[arg(long, default_value = "snapshot", value_name = "WHERE")]
    pub from: WatchFrom,
    /// The longest time without a sign of life from the service, 1s to 60s; three times that is a broken connection
    /// [default: 20s, with --catch-up 1s]
    #[arg(long, value_name = "SPAN", value_parser = heartbeat)]
    pub heartbeat: Option<Span>,
    /// Print heartbeats too.
    #[arg(long)]
    pub heartbeats: bool,
    /// Stop once everything that has happened by now is printed.
    #[arg(long)]
    pub catch_up: bool,
    /// Tell once a second on standard error: messages, rate, position, lag.
    #[arg(long)]
    pub stats: bool,
    /// The service's address; https:// in front of it means TLS, as does any flag about it [default: what
    /// <data-dir>/listen says, else 127.0.0.1:50051]
    #[arg(long, env = "PARTNER_ADDRESS", value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The service's data folder, to find its address in.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// A bearer token, for a service that asks for one.
    #[arg(long, env = "PARTNER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<Secret>,
    // --token-file is the resume token's
    /// A file that holds it.
    #[arg(long, env = "PARTNER_TOKEN_FILE", value_name = "FILE")]
    pub bearer_token_file: Option<PathBuf>,
    /// The id of the member to act for; without it, the token's, or without a token the operator.
    #[arg(long, value_name = "ID", value_parser = id)]
    pub member_id: Option<Uuid>,
    /// How to tell on standard error what is beside the stream: interruptions, --stats, errors.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    #[command(flatten)]
    pub tls: ClientTlsFlags,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WatchFrom {
    /// With everybody, then what happens.
    Snapshot,
    /// With what happens from now on.
    Now,
}

fn heartbeat(text: &str) -> Result<Span, String> {
    let Span(interval) = text.parse()?;
    let (least, most) = (Duration::from_secs(1), Duration::from_secs(60));
    if (least..=most).contains(&interval) {
        Ok(Span(interval))
    } else {
        Err("write a span from 1s to 60s".to_owned())
    }
}

/// Where a service is to be found: as given, else as its data folder tells, else the default.
#[must_use]
pub fn service_address(given: Option<&str>, data_dir: &Path) -> String {
    let told =
        || std::fs::read_to_string(data_dir.join("listen")).ok().map(|line| line.trim().to_owned());
    given.map(str::to_owned).or_else(told).unwrap_or_else(|| "127.0.0.1:50051".to_owned())
}

/// What a development token says.
#[derive(Clone, Debug, Args)]
pub struct TokenConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// A shared secret, or a PEM private key (RSA, EC P-256, Ed25519).
    #[arg(long, env = "PARTNER_JWT_KEY_FILE", value_name = "FILE")]
    pub jwt_key_file: PathBuf,
    /// Who the caller is: a member's id, or with --operator any name.
    #[arg(long, value_name = "SUBJECT")]
    pub sub: String,
    /// Make the caller an operator: the scope partner.operator.
    #[arg(long)]
    pub operator: bool,
    /// The issuer.
    #[arg(
        long,
        env = "PARTNER_JWT_ISSUER",
        default_value = "partner-service",
        value_name = "NAME"
    )]
    pub jwt_issuer: String,
    /// The audience.
    #[arg(
        long,
        env = "PARTNER_JWT_AUDIENCE",
        default_value = "partner-service",
        value_name = "NAME"
    )]
    pub jwt_audience: String,
    /// How long it is good for.
    #[arg(long, default_value = "1h", value_name = "SPAN")]
    pub lifetime: Span,
    /// How to answer.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
}
