//! Each table is written in one room: whoever wants it changed asks that room, or reacts to its events.

use crate::none;
use crate::source::{Source, below};
use std::collections::{BTreeMap, BTreeSet};

const WRITES: [&str; 6] =
    ["insert(", "insert_many(", "update(", "update_many(", "delete_many(", "delete_by_id("];

/// The tables, by their entity's file.
fn tables() -> Vec<String> {
    let names = below("src/entity").into_iter().map(|source| source.path);
    let name =
        |path: String| path.trim_start_matches("src/entity/").trim_end_matches(".rs").to_owned();
    names.map(name).filter(|name| name != "mod").collect()
}

/// Under which names a file knows a table: its own, and what it imports it as.
fn names_of(table: &str, source: &Source) -> Vec<String> {
    let renamed = format!("{table} as ");
    let words = |rest: &str| {
        rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let aliases = source
        .code
        .match_indices(&renamed)
        .map(|(at, found)| words(&source.code[at + found.len()..]));
    std::iter::once(table.to_owned()).chain(aliases).collect()
}

/// Whether the file imports the table's entity, in whatever form.
fn imports(table: &str, source: &Source) -> bool {
    let uses = source.code.split(';').filter(|statement| statement.contains("entity"));
    uses.flat_map(|statement| statement.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .any(|word| word == table)
}

/// Whether the file writes the table. `backend::insert` and its like take rows of any table, so a file that uses
/// them counts as a writer of every table that it imports: such files import what they write and nothing else.
fn writes(table: &str, source: &Source) -> bool {
    if !imports(table, source) {
        return false;
    }
    let by_name = |name: &String| {
        let entity =
            WRITES.iter().any(|verb| !source.places(&format!("{name}::Entity::{verb}")).is_empty());
        entity || !source.places(&format!("{name}::ActiveModel")).is_empty()
    };
    names_of(table, source).iter().any(by_name) || writes_any_row(source)
}

fn writes_any_row(source: &Source) -> bool {
    source.code.split(';').filter(|statement| statement.contains("use crate::backend::")).any(
        |statement| {
            statement
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|word| ["insert", "insert_all", "update", "upsert_all"].contains(&word))
        },
    )
}

#[test]
fn each_table_is_written_in_one_room() {
    let sources: Vec<Source> = below("src")
        .into_iter()
        .filter(|source| !["entity", "migration"].contains(&source.room()))
        .collect();
    let mut violations = Vec::new();
    let mut written = 0;
    for table in tables() {
        let mut writers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for source in sources.iter().filter(|source| writes(&table, source)) {
            writers.entry(source.room()).or_default().insert(&source.path);
        }
        written += usize::from(!writers.is_empty());
        if writers.len() > 1 {
            let files: Vec<_> = writers
                .values()
                .flatten()
                .map(|path| format!("{path}:1: writes {table}"))
                .collect();
            violations.extend(files);
        }
    }
    none(violations);
    assert!(
        written >= 10,
        "only {written} tables are seen to be written: the check has gone blind"
    );
}

#[test]
fn the_tables_are_written_where_the_rooms_say_so() {
    let sources = below("src");
    let writers = |table: &str| -> BTreeSet<&str> {
        sources
            .iter()
            .filter(|source| source.room() != "entity" && writes(table, source))
            .map(Source::room)
            .collect()
    };
    for (table, room) in [
        ("account", "account"),
        ("member", "account"),
        ("partnership", "partnership"),
        ("pair", "partnership"),
        ("invitation_usage", "partnership"),
        ("provider_profile", "provider"),
        ("provider_word", "provider"),
        ("inquiry", "provider"),
        ("shared_item", "sharing"),
        ("audience_removal", "sharing"),
        ("mail", "mail"),
        ("mail_usage", "mail"),
        ("audit_entry", "audit"),
        ("log", "feed"),
        ("remembered_request", "backend"),
    ] {
        assert_eq!(writers(table), BTreeSet::from([room]), "{table}");
    }
}

#[test]
fn every_way_of_writing_a_table_is_seen() {
    let writes =
        |code: &str| writes("member", &Source::new("src/attic/x.rs".to_owned(), code.to_owned()));
    assert!(writes("use crate::entity::member; fn f() { member::Entity::update_many() }"));
    assert!(writes(
        "use crate::entity::{account, member as person}; fn f() { person::Entity::insert(row) }"
    ));
    assert!(writes(
        "use crate::entity::member; use crate::backend::{Part, update}; fn f() { update(row, db) }"
    ));
    assert!(!writes(
        "use crate::entity::member; use crate::backend::Part; fn f() { member::Entity::find() }"
    ));
    assert!(!writes("use crate::entity::account; fn f() { account::Entity::insert(row) }"));
}
