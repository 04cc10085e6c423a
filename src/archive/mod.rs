//! Copies of a whole database: `export` writes one, `import` loads it into an empty database of either engine.
//!
//! ```text
//!   {"format":"partner-service copy 1","log":..,"position":..,"migrations":[..]}    what it is, and where it is true
//!   {"table":"account","columns":["id",..]}
//!   ["0190..",1,..]                                                                  a row, as the columns stand
//!   ..
//!   {"end":{"rows":4711,"sha256":".."}}                                              of every byte before this line
//! ```
//! A copy is read in one transaction, page by page in the order of the primary keys, and loaded in one: all of it or nothing,
//! and memory does not grow with it. What is in a row is what the entities say (`tables.rs` lists them; a test compares
//! the list with the schema). What can be made anew is made anew: the directory's index. The log's id is not taken along:
//! the copy goes on as another log, with LOG_IMPORTED above everything restored, so that nobody resumes in a history that
//! may have gone on elsewhere. The service's own key is a secret that outlives the copy; it is written only when asked for.

mod export;
mod import;
mod tables;
mod text;
mod values;

pub use export::{Exported, export};
pub use import::{Imported, import};

use crate::backend::OpenError;
use sea_orm::DbErr;

/// The first thing that a copy says.
const FORMAT: &str = "partner-service copy 1";
/// How many rows are read, and written, at once.
const PAGE: u64 = 1_000;

/// Why a copy could not be written or loaded.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{location} holds nothing to copy; check --database-url and --data-dir")]
    Nothing { location: String },
    #[error(
        "{location} has another schema than this version ({difference}); use the version that it belongs to, or run `partner-service migrate up`"
    )]
    Schema { location: String, difference: String },
    #[error("the copy cannot be written: {0}")]
    Write(#[source] std::io::Error),
    #[error("the copy cannot be read: {0}; nothing was loaded")]
    Read(#[source] std::io::Error),
    #[error("this is no copy that `partner-service export` wrote; nothing was loaded")]
    Foreign,
    #[error(
        "the copy is of another schema than this version's ({difference}); load it with the version that wrote it ({version}); nothing was loaded"
    )]
    OtherVersion { version: String, difference: String },
    #[error("the copy ends before its last line; nothing was loaded")]
    Truncated,
    #[error("the copy is damaged in line {line}: {problem}; nothing was loaded")]
    Damaged { line: u64, problem: String },
    #[error("{location} is not empty; a copy goes into an empty database only; nothing was loaded")]
    NotEmpty { location: String },
    #[error("the database cannot be used: {0}")]
    Database(#[from] DbErr),
    #[error("the service's own data cannot be used: {0}")]
    Inner(#[from] serde_json::Error),
}

impl ArchiveError {
    /// Whether it is the command line, the environment or the file of settings that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Open(error) if error.is_usage())
    }
}

/// In what two lists of migrations differ, in words.
fn difference(theirs: &[String], ours: &[String]) -> Option<String> {
    let lacking = |all: &[String], here: &[String]| -> Vec<String> {
        all.iter().filter(|name| !here.contains(name)).cloned().collect()
    };
    let (more, less) = (lacking(theirs, ours), lacking(ours, theirs));
    let say = |what: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let both: Vec<String> = say("with", &more).into_iter().chain(say("without", &less)).collect();
    (!both.is_empty()).then(|| both.join(", "))
}
