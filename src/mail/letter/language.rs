//! The languages that letters are written in (L3).

use serde::{Deserialize, Serialize};

/// One of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// For everybody whose own language is none of the others.
    #[serde(rename = "en")]
    English,
    /// The reader is "vous".
    #[serde(rename = "fr")]
    French,
    /// The reader is "du".
    #[serde(rename = "sv")]
    Swedish,
    /// The reader is "u".
    #[serde(rename = "nl")]
    Dutch,
    /// In the formal polite style.
    #[serde(rename = "ko")]
    Korean,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::English, Self::French, Self::Swedish, Self::Dutch, Self::Korean];

    /// The language of a BCP 47 tag such as `fr-CA`; English where it is none of the five.
    #[must_use]
    pub fn of(locale: Option<&str>) -> Self {
        let tag = locale.unwrap_or_default().trim();
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let found = Self::ALL.into_iter().find(|one| primary.eq_ignore_ascii_case(one.tag()));
        found.unwrap_or(Self::English)
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

    /// Its words, as translators write them.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("words/en.ftl"),
            Self::French => include_str!("words/fr.ftl"),
            Self::Swedish => include_str!("words/sv.ftl"),
            Self::Dutch => include_str!("words/nl.ftl"),
            Self::Korean => include_str!("words/ko.ftl"),
        }
    }
}
