//! The consumer's side of `WatchMembers`: what an application has to do so that it misses nothing and applies nothing
//! twice. It uses the generated client and nothing else of the service, and is here to be copied.
//!
//! ```text
//!   follower.rs    one stream over any number of connections: resumes, starts anew, gives up
//!   backoff.rs     how long it waits                         verdict.rs   what it does about a status
//!   token_file.rs  a resume token kept in a file
//!   contacts.rs    the messages applied: pure, no I/O
//! ```
//! A consumer's loop is: [`Follower::next`], apply the message, store its token. Whoever stores what was applied and the
//! token in one transaction has each event's effect once; whoever stores the token afterwards may see events again after
//! a crash, and knows them by their positions, as [`Contacts`] does.

pub mod backoff;
pub mod contacts;
pub mod follower;
pub mod token_file;
pub mod verdict;

pub use contacts::Contacts;
pub use follower::{Ask, Follower, GaveUp, Start, Told};
pub use token_file::{TokenFile, TokenFileError};
