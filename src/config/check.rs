//! What cannot be run with, and what one is told then. Messages name settings by their flags, whatever set them.

use super::{AuthMode, Doorbell, ServeConfig};
use crate::backend::Nats;
use crate::mail::smtp::SmtpError;
use crate::tls::TlsError;
use std::net::SocketAddr;
use std::path::PathBuf;

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
         listen on 127.0.0.1, give --tls-cert-file and --tls-key-file, or allow it with --insecure"
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
    // without the value: it may hold a password
    #[error("--jwks is neither a file nor an https:// URL that leads to a key set")]
    JwksValue,
    #[error(
        "--jwks leads to another machine without TLS, where anybody on the way could answer with keys of their own: \
         use https://, or allow it with --insecure"
    )]
    JwksWithoutTls,
    #[error("--jwks cannot be followed: {0}")]
    Jwks(String),
    #[error(transparent)]
    Smtp(#[from] SmtpError),
    #[error("--smtp-username and --smtp-password-file go together: give both, or neither")]
    HalfCredentials,
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("--{certificate} and --{key} go together: give both, or neither")]
    HalfIdentity { certificate: &'static str, key: &'static str },
    #[error("--tls-client-ca-file needs TLS: give --tls-cert-file and --tls-key-file too")]
    ClientCaWithoutTls,
    #[error("--sub is no member's id (a UUID): give one, or add --operator")]
    Subject,
    #[error("{} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be used as a key: {message}", path.display())]
    Key { path: PathBuf, message: String },
    #[error("--jwt-key-file and --jwks exclude each other: leave one of them out")]
    TwoKeySources,
    #[error("{} line {line}: {problem}", path.display())]
    InFile { path: PathBuf, line: usize, problem: String },
    #[error("{name} in the environment is no setting; {}", meant(nearest.as_deref()))]
    UnknownVariable { name: String, nearest: Option<String> },
    #[error("--{setting} and --{file} say the same thing twice: leave one of them out")]
    Twice { setting: String, file: String },
    #[error("{} is empty, where a secret should stand", path.display())]
    EmptySecret { path: PathBuf },
}

impl ServeConfig {
    /// Refuses to be reachable from elsewhere without authentication or TLS, and keys that would go unused.
    ///
    /// # Errors
    /// What would be dangerous, and how to say that it is meant.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.doorbell()?;
        self.mail.server(self.insecure)?;
        self.jwks()?;
        if self.auth == AuthMode::None && (self.jwt_key_file.is_some() || self.jwks.is_some()) {
            return Err(ConfigError::KeyWithoutJwt);
        }
        if self.jwt_key_file.is_some() && self.jwks.is_some() {
            return Err(ConfigError::TwoKeySources);
        }
        let tls = self.tls.files()?;
        if self.insecure || self.listen.ip().is_loopback() {
            return Ok(());
        }
        let listen = self.listen;
        match self.auth {
            AuthMode::None => Err(ConfigError::OpenWithoutAuth { listen }),
            AuthMode::Jwt if tls.is_none() => Err(ConfigError::OpenWithoutTls { listen }),
            AuthMode::Jwt => Ok(()),
        }
    }

    /// How replicas hear of each other's commits.
    ///
    /// # Errors
    /// `Doorbell`.
    pub fn doorbell(&self) -> Result<Doorbell, ConfigError> {
        match self.doorbell.expose() {
            "notify" => Ok(Doorbell::Notify),
            "poll" => Ok(Doorbell::Poll),
            url => Nats::parse(url).map(Doorbell::Nats).ok_or(ConfigError::Doorbell),
        }
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "config print tells which there are".to_owned(),
        |nearest| format!("{nearest} is"),
    )
}
