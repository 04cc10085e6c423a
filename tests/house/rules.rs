//! Every rule that this release keeps is named by a test: at the head of a test's name (`r2_a_rejected_..`, several as
//! `d1_d4_..`), or in brackets in a comment of a test file (`(R2)`).

use crate::none;
use crate::source::{Source, below};
use std::collections::BTreeSet;

const RULES: &[&str] = &[
    "M1", "M2", "M3", "M4", "M5", "M6", //
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I15",
    "I16", "I17", //
    "D1", "D2", "D3", "D4", "D5", //
    "X", "X1", "X3", //
    "R1", "R2", "R3", "R4", //
    "V", "V1", "V2", "V3", "V4", //
    "S1", "S2", "S3", "S4", "S5", //
    "L1", "T1", "T4",
];

/// The rules at the head of a function's name.
fn named_by(function: &str) -> impl Iterator<Item = String> {
    function.split('_').map(str::to_uppercase).take_while(|word| RULES.contains(&word.as_str()))
}

/// Rules in brackets in comments: `(R2)`, `(I4, I5)`.
fn named_in_comments(text: &str) -> Vec<String> {
    let comments =
        text.lines().filter_map(|line| line.split_once("//").map(|(_, comment)| comment));
    let in_brackets = comments
        .flat_map(|comment| comment.split('(').skip(1).filter_map(|rest| rest.split(')').next()));
    in_brackets
        .flat_map(|inside| inside.split([',', ' ']))
        .filter(|word| RULES.contains(word))
        .map(str::to_owned)
        .collect()
}

fn functions(source: &Source) -> impl Iterator<Item = &str> {
    let after_fn = source.text.split("fn ").skip(1);
    after_fn.map(|rest| {
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}

#[test]
fn every_rule_of_this_release_is_named_by_a_test() {
    let mut named: BTreeSet<String> = BTreeSet::new();
    let (src, tests) = (below("src"), below("tests"));
    // this file names all of them
    let tests: Vec<_> =
        tests.iter().filter(|source| !source.path.starts_with("tests/house/")).collect();
    for source in src.iter().chain(tests.iter().copied()) {
        named.extend(functions(source).flat_map(named_by));
    }
    named.extend(tests.iter().flat_map(|source| named_in_comments(&source.text)));
    let missing = RULES.iter().filter(|rule| !named.contains(**rule));
    none(missing.map(|rule| format!("no test names rule {rule}")).collect());
}

#[test]
fn rules_are_read_off_names_and_comments() {
    assert_eq!(named_by("d1_d4_x_i11_every_side").collect::<Vec<_>>(), ["D1", "D4", "X", "I11"]);
    assert_eq!(named_by("v_each_side_sees").collect::<Vec<_>>(), ["V"]);
    assert_eq!(named_by("it_is_i9_later").count(), 0);
    assert_eq!(named_in_comments("x // so (I4, I5) and (not R2) hold\n(R1)"), ["I4", "I5", "R2"]);
}
