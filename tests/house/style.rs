//! Files are small, introduce themselves, and leave nothing to panic.

use crate::none;
use crate::source::{Source, below};

/// Think at 300, split by verb at 400.
const MOST_LINES: usize = 400;

fn sources() -> Vec<Source> {
    below("src")
}

#[test]
fn every_file_begins_with_what_lives_in_it() {
    let silent = sources()
        .into_iter()
        .chain(below("tests"))
        .filter(|source| !source.text.starts_with("//! "));
    none(silent.map(|source| format!("{}:1: begins without a //! comment", source.path)).collect());
}

#[test]
fn no_file_is_longer_than_a_reader_likes() {
    let long = sources().into_iter().map(|source| (source.text.lines().count(), source.path));
    none(
        long.filter(|(lines, _)| *lines > MOST_LINES)
            .map(|(lines, path)| {
                format!("{path}:{MOST_LINES}: has {lines} lines; split it by verb")
            })
            .collect(),
    );
}

#[test]
fn nothing_unwraps_outside_tests() {
    const BANNED: [&str; 6] =
        [".unwrap()", "todo!(", "unimplemented!(", "dbg!(", "panic!(", "unreachable!("];
    // whole files of tests stand among the sources too
    let is_test =
        |path: &str| ["/histories", "/tests.rs", "/tests/"].iter().any(|part| path.contains(part));
    let sources: Vec<_> = sources().into_iter().filter(|source| !is_test(&source.path)).collect();
    none(
        sources
            .iter()
            .flat_map(|source| BANNED.iter().flat_map(|word| source.places(word)))
            .collect(),
    );
}

#[test]
fn types_are_named_after_what_they_are() {
    const EMPTY: [&str; 4] = ["Manager", "Helper", "Util", "Impl"];
    let mut violations = Vec::new();
    for source in sources() {
        for (index, line) in source.code.lines().enumerate() {
            let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            let declares = words.any(|word| ["struct", "trait"].contains(&word));
            let name = words.find(|word| !word.is_empty()).unwrap_or_default();
            if declares && EMPTY.iter().any(|empty| name.ends_with(empty)) {
                violations.push(format!("{}:{}: {name} says nothing", source.path, index + 1));
            }
        }
    }
    none(violations);
}
