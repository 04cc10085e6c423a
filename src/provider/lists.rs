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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::words::Term;

    fn sought(words: &[&str]) -> Sought {
        let whole = |word: &&str| vec![Term::whole((*word).to_owned())];
        Sought { words: words.iter().map(whole).collect(), ..Sought::default() }
    }

    fn counted(in_name: u64, in_services: u64) -> Entries {
        Entries { in_name, in_services, some_begin: false }
    }

    fn listed(along: Option<Along>) -> Vec<String> {
        match along {
            Some(Along::Lists { marks, .. }) => marks,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn p2_those_with_all_words_are_met_along_the_shortest_list() {
        let words = sought(&["cloud", "backup"]);
        let entries = [counted(900, 0), counted(20, 50)];
        assert_eq!(listed(words.along(Fit::InName, &entries)), ["n_backup"]);
        assert_eq!(listed(words.along(Fit::InServices, &entries)), ["n_backup", "v_backup"]);
        assert_eq!(words.along(Fit::Anywhere, &entries), Some(Along::Everybody));
    }

    #[test]
    fn p2_nobody_is_met_where_a_word_is_in_no_list() {
        let words = sought(&["cloud", "backup"]);
        let (nobody, only_names) = ([counted(9, 9), counted(0, 0)], [counted(9, 0), counted(9, 0)]);
        assert_eq!(words.along(Fit::InName, &nobody), None);
        assert_eq!(words.along(Fit::InServices, &nobody), None);
        assert_eq!(words.along(Fit::InServices, &only_names), None);
        assert!(words.fitting(Fit::Anywhere, &nobody).but_not.is_empty());
        assert_eq!(words.fitting(Fit::Anywhere, &only_names).but_not.len(), 2);
    }

    #[test]
    fn p2_a_list_of_the_only_word_is_the_answer_unless_one_must_be_served() {
        let alone = sought(&["backup"]);
        let entries = [counted(SHORT, 5)];
        let lists = |are_enough| Along::Lists {
            marks: vec!["v_backup".to_owned()],
            are_short: true,
            are_enough,
        };
        assert_eq!(alone.along(Fit::InServices, &entries), Some(lists(true)));
        let served = Sought { serves: vec!["c_se".to_owned()], ..alone };
        assert_eq!(served.along(Fit::InServices, &entries), Some(lists(false)));
    }
}
