//! Values that flags take, and how they are written.

use crate::backend::{Migrate, Nats};
use clap::ValueEnum;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

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

/// Where to listen.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    let localhost = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    localhost
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| "write an IP address and a port, such as 127.0.0.1:50051 or [::1]:0")
}

/// The id of an account or a member.
pub(super) fn id(text: &str) -> Result<Uuid, &'static str> {
    Uuid::try_parse(text)
        .map_err(|_| "an id is a UUID, such as 019aa8c6-7b5e-7a51-9d6c-2f0d8a1b3c4d")
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
