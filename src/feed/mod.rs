//! The log: one append-only sequence of events, one gapless position for each, in commit order.
//!
//! `log_head` is a lock, never updated. Whoever appends locks it, reads the highest position in a *separate* statement
//! (in the same one, the snapshot would predate the wait), writes above it and commits at once. So every snapshot of
//! the database is exactly a prefix of the log. `token.rs` names a place in it that proves itself; `retention.rs` lets
//! the oldest events go, the floor first.

pub mod log;
pub mod retention;
pub mod token;
