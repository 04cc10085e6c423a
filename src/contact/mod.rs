//! Contacts (rules C): an account's own people, its partners' people, and guests that it typed in.
//!
//! ```text
//!   store.rs     lists in order of kind, home account and person; one contact by its id
//!   partners.rs  with whom the account shares, from which position to which
//!   people.rs    people as of a position: candidates by index, the rules' verdict, the version to show
//!   guests.rs    guests, and whom they turn out to be (C7)
//!   commands.rs  CreateGuest, DeleteContact       sql.rs   statements with their values
//! ```
//! Nothing is copied: a partner's member is read from `membership` and `member_version` as of the bound that the pair's
//! intervals give (`domain::contact`); an account's own people are the same reading of its own account. Only guests and
//! deletions are rows of this room. A page is read in one snapshot, and walks indexes: partners in order, in each the
//! people in order, so that its cost does not depend on how many contacts there are.

pub mod commands;
mod guests;
mod partners;
mod people;
pub(crate) mod sql;
pub mod store;

pub use partners::Viewing;
pub use people::Key;

use crate::domain::account::MemberState;
use crate::domain::contact::{ContactKind, Link};
use crate::domain::ids::{AccountId, ContactId, MemberId};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A contact as its account is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactView {
    pub id: ContactId,
    /// Whose contact it is.
    pub account_id: AccountId,
    pub kind: ContactKind,
    /// The person; none for a guest.
    pub person: Option<PersonView>,
    pub email: String,
    pub display_name: String,
    pub phone: String,
    pub title: String,
    pub locale: String,
    pub updated_at: Timestamp,
}

/// What is told of a person with a login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    pub home_account: AccountId,
    pub member: MemberId,
    pub state: MemberState,
    /// None for the account's own people.
    pub link: Option<Link>,
    /// Empty for the account's own people.
    pub partner_display_name: String,
}
