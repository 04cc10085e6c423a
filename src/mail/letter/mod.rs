//! The texts of the mails: what stands in a letter, in five languages, as plain text and as HTML (L2, L3). Pure.
//!
//! ```text
//!   Letter  --write/-->  Page (blocks, in order)  --+-- text.rs -->  the plain part
//!           words/*.ftl                             +-- html.rs -->  the HTML part
//! ```
//! A letter is written once, as a page of blocks, and both parts are made of that page: neither can say what the other
//! does not. What the type of a partnership permits is read off `domain`, not told again here (T1). Whatever people
//! typed (names, addresses, messages) is distrusted: it comes in through `clean.rs` only, and leaves it marked, so that
//! the writers can isolate it, quote it and escape it.

mod clean;
mod date;
mod html;
mod language;
mod page;
mod samples;
mod text;
mod words;
mod write;

pub use language::Language;

use serde::{Deserialize, Serialize};
use words::Words;

/// What one mail tells its reader, as it is kept until it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// To the addressee: what is asked for, and by whom (V2).
    Invitation {
        /// As `domain::partner_type::PartnerType` is written: `RESELLER`.
        partner_type: String,
        /// Name of the account that invites.
        sender_account: String,
        /// Name of the member who invites; empty if an operator invited for no member.
        inviter: String,
        /// The sender's own words; may be empty, may hold line feeds.
        message: String,
        /// As `domain::partner_type::AdminRole` is written: `USER_ADMIN`.
        admin_roles: Vec<String>,
        /// For how many days the roles are asked for; without, they do not end by themselves.
        role_days: Option<u32>,
        /// Whether the roles are extended when these days are over.
        #[serde(default)]
        role_extends: bool,
        /// When the invitation expires, in Unix seconds.
        expires_at: Option<i64>,
    },
    /// To the sender: it names only the address typed (L2).
    Rejection {
        /// As the sender typed it.
        invitee_email: String,
        /// See [`Letter::Invitation`].
        partner_type: String,
        /// The recipient's own words; may be empty.
        reason: String,
    },
    /// To the inviter.
    Acceptance {
        /// Name of the account that accepted.
        partner_account: String,
        /// As the sender typed it.
        invitee_email: String,
        /// See [`Letter::Invitation`].
        partner_type: String,
    },
    /// To the other side's managers.
    Ending {
        /// Name of the former partner.
        partner_account: String,
        /// See [`Letter::Invitation`].
        partner_type: String,
    },
    /// To a provider's managers (P3).
    Inquiry {
        /// Name of the account that asks.
        customer_account: String,
        /// Name of the member who asks; may be empty.
        sender: String,
        /// Address to reply to, as typed.
        reply_to: String,
        /// ISO 3166-1 alpha-2; may be empty.
        #[serde(default)]
        country: String,
        /// As `domain::provider::CustomerSize` is written: `10-49`.
        #[serde(default)]
        customer_size: Option<String>,
        /// The customer's own words; may hold line feeds.
        needs: String,
    },
    /// To both sides' managers: administrator roles are about to end, or to be extended (T7).
    RoleExpiry {
        /// Name of the other side.
        partner_account: String,
        /// See [`Letter::Invitation`].
        partner_type: String,
        /// See [`Letter::Invitation`].
        admin_roles: Vec<String>,
        /// When they end or are extended, in Unix seconds.
        expires_at: i64,
        /// How many days until then.
        days_left: u32,
        /// Whether they are extended then.
        extends: bool,
        /// Whether the reader is on the side that holds them.
        recipient_is_provider: bool,
    },
}

/// A letter as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters, of a length that a list of mails can show.
    pub subject: String,
    /// Plain text, wrapped; ends with a line feed.
    pub text: String,
    /// A whole HTML document, in UTF-8.
    pub html: String,
}

impl Letter {
    /// The name of each kind, as [`Letter::kind`] answers it.
    pub const KINDS: [&'static str; 6] =
        ["invitation", "rejection", "acceptance", "ending", "inquiry", "role_expiry"];

    /// Which kind this is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "invitation",
            Self::Rejection { .. } => "rejection",
            Self::Acceptance { .. } => "acceptance",
            Self::Ending { .. } => "ending",
            Self::Inquiry { .. } => "inquiry",
            Self::RoleExpiry { .. } => "role_expiry",
        }
    }

    /// One of this kind about made-up people, to be looked at; none for a name that is not in [`Letter::KINDS`].
    #[must_use]
    pub fn sample(kind: &str) -> Option<Self> {
        samples::of(kind)
    }

    /// The letter in a language, with a button to `link` where that is an absolute http or https URL.
    #[must_use]
    pub fn render(&self, language: Language, link: Option<&str>) -> Rendered {
        let page = write::page(self, &Words::of(language), link);
        Rendered {
            subject: page.subject.plain(),
            text: text::document(&page),
            html: html::document(&page, language),
        }
    }
}

#[cfg(test)]
mod tests;
