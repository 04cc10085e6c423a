//! Who has a word in the name or among the services stands in a list of it, in order of name: a search goes along the
//! shortest list of its words, and leaves out what none of them can be. A word has two lists, of those who have it in the
//! name and of those who have it among the services alone; descriptions have none, as they would take most of the room.

use super::words::{Condition, Fit, Sought};

/// A list is counted so far; a shorter one is met to its end.
pub const SHORT: u64 = 1_000;

/// How many stand in the lists of a word of a search, `SHORT` for as many or more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries {
    pub in_name: u64,
    pub in_services: u64,
    /// Whether some are there under words that only begin so: such lists are no longer in one order.
    pub some_begin: bool,
}

impl Entries {
    fn of(&self, fit: Fit) -> u64 {
        match fit {
            Fit::Name | Fit::InName => self.in_name,
            Fit::InServices | Fit::Anywhere => self.in_name + self.in_services,
        }
    }
}

/// Whom a search meets one after the other, in order of name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Along {
    Everybody,
    /// Those who stand under one of these marks.
    Lists {
        marks: Vec<String>,
        /// Whether the lists are met to their end.
        are_short: bool,
        /// Whether to stand there is all that is asked.
        are_enough: bool,
    },
}

impl Sought {
    /// Whom to meet for those who fit so well and no better; `None` where nobody can.
    pub fn along(&self, fit: Fit, entries: &[Entries]) -> Option<Along> {
        if fit == Fit::Anywhere {
            return Some(Along::Everybody);
        }
        let only_names = entries.iter().all(|word| word.in_services == 0);
        if !may_fit(fit, entries) || (fit == Fit::InServices && only_names) {
            return None;
        }
        let listed = self.words.iter().zip(entries).filter(|(_, word)| !word.some_begin);
        let Some((terms, word)) = listed.min_by_key(|(_, word)| word.of(fit)) else {
            return Some(Along::Everybody);
        };
        // alone, who has it in the name fits better
        let alone = self.words.len() == 1;
        let only_services = alone && fit == Fit::InServices;
        let whole = || terms.iter().filter(|term| !term.begins);
        let mut marks = Vec::new();
        if !only_services {
            marks.extend(whole().map(|term| term.in_name().word));
        }
        if fit == Fit::InServices {
            marks.extend(whole().map(|term| term.in_services().word));
        }
        // who has one spelling among the services may have another in the name
        let is_one_place = fit == Fit::InName || marks.len() == 1;
        let length = if only_services { word.in_services } else { word.of(fit) };
        Some(Along::Lists {
            marks,
            are_short: length < SHORT,
            are_enough: alone && self.serves.is_empty() && is_one_place,
        })
    }

    /// What those have who fit so well and no better, a name that is just this apart.
    pub fn fitting(&self, fit: Fit, entries: &[Entries]) -> Condition {
        let (words, better) = match fit {
            Fit::Name | Fit::InName => (self.in_name(), None),
            Fit::InServices => (self.in_services(), Some((Fit::InName, self.in_name()))),
            Fit::Anywhere => (self.words.clone(), Some((Fit::InServices, self.in_services()))),
        };
        let better = better.filter(|(fit, _)| may_fit(*fit, entries));
        Condition {
            each: self.marks().chain(words).collect(),
            but_not: better.map(|(_, words)| words).unwrap_or_default(),
        }
    }
}

/// Whether there is somebody for every word.
fn may_fit(fit: Fit, entries: &[Entries]) -> bool {
    entries.iter().all(|word| word.of(fit) > 0)
}
