//! The shape of the house, read off the sources: arrows between rooms go one way, each table has one writer, one room owns
//! transactions, files stay small and introduce themselves, and every rule of this release is named by a test.

mod arrows;
mod rules;
mod source;
mod style;
mod tables;

/// Fails with every violation on a line of its own.
fn none(violations: Vec<String>) {
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), violations.join("\n"));
}
