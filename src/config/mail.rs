//! Mail: where letters go, as whose, and how many.

use super::{ConfigError, Output};
use crate::domain::mail::MailKind;
use crate::mail::post::{Carrier, Post};
use crate::mail::smtp::{Server, Smtp};
use clap::{Args, Subcommand, ValueEnum};
use lettre::message::Mailbox;
use std::path::{Path, PathBuf};

/// What links lead to until the operator says where people decide on invitations.
pub const DEFAULT_LINK_BASE_URL: &str = "http://localhost:8080/invitations";

/// How mail is sent.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Mail")]
pub struct MailConfig {
    /// The mail server: smtp://host:587 (STARTTLS, required unless it is this machine) or smtps://host:465 (TLS);
    /// smtp+plain://host:25 is for this machine, or with --insecure [default: files in <data-dir>/mail]
    #[arg(long, env = "PARTNER_SMTP_URL", hide_env_values = true, value_name = "URL")]
    pub smtp_url: Option<String>,
    /// The name to authenticate with at the mail server.
    #[arg(long, env = "PARTNER_SMTP_USERNAME", value_name = "NAME")]
    pub smtp_username: Option<String>,
    /// The file that holds its password.
    #[arg(long, env = "PARTNER_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Certificates (PEM) to trust at the mail server, besides the system's.
    #[arg(long, env = "PARTNER_SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,
    /// Whom letters are from: an address, or a name and an address in angle brackets.
    #[arg(
        long,
        env = "PARTNER_MAIL_FROM",
        default_value = "Partner Service <partner-service@localhost>",
        value_name = "ADDRESS"
    )]
    pub mail_from: Mailbox,
    /// Where the links of invitations lead: the secret to look the invitation up with follows after a slash.
    #[arg(
        long,
        env = "PARTNER_LINK_BASE_URL",
        default_value = DEFAULT_LINK_BASE_URL,
        value_name = "URL",
        value_parser = web_address
    )]
    pub link_base_url: String,
    /// Letters that one address gets per UTC day; what goes beyond is not sent.
    #[arg(long, env = "PARTNER_MAILS_PER_RECIPIENT", default_value_t = 5, value_name = "COUNT")]
    pub mails_per_recipient: u64,
}

fn web_address(text: &str) -> Result<String, &'static str> {
    const WRONG: &str = "write an https:// or http:// URL without query and fragment";
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let sound = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '<' | '>' | '"');
    let host = rest.ok_or(WRONG)?.split('/').next().unwrap_or_default();
    if host.is_empty() || !text.chars().all(sound) { Err(WRONG) } else { Ok(text.to_owned()) }
}

impl MailConfig {
    /// What a worker sends with.
    ///
    /// # Errors
    /// `Smtp`, or a file that cannot be read.
    pub fn post(&self, data_dir: &Path, insecure: bool) -> Result<Post, ConfigError> {
        let from = self.mail_from.clone();
        let carrier = match self.server(insecure)? {
            None => Carrier::files(data_dir.join("mail")),
            Some(server) => {
                let ca = self.smtp_ca_file.as_deref().map(read).transpose()?;
                let (domain, credentials) = (from.email.domain(), self.credentials()?);
                Carrier::smtp(Smtp::new(server, domain, credentials, ca.as_deref())?)
            }
        };
        Ok(Post { carrier, from, link_base_url: self.link_base_url.clone() })
    }

    /// The mail server, if there is one.
    ///
    /// # Errors
    /// `Smtp`, `HalfCredentials`.
    pub fn server(&self, insecure: bool) -> Result<Option<Server>, ConfigError> {
        if self.smtp_username.is_some() != self.smtp_password_file.is_some() {
            return Err(ConfigError::HalfCredentials);
        }
        let server = self.smtp_url.as_deref().map(|url| Server::parse(url, insecure));
        Ok(server.transpose()?)
    }

    fn credentials(&self) -> Result<Option<(String, String)>, ConfigError> {
        let Some((name, path)) = self.smtp_username.clone().zip(self.smtp_password_file.as_deref())
        else {
            return Ok(None);
        };
        let password = String::from_utf8(read(path)?).map_err(|_| ConfigError::Key {
            path: path.to_path_buf(),
            message: "a password is text".to_owned(),
        })?;
        Ok(Some((name, password.trim_end_matches(['\r', '\n']).to_owned())))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|source| ConfigError::File { path: path.to_path_buf(), source })
}

/// What to do about mail.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Print a letter of made-up data.
    Preview(PreviewConfig),
}

/// Which letter, and how.
#[derive(Clone, Debug, Args)]
pub struct PreviewConfig {
    /// What it is about.
    #[arg(long, value_name = "KIND")]
    pub kind: LetterKind,
    /// Its language, as a tag such as fr or sv-FI: English, French, Swedish, Dutch and Korean are known, English is
    /// what the others get.
    #[arg(long, default_value = "en", value_name = "TAG")]
    pub language: String,
    /// Print the HTML instead of the text.
    #[arg(long)]
    pub html: bool,
    /// How to print it; json holds the text and the HTML.
    #[arg(long, short, default_value = "text", value_name = "FORMAT")]
    pub output: Output,
    /// Where the link leads.
    #[arg(
        long,
        env = "PARTNER_LINK_BASE_URL",
        default_value = DEFAULT_LINK_BASE_URL,
        value_name = "URL",
        value_parser = web_address
    )]
    pub link_base_url: String,
}

/// What letters are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LetterKind {
    Invitation,
    Rejection,
    Acceptance,
    Ending,
    Inquiry,
    RoleExpiry,
}

impl LetterKind {
    /// The kind.
    #[must_use]
    pub fn kind(self) -> MailKind {
        match self {
            Self::Invitation => MailKind::Invitation,
            Self::Rejection => MailKind::Rejection,
            Self::Acceptance => MailKind::Acceptance,
            Self::Ending => MailKind::Ending,
            Self::Inquiry => MailKind::Inquiry,
            Self::RoleExpiry => MailKind::RoleExpiry,
        }
    }
}
