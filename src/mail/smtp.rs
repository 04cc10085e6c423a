//! A mail server: one connection, kept while there is something to send; encrypted and verified unless it is this machine's.
//!
//! What a server says no to decides who waits. At its greeting, STARTTLS, AUTH and MAIL FROM it is about us: nothing of the
//! letter was told yet, so all letters wait. At RCPT TO and after the message it is about the letter, except where it
//! says that it relays nothing from us, or wants us to authenticate.

use super::compose::Outgoing;
use super::post::Verdict;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use std::error::Error as StdError;
use std::net::IpAddr;
use std::time::Duration;

/// For the first answer of a server that is there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// STARTTLS where the server offers it: on this machine.
    IfOffered,
    /// None: on this machine, or as insecure as was asked for.
    Plain,
}

/// A server as a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// What is wrong with a mail server's configuration; no URL, name or password is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    #[error("--smtp-url must be smtp://host:587, smtps://host:465 or smtp+plain://host:25")]
    Malformed,
    #[error(
        "--smtp-url must hold no name and password: give --smtp-username and --smtp-password-file"
    )]
    Credentials,
    #[error(
        "--smtp-url sends letters readable to another machine: use smtp:// (STARTTLS) or smtps://, or allow it with --insecure"
    )]
    Plain,
    #[error("the certificates of --smtp-ca-file cannot be used: they have to be in PEM")]
    Certificates,
    #[error("the host of --smtp-url cannot be verified by a certificate: {0}")]
    Tls(String),
}

impl Server {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str, insecure: bool) -> Result<Self, SmtpError> {
        let (scheme, rest) = url.split_once("://").ok_or(SmtpError::Malformed)?;
        let (default_port, security) = match scheme {
            "smtp" => (587, Security::StartTls),
            "smtps" => (465, Security::Implicit),
            "smtp+plain" => (25, Security::Plain),
            _ => return Err(SmtpError::Malformed),
        };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if authority.contains('@') {
            return Err(SmtpError::Credentials);
        }
        let (host, port) = host_and_port(authority).ok_or(SmtpError::Malformed)?;
        let server = Self { port: port.unwrap_or(default_port), security, host };
        match (server.is_loopback(), security) {
            (true, Security::StartTls) => Ok(Self { security: Security::IfOffered, ..server }),
            (false, Security::Plain) if !insecure => Err(SmtpError::Plain),
            _ => Ok(server),
        }
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

fn host_and_port(authority: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, after.strip_prefix(':').or((after.is_empty()).then_some("")))
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port).filter(|port| !port.is_empty())),
            None => (authority, Some("")),
        },
    };
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
    if host.is_empty() || !host.chars().all(sound) {
        return None;
    }
    match port? {
        "" => Some((host.to_owned(), None)),
        port => Some((host.to_owned(), Some(port.parse().ok().filter(|port| *port > 0)?))),
    }
}

/// A mail server, and how it is spoken to.
pub struct Smtp {
    server: Server,
    credentials: Option<Credentials>,
    tls: Option<TlsParameters>,
    hello: ClientId,
    connection: Option<AsyncSmtpConnection>,
}

impl Smtp {
    /// Prepares to speak to a server as `domain`; connects when there is something to send.
    ///
    /// # Errors
    /// `Certificates`, `Tls`.
    pub fn new(
        server: Server,
        domain: &str,
        credentials: Option<(String, String)>,
        ca_certificates: Option<&[u8]>,
    ) -> Result<Self, SmtpError> {
        let tls = match server.security {
            Security::Plain => None,
            Security::Implicit | Security::StartTls | Security::IfOffered => {
                Some(tls(&server.host, ca_certificates)?)
            }
        };
        Ok(Self {
            server,
            credentials: credentials.map(|(name, password)| Credentials::new(name, password)),
            tls,
            hello: ClientId::Domain(domain.to_owned()),
            connection: None,
        })
    }

    /// One letter to one recipient. The connection is kept only if the server took it, or refused it in good order.
    pub async fn deliver(&mut self, letter: &Outgoing) -> Verdict {
        let mut connection = match self.connected().await {
            Ok(connection) => connection,
            Err(error) => return Verdict::Trouble(in_words("connecting", &error)),
        };
        let verdict = send(&mut connection, letter).await;
        match verdict {
            Verdict::Sent => self.connection = Some(connection),
            Verdict::Later(_) | Verdict::Refused(_) | Verdict::Trouble(_) => {
                // whatever it said, it may not be where we think it is
                connection.abort().await;
            }
        }
        verdict
    }

    /// Says goodbye.
    pub async fn rest(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            let _ = tokio::time::timeout(CONNECT_TIMEOUT, connection.quit()).await;
        }
    }

    /// The connection there is, if the server still holds it, or a new one.
    async fn connected(&mut self) -> Result<AsyncSmtpConnection, Error> {
        if let Some(mut connection) = self.connection.take()
            && connection.test_connected().await
        {
            return Ok(connection);
        }
        let Server { host, port, security } = &self.server;
        let wrapped = self.tls.clone().filter(|_| *security == Security::Implicit);
        let address = (host.as_str(), *port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(CONNECT_TIMEOUT),
            &self.hello,
            wrapped,
            None,
        )
        .await?;
        let offered = connection.can_starttls();
        match (&self.tls, security) {
            (Some(tls), Security::StartTls) => {
                connection.starttls(tls.clone(), &self.hello).await?;
            }
            (Some(tls), Security::IfOffered) if offered => {
                connection.starttls(tls.clone(), &self.hello).await?;
            }
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }
}

async fn send(connection: &mut AsyncSmtpConnection, letter: &Outgoing) -> Verdict {
    let mut parameters = Vec::new();
    let is_ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    if !is_ascii(&letter.from) || !is_ascii(&letter.to) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Verdict::Refused("the server takes ASCII addresses only".to_owned());
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if let Err(error) = connection.command(Mail::new(Some(letter.from.clone()), parameters)).await {
        return Verdict::Trouble(in_words("MAIL FROM", &error));
    }
    if let Err(error) = connection.command(Rcpt::new(letter.to.clone(), Vec::new())).await {
        let about_us = is_about_us(&error);
        return judged("RCPT TO", &error, about_us);
    }
    if let Err(error) = connection.command(Data).await {
        return judged("DATA", &error, false);
    }
    match connection.message(&letter.bytes).await {
        Ok(_) => Verdict::Sent,
        Err(error) => judged("the message", &error, false),
    }
}

/// A no to the recipient that says more of the sender.
fn is_about_us(error: &Error) -> bool {
    let code = error.status().map(u16::from);
    let wants_authentication = matches!(code, Some(500..=504 | 530 | 535 | 538));
    // 5.7: policy; relaying is denied, most often
    wants_authentication || enhanced(error).is_some_and(|status| status.starts_with("5.7."))
}

fn judged(at: &str, error: &Error, about_us: bool) -> Verdict {
    let words = in_words(at, error);
    match error.status() {
        Some(_) if about_us => Verdict::Trouble(words),
        Some(_) if error.is_permanent() => Verdict::Refused(words),
        Some(_) => Verdict::Later(words),
        None => Verdict::Trouble(words),
    }
}

/// Codes only: what servers write beside them repeats addresses.
fn in_words(at: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => {
            let status = enhanced(error).map(|status| format!(" {status}")).unwrap_or_default();
            format!("the server answered {at} with {code}{status}")
        }
        None if error.is_timeout() => format!("no answer in time at {at}"),
        None if error.is_tls() => format!("TLS failed at {at}: {}", cause(error)),
        None if error.is_client() => format!("{at} failed: {}", cause(error)),
        None => format!("the connection failed at {at}: {}", cause(error)),
    }
}

fn cause(error: &Error) -> String {
    error.source().map_or_else(|| "no more is known".to_owned(), ToString::to_string)
}

/// The status that servers put in front of their words (RFC 3463).
fn enhanced(error: &Error) -> Option<String> {
    let words = error.source()?.to_string();
    let first = words.split_ascii_whitespace().next()?;
    let numbers: Vec<&str> = first.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (numbers.len() == 3 && numbers.iter().all(is_number)).then(|| first.to_owned())
}

fn tls(host: &str, ca_certificates: Option<&[u8]>) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_certificates {
        // what holds no certificate at all is read without complaint
        if !pem.windows(BEGIN.len()).any(|bytes| bytes == BEGIN) {
            return Err(SmtpError::Certificates);
        }
        let certificate = Certificate::from_pem(pem).map_err(|_| SmtpError::Certificates)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|error| SmtpError::Tls(cause(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Security::{IfOffered, Implicit, Plain, StartTls};

    fn parse(url: &str) -> Result<(String, u16, Security), SmtpError> {
        Server::parse(url, false).map(|server| (server.host, server.port, server.security))
    }

    #[test]
    fn a_url_names_host_port_and_how_it_is_protected() {
        let ok = |host: &str, port, security| Ok((host.to_owned(), port, security));
        assert_eq!(parse("smtp://mail.example"), ok("mail.example", 587, StartTls));
        assert_eq!(parse("smtp://mail.example:25/"), ok("mail.example", 25, StartTls));
        assert_eq!(parse("smtps://mail.example"), ok("mail.example", 465, Implicit));
        assert_eq!(parse("smtps://[2001:db8::1]:4650"), ok("2001:db8::1", 4650, Implicit));
        assert_eq!(parse("smtp+plain://127.0.0.1:2525"), ok("127.0.0.1", 2525, Plain));
    }

    #[test]
    fn starttls_is_optional_on_this_machine_only() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(parse(&format!("smtp://{host}:25")).unwrap().2, IfOffered, "{host}");
        }
        assert_eq!(parse("smtp://10.0.0.1:25").unwrap().2, StartTls);
        assert_eq!(parse("smtp://localhost.example:25").unwrap().2, StartTls);
    }

    #[test]
    fn letters_go_readable_to_another_machine_only_if_that_is_allowed() {
        assert_eq!(parse("smtp+plain://mail.example:25"), Err(SmtpError::Plain));
        assert!(Server::parse("smtp+plain://mail.example:25", true).is_ok());
    }

    #[test]
    fn what_is_no_url_of_a_mail_server_is_refused() {
        for url in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://",
            "smtp://:25",
            "smtp://a b",
            "smtp://mail.example:",
            "smtp://mail.example:0",
            "smtp://mail.example:65536",
            "smtp://mail.example/path",
            "smtp://[::1",
            "smtp://[nonsense]:25",
            "smtp://[::1]25",
            "smtp://mail.example\r\nRSET",
            "smtp://mail.example?x=y",
        ] {
            assert_eq!(parse(url), Err(SmtpError::Malformed), "{url}");
        }
        assert_eq!(parse("smtp://name:secret@mail.example"), Err(SmtpError::Credentials));
    }
}
