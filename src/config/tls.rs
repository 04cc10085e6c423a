//! Certificates: what the service shows and asks for, and what this program's own clients do.

use super::ConfigError;
use crate::tls::{Dialling, Files};
use clap::Args;
use std::path::{Path, PathBuf};

/// How the service is reached.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsFlags {
    /// Serve TLS with this certificate, followed by those between it and its authority (PEM). This file and the next two
    /// are read again when they change.
    #[arg(long, env = "PARTNER_TLS_CERT_FILE", value_name = "FILE")]
    pub tls_cert_file: Option<PathBuf>,
    /// The certificate's private key (PEM, without a password).
    #[arg(long, env = "PARTNER_TLS_KEY_FILE", value_name = "FILE")]
    pub tls_key_file: Option<PathBuf>,
    /// Let only callers in that show a certificate of one of these authorities (PEM).
    #[arg(long, env = "PARTNER_TLS_CLIENT_CA_FILE", value_name = "FILE")]
    pub tls_client_ca_file: Option<PathBuf>,
}

impl TlsFlags {
    /// The files, if TLS is served.
    ///
    /// # Errors
    /// `HalfIdentity`, `ClientCaWithoutTls`.
    pub fn files(&self) -> Result<Option<Files>, ConfigError> {
        let Self { tls_cert_file, tls_key_file, tls_client_ca_file } = self;
        let identity = pair(
            ("tls-cert-file", tls_cert_file.as_ref()),
            ("tls-key-file", tls_key_file.as_ref()),
        )?;
        match identity {
            None if tls_client_ca_file.is_some() => Err(ConfigError::ClientCaWithoutTls),
            None => Ok(None),
            Some((certificate, key)) => Ok(Some(Files {
                certificate: certificate.clone(),
                key: key.clone(),
                client_ca: tls_client_ca_file.clone(),
            })),
        }
    }
}

/// How this program reaches a service.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS")]
pub struct ClientTlsFlags {
    /// Speak TLS and trust these authorities (PEM) [default: this machine's]
    #[arg(long, env = "PARTNER_TLS_CA_FILE", value_name = "FILE")]
    pub tls_ca_file: Option<PathBuf>,
    /// Speak TLS and show this certificate (PEM) to a service that asks for one.
    #[arg(long, env = "PARTNER_TLS_CLIENT_CERT_FILE", value_name = "FILE")]
    pub tls_client_cert_file: Option<PathBuf>,
    /// Its private key (PEM).
    #[arg(long, env = "PARTNER_TLS_CLIENT_KEY_FILE", value_name = "FILE")]
    pub tls_client_key_file: Option<PathBuf>,
    /// Beside the service: speak TLS and trust what shows the service's own certificate, for which this is the file.
    #[arg(long, env = "PARTNER_TLS_CERT_FILE", value_name = "FILE")]
    pub tls_cert_file: Option<PathBuf>,
    /// Its private key, to show the same certificate to a service that asks for one.
    #[arg(long, env = "PARTNER_TLS_KEY_FILE", value_name = "FILE")]
    pub tls_key_file: Option<PathBuf>,
}

impl ClientTlsFlags {
    /// How to speak TLS, if any flag says so or the service `is_https`. What is said of authorities and a client's
    /// certificate counts before the service's own.
    ///
    /// # Errors
    /// `HalfIdentity`, `Tls`.
    pub fn dialling(&self, is_https: bool) -> Result<Option<Dialling>, ConfigError> {
        let shown = pair(
            ("tls-client-cert-file", self.tls_client_cert_file.as_deref()),
            ("tls-client-key-file", self.tls_client_key_file.as_deref()),
        )?;
        let ca = self.tls_ca_file.as_deref();
        Ok(match self.own() {
            Some((certificate, key)) => Some(Dialling::own(certificate, key)?),
            None if is_https || ca.is_some() || shown.is_some() => {
                Some(Dialling::trusting(ca, shown)?)
            }
            None => None,
        })
    }

    /// grpcurl with what has it trust and show the same.
    #[must_use]
    pub fn grpcurl(&self) -> String {
        let flag = |name: &str, path: Option<&Path>| {
            path.map(|path| format!(" -{name} {}", path.display())).unwrap_or_default()
        };
        if let Some((certificate, key)) = self.own() {
            // its names need not be those it is reached by here
            let shown = key.map(|_| certificate);
            return format!("grpcurl -insecure{}{}", flag("cert", shown), flag("key", key));
        }
        format!(
            "grpcurl{}{}{}",
            flag("cacert", self.tls_ca_file.as_deref()),
            flag("cert", self.tls_client_cert_file.as_deref()),
            flag("key", self.tls_client_key_file.as_deref())
        )
    }

    fn own(&self) -> Option<(&Path, Option<&Path>)> {
        let is_said = self.tls_ca_file.is_some() || self.tls_client_cert_file.is_some();
        let own = self.tls_cert_file.as_deref().filter(|_| !is_said)?;
        Some((own, self.tls_key_file.as_deref()))
    }
}

type Named<T> = (&'static str, Option<T>);

fn pair<T>(certificate: Named<T>, key: Named<T>) -> Result<Option<(T, T)>, ConfigError> {
    match (certificate, key) {
        ((_, Some(certificate)), (_, Some(key))) => Ok(Some((certificate, key))),
        ((_, None), (_, None)) => Ok(None),
        ((certificate, _), (key, _)) => Err(ConfigError::HalfIdentity { certificate, key }),
    }
}
