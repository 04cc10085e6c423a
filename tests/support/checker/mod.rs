//! The one judge of what subscribers of WatchMembers were told: model and chaos tests bring the log and their records.
//!
//! ```text
//!   log.rs       the final log, row by row, and what must hold of any log (gapless, unique, changes that end)
//!   oracle.rs    the log folded the naive way: for each account what it must be told, and its contacts as of any position
//!   record.rs    what one subscriber received, with its cuts and resumes
//!   expected.rs  the messages that the oracle's facts become
//!   place.rs     where a reader stands, and what may come next there
//!   judge.rs     a record against the oracle, with the contacts that `client::Contacts` holds after each message
//!   keeper.rs    a consumer that never goes back, whatever it resumes from
//!   verdict.rs   the counts, and a sentence for each fault
//! ```
//! Nothing here asks the service's own rules (`domain::sync`, `contact`): who is told of what, and what a contact looks
//! like, is worked out again from copies carried to each account's page, which is what makes it an oracle.

pub mod expected;
pub mod judge;
pub mod keeper;
pub mod log;
pub mod oracle;
pub mod place;
pub mod record;
pub mod verdict;

use uuid::Uuid;

/// A person as somebody's contact: home account and member.
pub type Key = (Uuid, Uuid);
