//! Configuration: every flag is an environment variable too (`--data-dir` is `PARTNER_DATA_DIR`).

mod mail;

pub use mail::{DEFAULT_LINK_BASE_URL, LetterKind, MailCommand, MailConfig, PreviewConfig};

use crate::backend::Nats;
use crate::mail::smtp::SmtpError;
use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// What the process answers its caller; `main` keeps to it.
pub const EXIT_CODES: &str = "Exit codes: 0 done, or stopped as asked; 1 failed; \
    2 the command line, the environment or a key file is wrong.";

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
    Serve(Box<ServeConfig>),
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

/// How the service runs.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    /// Where to serve gRPC; port 0 picks a free one and writes it to <data-dir>/listen.
    #[arg(
        long,
        env = "PARTNER_LISTEN",
        default_value = "127.0.0.1:50051",
        value_name = "IP:PORT",
        value_parser = listen_address
    )]
    pub listen: SocketAddr,
    /// The folder of everything the service keeps in files.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// sqlite://file or postgres://user:password@host/database [default: SQLite in the data folder]
    #[arg(long, env = "PARTNER_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where --database-url leads through a pooler: the same PostgreSQL without it, for what needs a session of its own
    /// [default: as --database-url]
    #[arg(long, env = "PARTNER_DATABASE_DIRECT_URL", hide_env_values = true, value_name = "URL")]
    pub database_direct_url: Option<String>,
    /// How callers prove themselves.
    #[arg(long, env = "PARTNER_AUTH", default_value = "none", value_name = "HOW")]
    pub auth: AuthMode,
    /// What tokens are verified with: a PEM public key (RSA, EC P-256, Ed25519), or a shared secret of 32 bytes or
    /// more (HS256).
    #[arg(long, env = "PARTNER_JWT_KEY_FILE", value_name = "FILE")]
    pub jwt_key_file: Option<PathBuf>,
    /// Instead of one key: a JSON Web Key Set of public keys, each with its key id.
    #[arg(long, env = "PARTNER_JWKS", value_name = "FILE", conflicts_with = "jwt_key_file")]
    pub jwks: Option<PathBuf>,
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
    /// What page tokens and links of invitations are signed with, 32 bytes or more, the same on every replica [default: a key made at the first
    /// start and kept in the database]
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
    pub doorbell: String,
    /// Invitations an account may send per UTC day.
    #[arg(long, env = "PARTNER_INVITATIONS_PER_DAY", default_value_t = 200, value_name = "COUNT")]
    pub invitations_per_day: u64,
    /// Invitations of an account that may wait for a decision at once.
    #[arg(long, env = "PARTNER_OPEN_INVITATIONS", default_value_t = 500, value_name = "COUNT")]
    pub open_invitations: u64,
    #[command(flatten)]
    pub mail: MailConfig,
    /// How long open calls may take to finish after SIGTERM or SIGINT.
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

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// Where the demo goes.
#[derive(Clone, Debug, Args)]
pub struct DemoConfig {
    /// The service's address [default: what <data-dir>/listen says, else 127.0.0.1:50051]
    #[arg(long, env = "PARTNER_ADDRESS", value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The service's data folder, to find its address in.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// An operator's token, for a service that asks for one.
    #[arg(long, env = "PARTNER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
}

/// What to follow, and how.
#[derive(Clone, Debug, Args)]
pub struct WatchConfig {
    /// The account's id (a UUID).
    #[arg(long, value_name = "ID")]
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
    /// The service's address [default: what <data-dir>/listen says, else 127.0.0.1:50051]
    #[arg(long, env = "PARTNER_ADDRESS", value_name = "HOST:PORT")]
    pub address: Option<String>,
    /// The service's data folder, to find its address in.
    #[arg(long, env = "PARTNER_DATA_DIR", default_value = "./data", value_name = "FOLDER")]
    pub data_dir: PathBuf,
    /// A bearer token, for a service that asks for one.
    #[arg(long, env = "PARTNER_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// The member to act for; without it, the token's, or without a token the operator.
    #[arg(long, value_name = "ID")]
    pub member_id: Option<Uuid>,
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
}

/// A configuration that cannot be run with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(
        "other machines can reach {listen}, and without authentication each of them would be the operator: \
         listen on 127.0.0.1, authenticate with --auth jwt, or allow it with --insecure"
    )]
    OpenWithoutAuth { listen: SocketAddr },
    #[error(
        "other machines can reach {listen}, and without TLS tokens travel readable: \
         listen on 127.0.0.1, or allow it with --insecure"
    )]
    OpenWithoutTls { listen: SocketAddr },
    // without the value: it may hold a password
    #[error("--doorbell is none of notify, poll, nats://host:port and tls://host:port")]
    Doorbell,
    #[error("--auth jwt needs a key to verify tokens with: give --jwt-key-file or --jwks")]
    NoKeySource,
    #[error(
        "--jwt-key-file and --jwks verify nothing without --auth jwt: add it, or leave them out"
    )]
    KeyWithoutJwt,
    #[error(transparent)]
    Smtp(#[from] SmtpError),
    #[error("--sub is no member's id (a UUID): give one, or add --operator")]
    Subject,
    #[error("{} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be used as a key: {message}", path.display())]
    Key { path: PathBuf, message: String },
}

impl ServeConfig {
    /// Refuses to be reachable from elsewhere without authentication or TLS, and keys that would go unused.
    ///
    /// # Errors
    /// What would be dangerous, and how to say that it is meant.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.doorbell()?;
        self.mail.server(self.insecure)?;
        if self.auth == AuthMode::None && (self.jwt_key_file.is_some() || self.jwks.is_some()) {
            return Err(ConfigError::KeyWithoutJwt);
        }
        if self.insecure || self.listen.ip().is_loopback() {
            return Ok(());
        }
        let listen = self.listen;
        Err(match self.auth {
            AuthMode::None => ConfigError::OpenWithoutAuth { listen },
            AuthMode::Jwt => ConfigError::OpenWithoutTls { listen },
        })
    }

    /// How replicas hear of each other's commits.
    ///
    /// # Errors
    /// `Doorbell`.
    pub fn doorbell(&self) -> Result<Doorbell, ConfigError> {
        match self.doorbell.as_str() {
            "notify" => Ok(Doorbell::Notify),
            "poll" => Ok(Doorbell::Poll),
            url => Nats::parse(url).map(Doorbell::Nats).ok_or(ConfigError::Doorbell),
        }
    }

    /// The database to open.
    #[must_use]
    pub fn database_url(&self) -> String {
        let file = || format!("sqlite://{}", self.data_dir.join("partner.db").display());
        self.database_url.clone().unwrap_or_else(file)
    }
}
