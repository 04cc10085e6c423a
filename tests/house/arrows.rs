//! Arrows between rooms go down the list that `src/lib.rs` draws, and some things stay in their rooms.

use crate::none;
use crate::source::{Source, below};

/// From the ground up; a room may use those on lower floors only, and not its neighbours.
const FLOORS: &[&[&str]] = &[
    &["faults", "tls"],
    &["domain"],
    &["entity", "error", "caller", "migration", "meter"],
    &["feed"],
    &["backend"],
    &["account", "audit"],
    &["agreement", "provider", "mail"],
    &["partnership"],
    &["sharing"],
    &["contact", "access", "archive"],
    &["sync"],
    &["grpc"],
    &["client"],
    &["config"],
    &["dial"],
    &["keys", "telemetry"],
    &["server", "demo", "token", "watch"],
    &["commands"],
    &["main", "lib"],
];

/// What must stand in these rooms only, and why.
const KEPT_IN: &[(&[&str], &[&str], &str)] = &[
    (
        &[
            "tonic",
            "prost",
            "prost_types",
            "tonic_types",
            "tonic_health",
            "tonic_reflection",
            "hyper",
            "http",
            "pb",
        ],
        // telemetry serves its pages over HTTP
        &["grpc", "client", "dial", "server", "demo", "token", "watch", "commands", "telemetry"],
        "transports and generated code",
    ),
    (
        &[
            "begin(",
            "begin_with_options(",
            "commit(",
            "rollback(",
            "transaction(",
            "transaction_async(",
        ],
        &["backend"],
        "transactions have one owner",
    ),
    (
        &["execute_unprepared", "from_sql_and_values", "from_string(db.", "query_one_raw"],
        // contact reads histories as of a position, and feed the log with all that holds at that moment: joins that no
        // query builder makes readable; provider searches texts, in each engine's own words
        &["backend", "migration", "contact", "feed", "provider"],
        "SQL as text",
    ),
    (&["sqlx"], &["backend", "error"], "drivers"),
    (&["rustls", "tokio_rustls"], &["tls", "main"], "certificates and handshakes"),
    (&["clap"], &["config", "main"], "the command line"),
    (&["println!", "eprintln!"], &["main", "server", "demo"], "standard output"),
];

/// What the pure ground floor does without. Stored enumerations and ids carry SeaORM's mapping, and no more of it.
const NOT_IN_DOMAIN: &[&str] = &[
    "async",
    "await",
    "tokio",
    "futures",
    "sqlx",
    "tonic",
    "prost",
    "DatabaseConnection",
    "ConnectionTrait",
    "DatabaseTransaction",
    "EntityTrait",
    "Statement",
    "std::fs",
    "std::net",
    "std::io",
    "std::env",
    "SystemTime",
    "Instant",
    "thread",
    "tracing",
    "rand",
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&room))
}

/// Rooms named in paths of this crate, with the line: `crate::room`, `crate::{room, ..}`, and `super::` up to the root.
fn rooms_used(source: &Source) -> Vec<(usize, String)> {
    let below = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let depth = below.split('/').filter(|part| *part != "mod").count();
    let crate_paths =
        ["crate::".to_owned(), "super::".repeat(depth), "partner_service::".to_owned()];
    let mut found = Vec::new();
    for prefix in &crate_paths {
        for (at, _) in source.code.match_indices(prefix.as_str()) {
            if source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let line = source.code[..at].lines().count().max(1);
            let rest = &source.code[at + prefix.len()..];
            found.extend(first_names(rest).into_iter().map(|name| (line, name)));
        }
    }
    found
}

/// The first name of a path, or of each path of a group.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>()
    };
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut depth, mut names, mut current) = (0, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => names.push(std::mem::take(&mut current)),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                current.push(c);
            }
        }
    }
    names.push(current);
    names.iter().map(|one| name(one)).filter(|one| !one.is_empty()).collect()
}

/// What a file uses of rooms that are not below its own.
fn upward(source: &Source) -> Vec<String> {
    let (path, room) = (&source.path, source.room());
    let Some(own) = floor(room) else {
        return vec![format!("{path}:1: room {room} has no floor in tests/house/arrows.rs")];
    };
    let is_up =
        |used: &str| used != room && room != "lib" && floor(used).is_some_and(|other| other >= own);
    let used = rooms_used(source).into_iter().filter(|(_, used)| is_up(used));
    used.map(|(line, used)| format!("{path}:{line}: {room} uses {used}, which is not below it"))
        .collect()
}

#[test]
fn arrows_between_rooms_go_down_only() {
    none(below("src").iter().flat_map(upward).collect());
}

#[test]
fn every_room_is_on_the_map_in_lib_rs() {
    let lib =
        below("src").into_iter().find(|source| source.path == "src/lib.rs").expect("src/lib.rs");
    let map: Vec<&str> = lib.text.lines().filter(|line| line.starts_with("//!")).collect();
    let on_map = |room: &str| {
        map.iter().any(|line| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == room))
    };
    let rooms = lib
        .code
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod "))
        .map(|rest| rest.trim_end_matches(';'));
    none(
        rooms
            .filter(|room| !on_map(room))
            .map(|room| format!("src/lib.rs:1: {room} is not on the map"))
            .collect(),
    );
}

#[test]
fn what_belongs_to_a_room_stays_there() {
    let sources = below("src");
    let mut violations = Vec::new();
    for (words, rooms, why) in KEPT_IN {
        for source in sources.iter().filter(|source| !rooms.contains(&source.room())) {
            let places = words.iter().flat_map(|word| source.places(word));
            violations.extend(
                places.map(|place| format!("{place}   ({why}: only in {})", rooms.join(", "))),
            );
        }
        assert!(
            sources.iter().any(|source| words.iter().any(|word| !source.places(word).is_empty())),
            "{why}: nowhere"
        );
    }
    none(violations);
}

#[test]
fn the_domain_is_pure() {
    let domain = below("src/domain");
    none(
        domain
            .iter()
            .flat_map(|source| NOT_IN_DOMAIN.iter().flat_map(|word| source.places(word)))
            .collect(),
    );
}

#[test]
fn arrows_are_read_off_every_form_of_import() {
    let names = |rest: &str| first_names(rest);
    assert_eq!(names("backend::{Ask, Done};"), ["backend"]);
    assert_eq!(
        names("{audit, partnership::{self, x}, grpc::pb};"),
        ["audit", "partnership", "grpc"]
    );
    let up = |path: &str, code: &str| upward(&Source::new(path.to_owned(), code.to_owned())).len();
    assert_eq!(up("src/partnership/x.rs", "use crate::grpc::pb;"), 1);
    assert_eq!(
        up("src/partnership/x.rs", "use crate::{account::store, grpc, server::Service};"),
        2
    );
    assert_eq!(up("src/partnership/x.rs", "fn f() -> super::super::server::Service {}"), 1);
    assert_eq!(up("src/account/mod.rs", "use super::audit;"), 1);
    assert_eq!(
        up("src/account/x.rs", "use super::audit; use crate::backend; use crate::domain::account;"),
        0
    );
    assert_eq!(up("src/attic/x.rs", ""), 1);
}
