//! The flags of `key`: what is done about the secret keys that the database keeps.

use super::{DatabaseConfig, Span};
use clap::{Args, Subcommand};

/// What `key rotate` does.
pub const ROTATE_CODES: &str = "Replicas read the keys every few seconds and need no restart; a minute later all of them sign \
    with the new key. What the keys before it signed stays good until they are dropped (key drop). SQLite serves one \
    process: stop the service first.\n\n\
    Exit codes: 0 added; 1 the database does not answer, or keeps no key (--secret-key-file has it); 2 the command line, the \
    environment or the configuration file is wrong.";

/// What `key drop` does.
pub const DROP_CODES: &str = "The key that signs is never dropped, nor one that will.\n\n\
    Exit codes: 0 none of them is left; 1 the database does not answer; 2 the command line, the environment or the \
    configuration file is wrong.";

/// What `key status` answers.
pub const STATUS_CODES: &str = "Exit codes: 0 told; 1 the database does not answer; 2 the command line, the environment or \
    the configuration file is wrong.";

/// The keys that page tokens and links of invitations are signed with, where the database keeps them.
#[derive(Clone, Debug, Subcommand)]
pub enum KeyCommand {
    /// Add a key, which signs in a minute's time, when every replica knows it.
    #[command(after_help = ROTATE_CODES)]
    Rotate(DatabaseConfig),
    /// Drop keys that sign no longer: what they signed is void then.
    #[command(after_help = DROP_CODES)]
    Drop(KeyDropConfig),
    /// Tell which keys there are, and which of them signs; shows none of them.
    #[command(after_help = STATUS_CODES)]
    Status(DatabaseConfig),
}

/// Which of them go.
#[derive(Clone, Debug, Args)]
pub struct KeyDropConfig {
    /// Those that have signed nothing for so long, and a minute: at least as long as --invitation-expiry, unless links of
    /// invitations may become void; 0 is every one that does not sign.
    #[arg(long, value_name = "SPAN")]
    pub unused_for: Span,
    #[command(flatten)]
    pub keys: DatabaseConfig,
}
