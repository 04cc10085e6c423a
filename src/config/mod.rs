//! Configuration. A setting has one name: the flag `--data-dir` is the variable `PARTNER_DATA_DIR` and the key `data-dir`
//! of a TOML file that `--config` names; the first of these that says something counts, then the default.
//!
//! ```text
//!   mod.rs     what there is to set     clients.rs  the flags of the other subcommands    secret.rs  what never shows
//!   read.rs    flags, variables, file   file.rs     the TOML file    names.rs  misspelt names and their nearest match
//!   check.rs   what cannot be run with  print.rs    what is in force, and where each value comes from
//!   mail.rs    where letters go         tls.rs      certificates              values.rs  what flags take
//!   answer.rs  what there is to say instead of doing what was asked
//! ```
//! clap is the only list of settings. The file's values are put under it as defaults before it parses, so that precedence,
//! types and messages stay clap's own, and no setting is declared twice. A secret may stand in a file of its own
//! (`--database-url-file`): its content then takes the place of a default in the same way.

mod answer;
mod check;
mod clients;
mod file;
mod jwks;
mod keys;
mod mail;
mod names;
mod print;
mod read;
mod secret;
mod tls;
mod values;

pub use answer::{ReadError, output};
pub use check::ConfigError;
pub use clients::{
    CheckConfig, CompletionsConfig, ConfigCommand, DatabaseConfig, DemoConfig, ExportConfig,
    HealthcheckConfig, ImportConfig, MigrateCommand, Output, PrintConfig, TokenConfig,
    VersionConfig, WatchConfig, WatchFrom, service_address,
};
pub use jwks::{Jwks, is_loopback};
pub use keys::{KeyCommand, KeyDropConfig};
pub use mail::{DEFAULT_LINK_BASE_URL, LetterKind, MailCommand, MailConfig, PreviewConfig};
pub use print::printed;
pub use read::{Invocation, Setting, Shown, Source, read};
pub use secret::Secret;
pub use tls::{ClientTlsFlags, TlsFlags};
pub use values::{AuthMode, Doorbell, LogFormat, MetricsListen, MigrateMode, Span};

use clap::builder::BoolishValueParser;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use values::listen_address;

/// What the process answers its caller; `main` keeps to it.
pub const EXIT_CODES: &str = "Exit codes: 0 done, or stopped as asked; 1 failed; \
    2 the command line, the environment, the configuration file or a key file is wrong.";

/// What `watch` prints.
pub const WATCH_LINES: &str = "Each line is one partner.v1.WatchMembersResponse as proto3 JSON: resumeToken, \
    serverTime, position, and one of snapshotBegin, contact, synced, event (and heartbeat, with --heartbeats). 64-bit numbers \
    are strings, and fields that are empty are left out. A line without its end is to be thrown away.\n\n\
    The token in --token-file never runs ahead of the lines that were written. After SIGINT or SIGTERM it is that of \
    the last line; after a crash some lines may come again, which their position tells.\n\n\
    Exit codes: 0 stopped as asked, or nobody reads any more; 1 failed, or the service refused for good; \
    2 the command line or the environment is wrong.";

/// Partner relationships between organisations' accounts, over gRPC.
///
/// To try it, start it without flags: it serves on 127.0.0.1:50051, keeps everything in ./data, and takes whoever calls from
/// this machine for an operator. In another shell, `partner-service demo` then loads organisations and prints calls to make.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 110)]
#[command(after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub serve: ServeConfig,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve gRPC (what happens without a subcommand).
    #[command(after_help = EXIT_CODES)]
    Serve(Box<ServeConfig>),
    /// Bring the database's schema up to date, or tell whether it is.
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Tell whether a running service is healthy; for containers.
    #[command(after_help = clients::HEALTH_CODES)]
    Healthcheck(HealthcheckConfig),
    /// Print the configuration in force, or check it.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write a consistent copy of the database to a file.
    #[command(after_help = clients::EXPORT_CODES)]
    Export(ExportConfig),
    /// Load such a copy into an empty database, of either engine.
    #[command(after_help = clients::IMPORT_CODES)]
    Import(ImportConfig),
    /// Put a new secret key in the place of the one that the database keeps.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Load eight real organisations into a running service and print grpcurl lines to try on them.
    Demo(DemoConfig),
    /// Print a bearer token for development, signed with the key that a service verifies with.
    Token(TokenConfig),
    /// Follow what happens among an account's partners and their members: one JSON object per line.
    #[command(after_help = WATCH_LINES)]
    Watch(WatchConfig),
    /// Look at the letters that the service sends.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Print the version.
    Version(VersionConfig),
    /// Print what makes a shell complete this command line.
    Completions(CompletionsConfig),
}

/// Prints what makes a shell complete the command line.
pub fn completions(config: &CompletionsConfig, out: &mut dyn Write) {
    clap_complete::generate(config.shell, &mut Cli::command(), "partner-service", out);
}

/// Where the settings are that neither flags nor variables tell.
#[derive(Clone, Debug, Args)]
pub struct ConfigFile {
    /// A TOML file of settings; its keys are the flags of `serve` without the dashes in front.
    #[arg(long, env = "PARTNER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Where the database is.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseFlags {
    /// sqlite://file or postgres://user:password@host/database [default: SQLite in the data folder]
    #[arg(long, env = "PARTNER_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,
    /// A file that holds it.
    #[arg(long, env = "PARTNER_DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Where --database-url leads through a pooler: the same PostgreSQL without it, for what needs a session of its own
    /// [default: as --database-url]
    #[arg(long, env = "PARTNER_DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL")]
    pub database_direct_url: Option<Secret>,
    /// A file that holds it.
    #[arg(long, env = "PARTNER_DATABASE_DIRECT_URL_FILE", value_name = "FILE")]
    pub database_direct_url_file: Option<PathBuf>,
}

impl DatabaseFlags {
    /// The database to open: SQLite in the data folder unless told.
    #[must_use]
    pub fn url(&self, data_dir: &Path) -> String {
        let file = || format!("sqlite://{}", data_dir.join("partner.db").display());
        self.database_url.as_ref().map_or_else(file, |url| url.expose().to_owned())
    }

    /// Where it is without a pooler, if that is another way.
    #[must_use]
    pub fn direct_url(&self) -> Option<&str> {
        self.database_direct_url.as_ref().map(Secret::expose)
    }
}

/// How the service runs.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// The folder of everything the service keeps in files.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// Where to serve gRPC; port 0 picks a free one and writes it to <data-dir>/listen.
    #[arg(
        long,
        env = "PARTNER_LISTEN",
        default_value = "127.0.0.1:50051",
        value_name = "IP:PORT",
        value_parser = listen_address,
        help_heading = "Listening"
    )]
    pub listen: SocketAddr,
    /// Connections that may be open at once; more are closed as they come.
    #[arg(
        long,
        env = "PARTNER_MAX_CONNECTIONS",
        default_value_t = 20_000,
        value_name = "COUNT",
        help_heading = "Listening"
    )]
    pub max_connections: u32,
    /// Serve on an address that is not loopback although there is no TLS, or no authentication.
    #[arg(
        long,
        env = "PARTNER_INSECURE",
        value_parser = BoolishValueParser::new(),
        help_heading = "Listening"
    )]
    pub insecure: bool,
    /// How long it serves on after SIGTERM or SIGINT, no longer ready, until load balancers that ask for its health have
    /// noticed.
    #[arg(
        long,
        env = "PARTNER_DRAIN_DELAY",
        default_value = "0",
        value_name = "SPAN",
        help_heading = "Listening"
    )]
    pub drain_delay: Span,
    /// How long open calls may take to finish after that.
    #[arg(
        long,
        env = "PARTNER_SHUTDOWN_DEADLINE",
        default_value = "10s",
        value_name = "SPAN",
        help_heading = "Listening"
    )]
    pub shutdown_deadline: Span,
    #[command(flatten)]
    pub tls: TlsFlags,
    /// How callers prove themselves.
    #[arg(
        long,
        env = "PARTNER_AUTH",
        default_value = "none",
        value_name = "HOW",
        help_heading = "Authentication"
    )]
    pub auth: AuthMode,
    /// What tokens are verified with: a PEM public key (RSA, EC P-256, Ed25519), or a shared secret of 32 bytes or
    /// more (HS256).
    #[arg(
        long,
        env = "PARTNER_JWT_KEY_FILE",
        value_name = "FILE",
        help_heading = "Authentication"
    )]
    pub jwt_key_file: Option<PathBuf>,
    /// Instead of one key: a JSON Web Key Set of public keys, each with its key id, in a file or at an https:// URL.
    #[arg(
        long,
        env = "PARTNER_JWKS",
        hide_env_values = true,
        value_name = "FILE|URL",
        help_heading = "Authentication"
    )]
    pub jwks: Option<Secret>,
    /// A file that holds it, for a URL with a password.
    #[arg(long, env = "PARTNER_JWKS_FILE", value_name = "FILE", help_heading = "Authentication")]
    pub jwks_file: Option<PathBuf>,
    /// The issuer that tokens must name.
    #[arg(
        long,
        env = "PARTNER_JWT_ISSUER",
        default_value = "partner-service",
        value_name = "NAME",
        help_heading = "Authentication"
    )]
    pub jwt_issuer: String,
    /// The audience that tokens must name.
    #[arg(
        long,
        env = "PARTNER_JWT_AUDIENCE",
        default_value = "partner-service",
        value_name = "NAME",
        help_heading = "Authentication"
    )]
    pub jwt_audience: String,
    #[command(flatten)]
    pub database: DatabaseFlags,
    /// Whether a start brings the schema up to date, or refuses one that is not.
    #[arg(
        long,
        env = "PARTNER_MIGRATE",
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Database"
    )]
    pub migrate: MigrateMode,
    /// How replicas on one PostgreSQL tell each other at once that something was committed: notify (PostgreSQL's),
    /// nats://user:password@host:port (or tls://), or poll; they look anyway ten times a second.
    #[arg(
        long,
        env = "PARTNER_DOORBELL",
        hide_env_values = true,
        default_value = "notify",
        value_name = "HOW",
        help_heading = "Database"
    )]
    pub doorbell: Secret,
    /// A file that holds it, for an address with a password.
    #[arg(long, env = "PARTNER_DOORBELL_FILE", value_name = "FILE", help_heading = "Database")]
    pub doorbell_file: Option<PathBuf>,
    /// What page tokens and links of invitations are signed with, 32 bytes or more, the same on every replica; further
    /// lines hold keys of before, whose signatures stay good [default: a key made at the first start and kept in the
    /// database]
    #[arg(long, env = "PARTNER_SECRET_KEY_FILE", value_name = "FILE", help_heading = "Signing")]
    pub secret_key_file: Option<PathBuf>,
    /// Calls per second that a member may make on this replica; 0 is no limit. Operators have none.
    #[arg(
        long,
        env = "PARTNER_RATE_LIMIT",
        default_value_t = 0,
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub rate_limit: u32,
    /// Invitations an account may send per UTC day.
    #[arg(
        long,
        env = "PARTNER_INVITATIONS_PER_DAY",
        default_value_t = 200,
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub invitations_per_day: u64,
    /// Invitations of an account that may wait for a decision at once.
    #[arg(
        long,
        env = "PARTNER_OPEN_INVITATIONS",
        default_value_t = 500,
        value_name = "COUNT",
        help_heading = "Limits"
    )]
    pub open_invitations: u64,
    /// How long an invitation waits for a decision; 0 is for ever.
    #[arg(
        long,
        env = "PARTNER_INVITATION_EXPIRY",
        default_value = "30d",
        value_name = "SPAN",
        help_heading = "Limits"
    )]
    pub invitation_expiry: Span,
    /// How long events are kept for those who resume; 0 is for ever.
    #[arg(
        long,
        env = "PARTNER_EVENT_RETENTION",
        default_value = "7d",
        value_name = "SPAN",
        help_heading = "Limits"
    )]
    pub event_retention: Span,
    #[command(flatten)]
    pub mail: MailConfig,
    /// Where to serve metrics and probes over HTTP (/metrics, /healthz, /readyz), which anybody who reaches it may read;
    /// port 0 picks a free one and writes it to <data-dir>/metrics-listen; off serves none.
    #[arg(
        long,
        env = "PARTNER_METRICS_LISTEN",
        default_value = "127.0.0.1:9090",
        value_name = "IP:PORT",
        help_heading = "Telemetry"
    )]
    pub metrics_listen: MetricsListen,
    /// How log lines look [default: text on a terminal, json otherwise]
    #[arg(long, env = "PARTNER_LOG_FORMAT", value_name = "FORMAT", help_heading = "Telemetry")]
    pub log_format: Option<LogFormat>,
}
