//! `--jwks`: a key set in a file, or at a URL.

use super::{ConfigError, ServeConfig};
use reqwest::Url;
use std::net::IpAddr;
use std::path::PathBuf;

/// Where a key set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Jwks {
    File(PathBuf),
    Url(Url),
}

impl ServeConfig {
    /// Where the key set is, if there is one.
    ///
    /// # Errors
    /// `JwksValue`, `JwksWithoutTls`.
    pub fn jwks(&self) -> Result<Option<Jwks>, ConfigError> {
        self.jwks.as_ref().map(|value| place(value.expose(), self.insecure)).transpose()
    }
}

fn place(value: &str, insecure: bool) -> Result<Jwks, ConfigError> {
    if value.trim_start().starts_with('{') {
        return Err(ConfigError::JwksValue);
    }
    if !value.contains("://") {
        return Ok(Jwks::File(PathBuf::from(value)));
    }
    let url: Url = value.parse().map_err(|_| ConfigError::JwksValue)?;
    match url.scheme() {
        "https" => Ok(Jwks::Url(url)),
        "http" if insecure || is_loopback(&url) => Ok(Jwks::Url(url)),
        "http" => Err(ConfigError::JwksWithoutTls),
        _ => Err(ConfigError::JwksValue),
    }
}

/// Whether a URL leads nowhere else than to this machine.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_set_is_at_a_url_with_tls_or_on_this_machine_and_else_in_a_file() {
        for url in [
            "https://id.example.com/.well-known/jwks.json",
            "https://user:hush@id.example.com:8443/keys?a=b",
            "http://127.0.0.1:1/keys",
            "http://[::1]/keys",
            "http://localhost:80/",
        ] {
            assert_eq!(place(url, false).unwrap(), Jwks::Url(url.parse().unwrap()), "{url}");
        }
        for path in ["jwks.json", "/etc/partner/jwks.json", "./a:b", "https:"] {
            assert_eq!(place(path, false).unwrap(), Jwks::File(path.into()), "{path}");
        }
    }

    #[test]
    fn over_a_network_without_tls_anybody_could_answer_with_keys_of_their_own() {
        for url in ["http://id.example.com/keys", "http://10.0.0.1/", "http://127.0.0.1.example/"] {
            assert!(matches!(place(url, false), Err(ConfigError::JwksWithoutTls)), "{url}");
            assert!(matches!(place(url, true), Ok(Jwks::Url(_))), "{url}");
        }
    }

    #[test]
    fn what_is_neither_is_not_repeated() {
        for value in ["ftp://u:hush@h/", "https://", "file:///hush", "://hush", "{\"keys\": []}"] {
            let error = place(value, true).unwrap_err();
            assert!(matches!(error, ConfigError::JwksValue), "{value}");
            assert!(!error.to_string().contains("hush"));
        }
    }
}
