//! Configuration. A setting has one name: the flag `--data-dir` is the variable `PARTNER_DATA_DIR` and the key `data-dir`
//! of a TOML file that `--config` names; the first of these that says something counts, then the default.
//!
//! ```text
//!   mod.rs     what there is to set     clients.rs  the flags of the other subcommands    secret.rs  what never shows
//!   read.rs    flags, variables, file   file.rs     the TOML file    names.rs  misspelt names and their nearest match
//!   check.rs   what cannot be run with  print.rs    what is in force, and where each value comes from
//!   mail.rs    where letters go         tls.rs      certificates
//! ```
//! clap is the only list of settings. The file's values are put under it as defaults before it parses, so that precedence,
//! types and messages stay clap's own, and no setting is declared twice. A secret may stand in a file of its own
//! (`--database-url-file`): its content then takes the place of a default in the same way.

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

pub use check::ConfigError;
pub use clients::{
    CheckConfig, CompletionsConfig, ConfigCommand, DemoConfig, ExportConfig, HealthcheckConfig,
    ImportConfig, MigrateCommand, MigrateConfig, Output, PrintConfig, TokenConfig, VersionConfig,
    WatchConfig, WatchFrom, service_address,
};
pub use jwks::{Jwks, is_loopback};
pub use keys::{KeyCommand, KeyConfig, KeyDropConfig};
pub use mail::{DEFAULT_LINK_BASE_URL, LetterKind, MailCommand, MailConfig, PreviewConfig};
pub use print::printed;
pub use read::{Invocation, ReadError, Setting, Shown, Source, read};
pub use secret::Secret;
pub use tls::{ClientTlsFlags, TlsFlags};

use crate::backend::{Migrate, Nats};
use clap::builder::BoolishValueParser;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

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

/// How callers prove themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuthMode {
    /// They do not, so only on loopback: metadata x-member-id says which member calls; without it the operator calls.
    None,
    /// By a signed bearer token (JWT), verified with --jwt-key-file or --jwks.
    Jwt,
}

/// A span of time such as 30d, 12h, 90s or 250ms; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "0" {
            return Ok(Self(Duration::ZERO));
        }
        humantime::parse_duration(text)
            .map(Self)
            .map_err(|_| "write a span such as 30d, 12h, 90s, or 0".to_owned())
    }
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    let localhost = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    localhost
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:50051 or [::1]:0")
}

/// Where metrics and probes are served, if anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsListen {
    Off,
    At(SocketAddr),
}

impl FromStr for MetricsListen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "off" | "" => Ok(Self::Off),
            address => {
                listen_address(address).map(Self::At).map_err(|hint| format!("{hint}; or off"))
            }
        }
    }
}

/// How the service runs.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    #[command(flatten)]
    pub file: ConfigFile,
    /// Where to serve gRPC; port 0 picks a free one and writes it to <data-dir>/listen.
    #[arg(
        long,
        env = "PARTNER_LISTEN",
        default_value = "127.0.0.1:50051",
        value_name = "IP:PORT",
        value_parser = listen_address
    )]
    pub listen: SocketAddr,
    /// Where to serve metrics and probes over HTTP (/metrics, /healthz, /readyz), which anybody who reaches it may read;
    /// port 0 picks a free one and writes it to <data-dir>/metrics-listen; off serves none.
    #[arg(
        long,
        env = "PARTNER_METRICS_LISTEN",
        default_value = "127.0.0.1:9090",
        value_name = "IP:PORT"
    )]
    pub metrics_listen: MetricsListen,
    #[command(flatten)]
    pub tls: TlsFlags,
    /// Connections that may be open at once; more are closed as they come.
    #[arg(long, env = "PARTNER_MAX_CONNECTIONS", default_value_t = 20_000, value_name = "COUNT")]
    pub max_connections: u32,
    /// The folder of everything the service keeps in files.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    #[command(flatten)]
    pub database: DatabaseFlags,
    /// Whether a start brings the schema up to date, or refuses one that is not.
    #[arg(long, env = "PARTNER_MIGRATE", default_value = "auto", value_name = "WHEN")]
    pub migrate: MigrateMode,
    /// How callers prove themselves.
    #[arg(long, env = "PARTNER_AUTH", default_value = "none", value_name = "HOW")]
    pub auth: AuthMode,
    /// What tokens are verified with: a PEM public key (RSA, EC P-256, Ed25519), or a shared secret of 32 bytes or
    /// more (HS256).
    #[arg(long, env = "PARTNER_JWT_KEY_FILE", value_name = "FILE")]
    pub jwt_key_file: Option<PathBuf>,
    /// Instead of one key: a JSON Web Key Set of public keys, each with its key id, in a file or at an https:// URL.
    #[arg(long, env = "PARTNER_JWKS", hide_env_values = true, value_name = "FILE|URL")]
    pub jwks: Option<Secret>,
    /// A file that holds it, for a URL with a password.
    #[arg(long, env = "PARTNER_JWKS_FILE", value_name = "FILE")]
    pub jwks_file: Option<PathBuf>,
    /// The issuer that tokens must name.
    #[arg(
        long,
        env = "PARTNER_JWT_ISSUER",
        default_value = "partner-service",
        value_name = "NAME"
    )]
    pub jwt_issuer: String,
    /// The audience that tokens must name.
    #[arg(
        long,
        env = "PARTNER_JWT_AUDIENCE",
        default_value = "partner-service",
        value_name = "NAME"
    )]
    pub jwt_audience: String,
    /// What page tokens and links of invitations are signed with, 32 bytes or more, the same on every replica; further
    /// lines hold keys of before, whose signatures stay good [default: a key made at the first start and kept in the
    /// database]
    #[arg(long, env = "PARTNER_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
    /// How long an invitation waits for a decision; 0 is for ever.
    #[arg(long, env = "PARTNER_INVITATION_EXPIRY", default_value = "30d", value_name = "SPAN")]
    pub invitation_expiry: Span,
    /// How long events are kept for those who resume; 0 is for ever.
    #[arg(long, env = "PARTNER_EVENT_RETENTION", default_value = "7d", value_name = "SPAN")]
    pub event_retention: Span,
    /// How replicas on one PostgreSQL tell each other at once that something was committed: notify (PostgreSQL's),
    /// nats://user:password@host:port (or tls://), or poll; they look anyway ten times a second.
    #[arg(
        long,
        env = "PARTNER_DOORBELL",
        hide_env_values = true,
        default_value = "notify",
        value_name = "HOW"
    )]
    pub doorbell: Secret,
    /// A file that holds it, for an address with a password.
    #[arg(long, env = "PARTNER_DOORBELL_FILE", value_name = "FILE")]
    pub doorbell_file: Option<PathBuf>,
    /// Invitations an account may send per UTC day.
    #[arg(long, env = "PARTNER_INVITATIONS_PER_DAY", default_value_t = 200, value_name = "COUNT")]
    pub invitations_per_day: u64,
    /// Invitations of an account that may wait for a decision at once.
    #[arg(long, env = "PARTNER_OPEN_INVITATIONS", default_value_t = 500, value_name = "COUNT")]
    pub open_invitations: u64,
    /// Calls per second that a member may make on this replica; 0 is no limit. Operators have none.
    #[arg(long, env = "PARTNER_RATE_LIMIT", default_value_t = 0, value_name = "COUNT")]
    pub rate_limit: u32,
    #[command(flatten)]
    pub mail: MailConfig,
    /// How long it serves on after SIGTERM or SIGINT, no longer ready, until load balancers that ask for its health have
    /// noticed.
    #[arg(long, env = "PARTNER_DRAIN_DELAY", default_value = "0", value_name = "SPAN")]
    pub drain_delay: Span,
    /// How long open calls may take to finish after that.
    #[arg(long, env = "PARTNER_SHUTDOWN_DEADLINE", default_value = "10s", value_name = "SPAN")]
    pub shutdown_deadline: Span,
    /// How log lines look [default: text on a terminal, json otherwise]
    #[arg(long, env = "PARTNER_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Serve on an address that is not loopback although there is no TLS, or no authentication.
    #[arg(long, env = "PARTNER_INSECURE", value_parser = BoolishValueParser::new())]
    pub insecure: bool,
}

/// How replicas hear of each other's commits.
#[derive(Clone, Debug)]
pub enum Doorbell {
    /// By PostgreSQL's NOTIFY, outside every change.
    Notify,
    /// Through a NATS server.
    Nats(Nats),
    /// By looking, ten times a second.
    Poll,
}

/// What a start does about a schema that is not up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MigrateMode {
    /// Bring it up to date.
    Auto,
    /// Refuse to serve until `migrate up` has.
    Off,
}

impl From<MigrateMode> for Migrate {
    fn from(mode: MigrateMode) -> Self {
        match mode {
            MigrateMode::Auto => Self::Auto,
            MigrateMode::Off => Self::Off,
        }
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}
