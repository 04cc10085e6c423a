//! Accounts, their members and their preferences (rules M, I14), and who may do what on whose behalf.
//!
//! ```text
//!   access.rs        is this caller who it must be (order: member, account, operator, foreign account, capability)
//!   lock.rs          accounts and addresses, locked in order; the actor checked again under the lock
//!   accounts.rs      verbs on accounts          members.rs      verbs on members that are there
//!   register.rs      new members, many at once  group_commit.rs their queue
//!   preferences.rs   what an account lets in    history.rs      what a change of a person writes besides its row
//!   store.rs         reads
//! ```
//! A person's history (`membership`, `member_version`) is written here, only when the person changes; partners' contacts
//! are read from it as of a position and copied nowhere. An address row outlives its member: it is the lock through
//! which registrations and invitations see each other. Closing an account touches none of its members' rows; whoever
//! asks whose an address is asks for the account's state too.

pub mod access;
pub mod accounts;
pub mod group_commit;
mod history;
pub mod lock;
pub mod members;
pub mod preferences;
pub mod register;
pub mod store;

/// The etag of something that counts its versions.
#[must_use]
pub fn etag(version: i64) -> String {
    format!("v{version}")
}

/// Compares an etag, unless the caller sent none.
///
/// # Errors
/// `EtagMismatch`.
pub fn check_etag(sent: &str, current: &str) -> Result<(), crate::error::Error> {
    if sent.is_empty() || sent == current {
        return Ok(());
    }
    Err(crate::error::Error::EtagMismatch { current: current.to_owned() })
}
