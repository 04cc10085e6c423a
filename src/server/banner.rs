//! What the service says of itself when it starts.

use crate::config::{AuthMode, DEFAULT_LINK_BASE_URL, ServeConfig};
use crate::mail::smtp::Security;
use crate::tls::Files;
use std::io::Write;

/// How many migrations were applied, in words.
#[must_use]
pub fn migrations(applied: usize) -> String {
    match applied {
        0 => "schema up to date".to_owned(),
        1 => "1 migration applied".to_owned(),
        many => format!("{many} migrations applied"),
    }
}

/// Says on standard output what runs, and where.
pub(super) fn print(
    config: &ServeConfig,
    address: &str,
    metrics: Option<&str>,
    database: &str,
    is_kept: bool,
) {
    let auth = match config.auth {
        AuthMode::None if config.listen.ip().is_loopback() => {
            "none: a caller is the member that x-member-id names, else an operator; only from this machine"
        }
        AuthMode::None => "NONE: whoever can reach this address is an operator (--insecure)",
        AuthMode::Jwt => "jwt",
    };
    let token = match config.auth {
        AuthMode::None => "",
        AuthMode::Jwt => " --token <an operator's>",
    };
    let key = match is_kept {
        true => {
            "kept in the database, so a dump of it contains the key; --secret-key-file keeps it outside"
        }
        false => "from --secret-key-file",
    };
    let mail = mail(config);
    let metrics = metrics.map_or_else(
        || "off; --metrics-listen serves them".to_owned(),
        |address| format!("http://{address}/metrics"),
    );
    let (way, https, beside, grpcurl) = tls(config);
    let program = std::env::args().next().unwrap_or_else(|| "partner-service".to_owned());
    let text = format!(
        "partner-service {version}
  gRPC      {address}, {way}
  database  {database}
  auth      {auth}
  key       {key}
  mail      {mail}
  metrics   {metrics}
  try       {program} demo --address {https}{address}{beside}{token}
            grpcurl {grpcurl} {address} list
",
        version = env!("CARGO_PKG_VERSION"),
    );
    // a banner that nobody reads is no reason not to serve
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// In words, and what has clients beside the service speak it.
fn tls(config: &ServeConfig) -> (String, &'static str, String, String) {
    let Ok(Some(Files { certificate, key, client_ca })) = config.tls.files() else {
        return ("no TLS".to_owned(), "", String::new(), "-plaintext".to_owned());
    };
    let (certificate, key) = (certificate.display(), key.display());
    match client_ca {
        None => (
            "TLS".to_owned(),
            "https://",
            format!(" --tls-cert-file {certificate}"),
            "-insecure".to_owned(),
        ),
        Some(ca) => (
            format!("mTLS: callers show a certificate of {}", ca.display()),
            "https://",
            format!(" --tls-cert-file {certificate} --tls-key-file {key}"),
            format!("-insecure -cert {certificate} -key {key}"),
        ),
    }
}

fn mail(config: &ServeConfig) -> String {
    let from = &config.mail.mail_from;
    match config.mail.server(config.insecure) {
        Ok(Some(server)) => {
            let how = match server.security {
                Security::Implicit => "TLS",
                Security::StartTls => "STARTTLS",
                Security::IfOffered => "STARTTLS if offered",
                Security::Plain => "no TLS",
            };
            format!("{}:{} ({how}), from {from}", server.host, server.port)
        }
        _ => format!("files in {}; --smtp-url sends them", config.data_dir.join("mail").display()),
    }
}

/// Says what letters would be useless for.
pub(super) fn warn(config: &ServeConfig) {
    if config.mail.smtp_url.is_none() {
        return;
    }
    if config.mail.link_base_url == DEFAULT_LINK_BASE_URL {
        tracing::warn!(
            "the links of invitations lead to {DEFAULT_LINK_BASE_URL}; --link-base-url says where people decide"
        );
    }
    if config.mail.mail_from.email.domain() == "localhost" {
        tracing::warn!(
            "letters are from an address at localhost, which mail servers refuse; --mail-from says whose they are"
        );
    }
}
