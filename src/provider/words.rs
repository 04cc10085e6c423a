//! What is stored of a profile to be searched, and what a search asks for.

use super::store::{customer_sizes, texts};
use crate::domain::provider::CustomerSize;
use crate::domain::search;
use crate::entity::provider_profile;
use std::collections::BTreeSet;

/// The words of a profile.
pub struct Stored {
    pub name_key: String,
    /// In order, each between spaces.
    pub name_words: String,
    pub service_words: String,
    /// Every word, and whom the provider serves.
    pub all: BTreeSet<String>,
    /// Those that somebody may misspell.
    pub spelt: BTreeSet<String>,
}

impl Stored {
    pub fn of(row: &provider_profile::Model) -> Self {
        let name = search::words(&row.display_name);
        let services = search::words(&texts(&row.services).join("\n"));
        let mut all: BTreeSet<String> = search::words(&row.description).into_iter().collect();
        all.extend(name.iter().chain(&services).cloned());
        all.extend(texts(&row.countries).iter().map(|code| country(code)));
        all.extend(texts(&row.cities).iter().map(|name| city(name)));
        all.extend(customer_sizes(row).into_iter().map(|one| size(one).to_owned()));
        let spelt = name.iter().chain(&services).filter(|word| search::may_be_misspelt(word));
        Self {
            name_key: search::key(&row.display_name),
            spelt: spelt.cloned().collect(),
            name_words: format!(" {} ", name.join(" ")),
            service_words: format!(" {} ", services.join(" ")),
            all,
        }
    }
}

/// One of several ways in which a profile may have what is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    pub word: String,
    /// Whether words that only begin so will do.
    pub begins: bool,
}

impl Term {
    pub fn whole(word: String) -> Self {
        Self { word, begins: false }
    }
}

/// What a profile must have: of each list at least one.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// In its texts.
    pub words: Vec<Vec<Term>>,
    /// Whom it must serve.
    pub serves: Vec<String>,
    /// The whole of what was asked: a name that is just this comes first.
    pub name_key: String,
}

impl Sought {
    pub fn is_everything(&self) -> bool {
        self.words.is_empty() && self.serves.is_empty()
    }
}

// no word of a text has an underscore
pub fn country(code: &str) -> String {
    format!("c_{}", code.to_ascii_lowercase())
}

pub fn city(name: &str) -> String {
    let words = search::key(name);
    let words: Vec<&str> =
        words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    format!("t_{}", words.join("_"))
}

pub fn size(size: CustomerSize) -> &'static str {
    match size {
        CustomerSize::From1To9 => "s_1",
        CustomerSize::From10To49 => "s_10",
        CustomerSize::From50To249 => "s_50",
        CustomerSize::From250To999 => "s_250",
        CustomerSize::From1000 => "s_1000",
    }
}
