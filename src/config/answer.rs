//! What there is to say instead of doing what was asked, and how it was asked to be said.

use super::{ConfigError, Output};
use std::ffi::OsString;
use std::fmt;

/// Why there is nothing to run.
#[derive(Debug)]
pub enum ReadError {
    /// clap's own answer; help is one too.
    Clap(clap::Error),
    Config(ConfigError),
}

impl From<clap::Error> for ReadError {
    fn from(error: clap::Error) -> Self {
        Self::Clap(error)
    }
}

impl From<ConfigError> for ReadError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// In one line; of clap's own words those that say what is wrong, without how to call the command otherwise.
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self {
            Self::Clap(error) => error.to_string(),
            Self::Config(error) => return error.fmt(f),
        };
        let error = error.strip_prefix("error: ").unwrap_or(&error);
        let is_wrong =
            |part: &&str| !["Usage: ", "For more "].iter().any(|start| part.starts_with(start));
        let said = error.split("\n\n").map(str::trim).take_while(is_wrong);
        let lines = said.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "));
        f.write_str(&lines.collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for ReadError {}

/// How `arguments` ask to be answered; what is wrong with them is told so too, and then clap does not know.
#[must_use]
pub fn output(arguments: &[OsString]) -> Output {
    let given = arguments.iter().filter_map(|argument| argument.to_str());
    let mut given = given.take_while(|argument| *argument != "--");
    while let Some(argument) = given.next() {
        let value = match argument {
            "-o" | "--output" => given.next(),
            _ => argument.strip_prefix("--output=").or_else(|| {
                argument.strip_prefix("-o").map(|value| value.strip_prefix('=').unwrap_or(value))
            }),
        };
        if let Some(value) = value {
            return if value == "json" { Output::Json } else { Output::Text };
        }
    }
    Output::Text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Cli;
    use clap::CommandFactory;

    #[test]
    fn how_to_answer_is_known_however_it_is_written_and_whatever_else_is_wrong() {
        let asked = |line: &str| output(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        for line in ["x -o json", "x -ojson --nonsense", "x -o=json", "x migrate up --output json"]
        {
            assert_eq!(asked(line), Output::Json, "{line}");
        }
        for line in ["x", "x json", "x -o text", "x -o", "x --output=text", "x -- -o json"] {
            assert_eq!(asked(line), Output::Text, "{line}");
        }
    }

    #[test]
    fn of_claps_words_the_usage_is_left_out() {
        for (line, said) in [
            (
                "partner-service --databse-url x",
                "unexpected argument '--databse-url' found; tip: a similar argument exists: '--database-url'",
            ),
            (
                "partner-service watch",
                "the following required arguments were not provided: --account <ID>",
            ),
            (
                "partner-service migrate up -o xml",
                "invalid value 'xml' for '--output <FORMAT>' [possible values: text, json]",
            ),
        ] {
            let error = Cli::command().try_get_matches_from(line.split(' ')).unwrap_err();
            assert_eq!(ReadError::from(error).to_string(), said);
        }
    }
}
