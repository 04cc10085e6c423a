//! Subcommands that do one thing and end: about the schema, the secret keys, the configuration, a running service, this program.
//!
//! Each answers a [`Report`]: what goes to standard output, and the exit code; or a [`Failure`], which goes to standard
//! error. `main` prints both.

pub mod config;
pub mod copy;
mod failure;
pub mod health;
pub mod key;
pub mod migrate;
pub mod preview;
pub mod token;
pub mod version;

pub use failure::Failure;

use crate::config::Output;
use serde_json::Value;

/// What a command has to say, and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// With its last line's end.
    pub text: String,
    /// Whether it goes to standard error: standard output is the work's own.
    pub is_aside: bool,
    /// The exit code.
    pub code: u8,
}

impl Report {
    /// It went well.
    #[must_use]
    pub fn done(text: String) -> Self {
        Self { text, is_aside: false, code: 0 }
    }

    /// In the words or the JSON that were asked for.
    fn told(output: Output, words: impl FnOnce() -> String, json: &Value, code: u8) -> Self {
        let text = match output {
            Output::Text => format!("{}\n", words()),
            Output::Json => format!("{json}\n"),
        };
        Self { text, is_aside: false, code }
    }

    /// The same, beside what the work itself writes.
    fn on_standard_error(self) -> Self {
        Self { is_aside: true, ..self }
    }
}
