//! What letters say.

use serde::{Deserialize, Serialize};

/// What a letter tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    Invitation {
        partner_type: String,
        sender_account: String,
        inviter: String,
        message: String,
        admin_roles: Vec<String>,
        role_days: Option<u32>,
        #[serde(default)]
        role_extends: bool,
        expires_at: Option<i64>,
    },
    Rejection {
        invitee_email: String,
        partner_type: String,
        reason: String,
    },
    Acceptance {
        partner_account: String,
        invitee_email: String,
        partner_type: String,
    },
    Ending {
        partner_account: String,
        partner_type: String,
    },
    Inquiry {
        customer_account: String,
        sender: String,
        reply_to: String,
        country: String,
        customer_size: Option<String>,
        needs: String,
    },
    RoleExpiry {
        partner_account: String,
        partner_type: String,
        admin_roles: Vec<String>,
        expires_at: i64,
        days_left: u32,
        extends: bool,
        recipient_is_provider: bool,
    },
}

/// A language that letters are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    French,
    Swedish,
    Dutch,
    Korean,
}

/// A letter in words.
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Language {
    /// The language of a locale; English where it is another one, or unknown.
    #[must_use]
    pub fn of(locale: Option<&str>) -> Self {
        let primary = locale.unwrap_or_default().split(['-', '_']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "fr" => Self::French,
            "sv" => Self::Swedish,
            "nl" => Self::Dutch,
            "ko" => Self::Korean,
            _ => Self::English,
        }
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Swedish => "sv",
            Self::Dutch => "nl",
            Self::Korean => "ko",
        }
    }
}

impl Letter {
    /// A letter of made-up data.
    #[must_use]
    pub fn sample(kind: &str) -> Option<Self> {
        (kind == "ending").then(|| Self::Ending {
            partner_account: "Contoso".to_owned(),
            partner_type: "RESELLER".to_owned(),
        })
    }

    /// Puts it into words.
    #[must_use]
    pub fn render(&self, language: Language, link: Option<&str>) -> Rendered {
        let text = format!("{self:?} {} {}", language.tag(), link.unwrap_or_default());
        Rendered { subject: text.clone(), html: format!("<p>{}</p>", text.len()), text }
    }
}
