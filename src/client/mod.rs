//! The consumer's side of `WatchMembers`: what an application has to do so that it misses nothing and applies nothing
//! twice. It uses the generated client alone, and is here to be copied.
//!
//! ```text
//!   contacts.rs    what the messages say, kept up to date: pure, no I/O
//! ```

pub mod contacts;

pub use contacts::Contacts;
