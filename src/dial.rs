//! How this program's own clients reach a service: over TCP, or TLS where the address or a flag says so.

mod way;

use crate::config::{ClientTlsFlags, ConfigError, service_address};
use std::error::Error as StdError;
use std::path::Path;
use tonic::Status;
use tonic::transport::{Channel, Endpoint, Error};
use way::Connector;
pub use way::way;

/// Why nobody can be reached that way.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    #[error("{address} is no address; write one such as 127.0.0.1:50051")]
    Address { address: String },
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A service, and the way to it.
#[derive(Clone)]
pub struct Dial {
    /// As it was told.
    pub address: String,
    endpoint: Endpoint,
    tls: Option<Connector>,
}

impl Dial {
    /// To the address that was given, else to where the data folder says.
    ///
    /// # Errors
    /// An address that is none; certificates that cannot be used.
    pub fn to(
        given: Option<&str>,
        data_dir: &Path,
        flags: &ClientTlsFlags,
    ) -> Result<Self, DialError> {
        let address = service_address(given, data_dir);
        let wrong = || DialError::Address { address: address.clone() };
        let (is_https, is_http, host) = match address.split_once("://") {
            Some(("https", rest)) => (true, false, rest),
            Some(("http", rest)) => (false, true, rest),
            Some(_) => return Err(wrong()),
            None => (false, false, address.as_str()),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        let dialling = if is_http { None } else { flags.dialling(is_https)? };
        let (endpoint, tls) = match dialling {
            None => {
                let plain = Endpoint::from_shared(format!("http://{host}"));
                (plain.map_err(|_| wrong())?, None)
            }
            Some(dialling) => {
                let (endpoint, connector) = way(host, dialling).ok_or_else(wrong)?;
                (endpoint, Some(connector))
            }
        };
        Ok(Self { address, endpoint, tls })
    }

    /// The same with other settings.
    #[must_use]
    pub fn with(self, set: impl FnOnce(Endpoint) -> Endpoint) -> Self {
        Self { endpoint: set(self.endpoint), ..self }
    }

    /// Whether it is over TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// The address without how it is spoken to.
    #[must_use]
    pub fn host(&self) -> &str {
        let host = self.address.split_once("://").map_or(self.address.as_str(), |(_, host)| host);
        host.trim_end_matches('/')
    }

    /// A connection, made now.
    ///
    /// # Errors
    /// Nobody there, or nobody to trust.
    pub async fn connect(&self) -> Result<Channel, Error> {
        match &self.tls {
            None => self.endpoint.connect().await,
            Some(tls) => self.endpoint.connect_with_connector(tls.clone()).await,
        }
    }

    /// A connection, made when it is first used.
    #[must_use]
    pub fn connect_lazy(&self) -> Channel {
        match &self.tls {
            None => self.endpoint.connect_lazy(),
            Some(tls) => self.endpoint.connect_with_connector_lazy(tls.clone()),
        }
    }
}

/// The status's own words, or where it is tonic's, which are "transport error", those of what is at the bottom of it.
#[must_use]
pub fn cause(status: &Status) -> String {
    status.source().map_or_else(|| status.message().to_owned(), innermost)
}

/// The words of what is at the bottom of an error.
#[must_use]
pub fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
