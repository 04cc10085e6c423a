//! The log: one append-only sequence of events, one gapless position for each, in commit order; and its readers.
//!
//! `log_head` is a lock, never updated. Whoever appends locks it, reads the highest position in a *separate* statement
//! (in the same one, the snapshot would predate the wait), writes above it and commits at once. So every snapshot of
//! the database is exactly a prefix of the log. `token.rs` names a place in it that proves itself; `retention.rs` lets
//! the oldest events go, the floor first.
//! ```text
//!   commit -> doorbell -> tail ---page---> hub: ring, fold -> marks -> T -> wakes --> streams ask what is next
//!                         (poll)           blocks: what is older, from the database ----^
//! ```
//! Nothing is pushed through queues: a stream pulls by position, and nothing beyond T, the tail's position, is handed out.

pub mod blocks;
pub mod doorbell;
pub mod entry;
pub mod fold;
pub mod hub;
pub mod log;
pub mod notify;
pub mod retention;
mod ring;
pub mod sizes;
pub mod tail;
pub mod token;

use blocks::Blocks;
use doorbell::Doorbell;
use hub::Hub;
pub use sizes::Sizes;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Everything that reads the log as it grows.
pub struct Feed {
    pub hub: Arc<Hub>,
    pub blocks: Blocks,
    pub bell: Doorbell,
    pub sizes: Sizes,
    /// Stops the tail.
    pub stop: CancellationToken,
}

impl Feed {
    /// A feed that has not begun; events are kept for `retention`.
    #[must_use]
    pub fn new(sizes: Sizes, retention: Duration) -> Self {
        Self {
            hub: Arc::new(Hub::new(sizes)),
            blocks: Blocks::new(sizes.block, sizes.blocks, retention),
            bell: Doorbell::default(),
            sizes,
            stop: CancellationToken::new(),
        }
    }
}
