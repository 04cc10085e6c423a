//! What is stored of a profile to be searched, and what a search asks for.
//!
//! A profile's words are one set. No word of a text has an underscore, so that marks can stand among them: whom the provider
//! serves (`c_se`, `t_new_york`, `s_50`), and once more which words are in its name (`n_cloud`) and among its services
//! (`v_backup`), so that each place in a ranking is a set of its own.

use super::store::{customer_sizes, texts};
use crate::domain::provider::CustomerSize;
use crate::domain::search;
use crate::entity::provider_profile;
use std::collections::BTreeSet;

const IN_NAME: &str = "n_";
const IN_SERVICES: &str = "v_";

/// The words of a profile.
pub struct Stored {
    pub name_key: String,
    /// Every word and mark.
    pub all: BTreeSet<String>,
    /// Marks of words in the name, and of those among the services that are not in the name.
    pub listed: BTreeSet<String>,
    /// Words that somebody may misspell.
    pub spelt: BTreeSet<String>,
}

impl Stored {
    pub fn of(row: &provider_profile::Model) -> Self {
        let name = search::words(&row.display_name);
        let services = search::words(&texts(&row.services).join("\n"));
        let mut all: BTreeSet<String> = search::words(&row.description).into_iter().collect();
        for (place, words) in [(IN_NAME, &name), (IN_SERVICES, &services)] {
            all.extend(words.iter().flat_map(|word| [word.clone(), format!("{place}{word}")]));
        }
        all.extend(texts(&row.countries).iter().map(|code| country(code)));
        all.extend(texts(&row.cities).iter().map(|name| city(name)));
        all.extend(customer_sizes(row).into_iter().map(|one| size(one).to_owned()));
        let only_services = services.iter().filter(|word| !name.contains(word));
        let listed = name.iter().map(|word| format!("{IN_NAME}{word}"));
        let listed =
            listed.chain(only_services.map(|word| format!("{IN_SERVICES}{word}"))).collect();
        let spelt = name.iter().chain(&services).filter(|word| search::may_be_misspelt(word));
        let spelt = spelt.cloned().collect();
        Self { name_key: search::key(&row.display_name), all, listed, spelt }
    }
}

/// A word or a mark that is looked for.
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

    /// The mark of having it in the name.
    pub fn in_name(&self) -> Self {
        self.at(IN_NAME)
    }

    /// The mark of having it among the services.
    pub fn in_services(&self) -> Self {
        self.at(IN_SERVICES)
    }

    fn at(&self, place: &str) -> Self {
        Self { word: format!("{place}{}", self.word), begins: self.begins }
    }
}

/// Of each list at least one.
pub type Each = Vec<Vec<Term>>;

/// A condition on a profile's set of words.
#[derive(Clone, Debug)]
pub struct Condition {
    pub each: Each,
    /// And not of each of these; none is no condition.
    pub but_not: Each,
}

/// How well a profile fits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Its name is what was asked for, and nothing else.
    Name,
    /// Every word is in its name.
    InName,
    /// Every word is in its name or among its services.
    InServices,
    /// Every word is somewhere.
    Anywhere,
}

impl Fit {
    pub const ALL: [Self; 4] = [Self::Name, Self::InName, Self::InServices, Self::Anywhere];
}

/// What a profile must have.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// In its texts.
    pub words: Each,
    /// Whom it must serve.
    pub serves: Vec<String>,
    /// The whole of what was asked.
    pub name_key: String,
}

impl Sought {
    pub fn is_everything(&self) -> bool {
        self.words.is_empty() && self.serves.is_empty()
    }

    /// Of whom it must serve.
    pub fn marks(&self) -> impl Iterator<Item = Vec<Term>> {
        self.serves.iter().map(|mark| vec![Term::whole(mark.clone())])
    }

    /// Every word, in the name.
    pub fn in_name(&self) -> Each {
        self.within(&[IN_NAME])
    }

    /// Every word, in the name or among the services.
    pub fn in_services(&self) -> Each {
        self.within(&[IN_NAME, IN_SERVICES])
    }

    fn within(&self, places: &[&str]) -> Each {
        let placed = |terms: &Vec<Term>| {
            places.iter().flat_map(|place| terms.iter().map(|term| term.at(place))).collect()
        };
        self.words.iter().map(placed).collect()
    }
}

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
