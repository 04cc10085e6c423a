//! A letter as a message: headers that nothing in a letter can add to, one recipient, text and HTML.

use super::letter::{Language, Letter};
use crate::domain::time::Timestamp;
use crate::entity::mail;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::{Address, address::AddressError};
use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

/// The longest subject, in characters: what a letter names may be longer.
const MAX_SUBJECT: usize = 200;

/// A message, and where it goes.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub from: Address,
    pub to: Address,
    /// Without its angle brackets.
    pub message_id: String,
    pub bytes: Vec<u8>,
}

/// Why a row cannot be made a message, ever.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error("the letter cannot be read")]
    Letter,
    #[error("the address cannot be written in a message")]
    Address,
    #[error("the message cannot be made: {0}")]
    Message(#[from] lettre::error::Error),
}

/// The Message-ID of a row once it was tried, without its angle brackets; the same in every attempt.
#[must_use]
pub fn message_id(row: &mail::Model) -> Option<String> {
    row.message_domain.as_ref().map(|domain| format!("{}@{domain}", row.id))
}

/// Makes the message. Two attempts differ in nothing but the parts' boundary.
///
/// # Errors
/// What no other attempt would mend.
pub fn compose(row: &mail::Model, from: &Mailbox, link: Option<&str>) -> Result<Outgoing, Flaw> {
    let letter: Letter = serde_json::from_str(&row.letter).map_err(|_| Flaw::Letter)?;
    let language = Language::of(Some(&row.language));
    let rendered = letter.render(language, link);
    let to = address(&row.recipient).map_err(|_| Flaw::Address)?;
    let message_id = message_id(row).unwrap_or_else(|| row.id.to_string());
    let mut message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&rendered.subject))
        .message_id(Some(format!("<{message_id}>")))
        .date(moment(row.created_at))
        .header(AutoSubmitted)
        .header(ContentLanguage(language.tag()));
    if let Letter::Inquiry { reply_to, .. } = &letter {
        // whoever reads it answers the customer, not this service
        let reply_to = address(reply_to).map_err(|_| Flaw::Address)?;
        message = message.reply_to(Mailbox::new(None, reply_to));
    }
    let parts = MultiPart::alternative_plain_html(rendered.text, rendered.html);
    let bytes = message.multipart(parts)?.formatted();
    Ok(Outgoing { from: from.email.clone(), to, message_id, bytes })
}

/// An address with its domain as mail servers read it.
fn address(typed: &str) -> Result<Address, AddressError> {
    let (local, domain) = typed.rsplit_once('@').ok_or(AddressError::MissingParts)?;
    let domain = idna::domain_to_ascii(domain).map_err(|_| AddressError::InvalidDomain)?;
    Address::new(local, domain)
}

/// No line of its own, no control characters, and no end in sight of it cut short.
fn one_line(subject: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let plain: String =
        subject.chars().map(|c| if is_break(c) { ' ' } else { c }).take(MAX_SUBJECT + 1).collect();
    if plain.chars().count() <= MAX_SUBJECT {
        return plain;
    }
    plain.chars().take(MAX_SUBJECT - 1).chain(['\u{2026}']).collect()
}

fn moment(at: Timestamp) -> SystemTime {
    let since = Duration::from_micros(u64::try_from(at.0).unwrap_or(0));
    // whole seconds, as headers have
    SystemTime::UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

/// Sent by a machine: nobody's absence note answers it (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

#[derive(Clone)]
struct ContentLanguage(&'static str);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Header for ContentLanguage {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(tag: &str) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        Ok(Self(Language::of(Some(tag)).tag()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.to_owned())
    }
}
