//! Texts as they are searched: which words a text has, and which ones somebody asks for (P2).
//!
//! Words are runs of letters and digits, compared without regard to case, accents or Unicode form. Scripts that are written
//! without spaces have no such runs: every character of theirs is a word, and every two that stand together. Whoever asks
//! for two or more such characters asks for the pairs. A word holds nothing but letters and digits, so that none can be
//! mistaken for an operator by whatever it is handed to.

use caseless::default_case_fold_str;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;

/// As many different words of what is asked count; further ones do not narrow.
pub const MOST_WORDS: usize = 32;
/// Longer words are cut, where they are stored and where they are asked for.
const WORD_CHARS: usize = 64;
const KEY_CHARS: usize = 200;
/// Words from here on are also sought as the beginning of others.
const BEGINNING_CHARS: usize = 3;
/// Words from here on may be misspelt: by one letter, longer ones by two.
pub const MISSPELT_CHARS: usize = 4;
const MISSPELT_TWICE_CHARS: usize = 8;

/// How names are compared and put in order.
#[must_use]
pub fn key(text: &str) -> String {
    fold(text).trim().chars().take(KEY_CHARS).collect()
}

fn fold(text: &str) -> String {
    let accent = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    let bare: String = text.nfkd().filter(|c| !accent(c)).collect();
    // folding may bring accents back, such as that of a dotted capital I
    default_case_fold_str(&bare).nfkd().filter(|c| !accent(c)).nfkc().collect()
}

/// The different words of a text, in order, as they are stored.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    cut(text, |run, found| {
        let chars: Vec<char> = run.chars().collect();
        found.extend(chars.iter().map(char::to_string));
        found.extend(chars.windows(2).map(String::from_iter));
    })
}

/// The different words that a text asks for, in order; none if it has neither letters nor digits.
#[must_use]
pub fn asked(text: &str) -> Vec<String> {
    let mut words = cut(text, |run, found| {
        let chars: Vec<char> = run.chars().collect();
        if chars.len() == 1 {
            found.push(run.to_owned());
        }
        found.extend(chars.windows(2).map(String::from_iter));
    });
    words.truncate(MOST_WORDS);
    words
}

/// Whether a word is long enough to be sought as the beginning of others.
#[must_use]
pub fn may_begin_others(word: &str) -> bool {
    !word.starts_with(is_unspaced) && word.chars().count() >= BEGINNING_CHARS
}

/// Whether a word may be a misspelling of another.
#[must_use]
pub fn may_be_misspelt(word: &str) -> bool {
    !word.starts_with(is_unspaced) && word.chars().count() >= MISSPELT_CHARS
}

/// By how many letters a misspelling of this length may differ.
#[must_use]
pub fn most_slips(word: &str) -> usize {
    if word.chars().count() >= MISSPELT_TWICE_CHARS { 2 } else { 1 }
}

/// By how many letters a word differs from another (added, left out, changed, or two neighbours swapped), if these are so
/// few that it may be a misspelling of it.
#[must_use]
pub fn slips(word: &str, other: &str) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (word.chars().collect(), other.chars().collect());
    let most = most_slips(word);
    let slips = (a.len().abs_diff(b.len()) <= most).then(|| distance(&a, &b));
    slips.filter(|slips| *slips <= most)
}

/// The optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut least = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

fn cut(text: &str, mut unspaced: impl FnMut(&str, &mut Vec<String>)) -> Vec<String> {
    let mut found = Vec::new();
    for run in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let kind = is_unspaced(first);
            let end = rest.find(|c: char| is_unspaced(c) != kind).unwrap_or(rest.len());
            let (part, others) = rest.split_at(end);
            if kind {
                unspaced(part, &mut found);
            } else {
                found.push(part.chars().take(WORD_CHARS).collect());
            }
            rest = others;
        }
    }
    let mut seen = HashSet::new();
    found.retain(|word| seen.insert(word.clone()));
    found
}

/// Han, kana and Hangul.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p2_spellings_of_one_word_are_one_word() {
        for text in ["Zürich", "ZURICH", "zu\u{308}rich", "Ｚürich", " zurich! "] {
            assert_eq!(asked(text), ["zurich"], "{text}");
        }
        assert_eq!(asked("STRASSE straße"), ["strasse"]);
        assert_eq!(asked("İstanbul istanbul"), ["istanbul"]);
    }

    #[test]
    fn p2_words_are_letters_and_digits_whatever_stands_between() {
        assert_eq!(
            asked("\"cloud* OR (backup:NEAR/2)\" -- '; %_"),
            ["cloud", "or", "backup", "near", "2"]
        );
        assert_eq!(asked("?! \u{1f600} ... ---"), Vec::<String>::new());
    }

    #[test]
    fn p2_scripts_without_spaces_are_asked_for_by_pairs() {
        assert_eq!(asked("クラウド移行"), ["クラ", "ラウ", "ウド", "ド移", "移行"]);
        assert_eq!(asked("雲"), ["雲"]);
        let stored = words("クラウド移行AWS");
        for word in asked("移行").into_iter().chain(asked("ク")).chain(asked("aws")) {
            assert!(stored.contains(&word), "{word}");
        }
    }

    #[test]
    fn p2_a_misspelling_is_a_letter_or_two_away() {
        for (word, other) in [
            ("clud", "cloud"),
            ("cluod", "cloud"),
            ("clouds", "cloud"),
            ("migratoin", "migration"),
            ("mgiratoin", "migration"),
        ] {
            assert!(slips(word, other).is_some(), "{word}");
        }
        for (word, other) in [("clud", "clown"), ("cloud", "proud"), ("migration", "filtration")] {
            assert_eq!(slips(word, other), None, "{word}");
        }
    }

    proptest::proptest! {
        #[test]
        fn p2_what_is_asked_for_in_a_texts_own_words_is_found_in_it(text in "\\PC{0,60}") {
            let stored = words(&text);
            for word in asked(&text) {
                proptest::prop_assert!(stored.contains(&word), "{}", word);
                proptest::prop_assert!(word.chars().all(char::is_alphanumeric), "{}", word);
            }
        }
    }
}
