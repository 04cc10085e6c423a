//! The TOML file: one level of keys, each a flag of `serve`.

use super::names::nearest;
use super::{ConfigError, Secret};
use clap::builder::Resettable;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use std::any::TypeId;
use std::path::Path;
use toml_edit::{Document, Item, Value};

/// What the file says of one setting, as a flag would say it.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub value: String,
}

/// How a value is written in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Whole,
    Truth,
}

/// How this setting's values are written.
pub fn kind(arg: &Arg) -> Kind {
    let holds = |id: TypeId| arg.get_value_parser().type_id() == id;
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        Kind::Truth
    } else if [TypeId::of::<u64>(), TypeId::of::<u32>(), TypeId::of::<u16>()].into_iter().any(holds)
    {
        Kind::Whole
    } else {
        Kind::Text
    }
}

/// Whether this setting's values are nobody's business.
pub fn is_secret(arg: &Arg) -> bool {
    arg.get_value_parser().type_id() == TypeId::of::<Secret>()
}

/// Reads the file; `settings` are those that it may name.
///
/// # Errors
/// What is wrong with it, with the line.
pub fn read(path: &Path, settings: &[Arg]) -> Result<Vec<Entry>, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::File { path: path.to_path_buf(), source })?;
    entries(&text, settings).map_err(|(line, problem)| ConfigError::InFile {
        path: path.to_path_buf(),
        line,
        problem,
    })
}

/// What the text says, or the line that it goes wrong in and why. Values are not quoted where they may be secret: the
/// parser's own rendering would print the whole line.
fn entries(text: &str, settings: &[Arg]) -> Result<Vec<Entry>, (usize, String)> {
    let line_at =
        |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    let line_of = |span: Option<std::ops::Range<usize>>| line_at(span.map_or(0, |span| span.start));
    let document = Document::parse(text)
        .map_err(|error| (line_of(error.span()), error.message().replace('\n', "; ")))?;
    let mut found = Vec::new();
    for (key, item) in document.iter() {
        let name = document.as_table().key(key).and_then(toml_edit::Key::span);
        let line = line_of(name.or_else(|| item.span()));
        let named = |arg: &&Arg| arg.get_long() == Some(key);
        let Some(arg) = settings.iter().find(named) else {
            return Err((line, unknown(key, settings)));
        };
        let value = value_of(arg, item)
            .and_then(|value| taken(arg, &value).map(|()| value))
            .map_err(|problem| (line, format!("{key} {problem}")))?;
        found.push(Entry { key: key.to_owned(), value });
    }
    Ok(found)
}

fn unknown(key: &str, settings: &[Arg]) -> String {
    match nearest(key, settings.iter().filter_map(Arg::get_long)) {
        Some(meant) => format!("{key} is no setting; {meant} is"),
        None => format!("{key} is no setting; config print tells which there are"),
    }
}

fn value_of(arg: &Arg, item: &Item) -> Result<String, String> {
    match (kind(arg), item.as_value()) {
        (Kind::Text, Some(Value::String(text))) => Ok(text.value().clone()),
        (Kind::Whole, Some(Value::Integer(number))) => Ok(number.value().to_string()),
        (Kind::Truth, Some(Value::Boolean(truth))) => Ok(truth.value().to_string()),
        (kind, _) => Err(format!("has to be {}, and is {}", in_words(kind), a(item.type_name()))),
    }
}

fn in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text in quotes",
        Kind::Whole => "a whole number",
        Kind::Truth => "true or false",
    }
}

fn a(name: &str) -> String {
    let vowel = name.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {name}", if vowel { "an" } else { "a" })
}

/// Whether a flag would take the value.
fn taken(arg: &Arg, value: &str) -> Result<(), String> {
    if kind(arg) == Kind::Truth {
        return Ok(());
    }
    let long = arg.get_long().unwrap_or_default();
    let alone = arg.clone().env(Resettable::Reset);
    let command = Command::new("").no_binary_name(true).disable_help_flag(true).arg(alone);
    let Err(error) = command.try_get_matches_from([format!("--{long}={value}")]) else {
        return Ok(());
    };
    let quoted = if is_secret(arg) { String::new() } else { format!(" {value:?}") };
    let why = match (error.kind(), error.get(ContextKind::ValidValue)) {
        (ErrorKind::InvalidValue, Some(ContextValue::Strings(all))) => {
            format!("write one of {}", all.join(", "))
        }
        _ => std::error::Error::source(&error)
            .map_or_else(|| "it cannot be read".to_owned(), ToString::to_string),
    };
    Err(format!("cannot be{quoted}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::super::read::settings_of_file;
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, (usize, String)> {
        let found = entries(text, &settings_of_file())?;
        Ok(found.into_iter().map(|entry| (entry.key, entry.value)).collect())
    }

    fn problem(text: &str) -> (usize, String) {
        read(text).expect_err(text)
    }

    #[test]
    fn each_kind_of_value_is_written_as_toml_writes_it() {
        let text = "# where\nlisten = '127.0.0.1:1'\n\nopen-invitations = 3\ninsecure = true\n";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let expected = [
            pair("listen", "127.0.0.1:1"),
            pair("open-invitations", "3"),
            pair("insecure", "true"),
        ];
        assert_eq!(read(text), Ok(expected.to_vec()));
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn a_key_that_nobody_knows_is_told_the_nearest_and_its_line() {
        assert_eq!(
            problem("auth = 'none'\n\ndata_dir = '/d'"),
            (3, "data_dir is no setting; data-dir is".to_owned())
        );
        assert_eq!(problem("[server]\nx = 1").0, 1);
        // neither this file itself, nor what only other subcommands have
        for key in ["config", "address", "output", "account"] {
            assert!(problem(&format!("{key} = 'x'")).1.contains("is no setting"), "{key}");
        }
    }

    #[test]
    fn a_value_of_another_kind_is_told_its_key_its_line_and_what_to_write() {
        for (text, said) in [
            ("\nlisten = 50051", "listen has to be a text in quotes, and is an integer"),
            (
                "\nopen-invitations = '3'",
                "open-invitations has to be a whole number, and is a string",
            ),
            ("\ninsecure = 'yes'", "insecure has to be true or false, and is a string"),
            ("\nlisten = ['a']", "listen has to be a text in quotes, and is an array"),
            ("\n[listen]\na = 1", "listen has to be a text in quotes, and is a table"),
            ("\nrate-limit = 1.5", "rate-limit has to be a whole number, and is a float"),
        ] {
            assert_eq!(problem(text), (2, said.to_owned()));
        }
    }

    #[test]
    fn a_value_that_no_flag_would_take_is_told_why() {
        for (text, said) in [
            (
                "listen = 'localhost'",
                "listen cannot be \"localhost\": write an IP address and a port, such as 127.0.0.1:50051 or [::1]:0",
            ),
            ("auth = 'jtw'", "auth cannot be \"jtw\": write one of none, jwt"),
            (
                "event-retention = '7 fortnights'",
                "event-retention cannot be \"7 fortnights\": write a span such as 30d, 12h, 90s, or 0",
            ),
        ] {
            assert_eq!(problem(text), (1, said.to_owned()));
        }
        let (_, said) = problem("open-invitations = -1");
        assert!(said.starts_with("open-invitations cannot be \"-1\": "), "{said}");
    }

    #[test]
    fn what_is_no_toml_is_told_its_line_without_what_stands_there() {
        let (line, said) =
            problem("listen = '127.0.0.1:1'\ndatabase-url = 'postgres://partner:hush@db\n");
        assert_eq!(line, 2);
        assert!(!said.contains("hush") && !said.contains('\n'), "{said}");
        assert_eq!(problem("auth = 'none'\nauth = 'jwt'").0, 2);
    }

    #[test]
    fn every_setting_is_a_key() {
        let settings = settings_of_file();
        assert!(settings.len() > 15, "{}", settings.len());
        for arg in settings {
            let given = arg.get_default_values().first().map(|value| value.to_string_lossy());
            let possible =
                arg.get_possible_values().first().map(|value| value.get_name().to_owned());
            let text = given.map(String::from).or(possible).unwrap_or_else(|| "x".to_owned());
            let value = match kind(&arg) {
                Kind::Text => format!("'{text}'"),
                Kind::Whole => "1".to_owned(),
                Kind::Truth => "true".to_owned(),
            };
            let line = format!("{} = {value}", arg.get_long().unwrap());
            assert_eq!(read(&line).map(|entries| entries.len()), Ok(1), "{line}");
        }
    }
}
