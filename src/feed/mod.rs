//! The log: one append-only sequence of events, one gapless position for each, in commit order; and its readers.
//!
//! `log_head` is a lock, never updated. Whoever appends locks it, reads the highest position in a *separate* statement
//! (in the same one, the snapshot would predate the wait), writes above it and commits at once. So every snapshot of
//! the database is exactly a prefix of the log. `token.rs` names a place in it that proves itself; `retention.rs` lets
//! the oldest events go, the floor first.
//! ```text
//!   commit -> doorbell -> tail ---page---> hub: ring, fold -> marks -> T -> wakes --> streams ask what is next
//!                         (poll)           blocks, few: what is older, from the database ---^
//! ```
//! Nothing is pushed through queues: a stream pulls by position, and nothing beyond T, the tail's position, is handed out.
//! `entry.rs` is an event, decoded once for all; `run.rs` several of them that are handed out as one; `memory.rs` what a
//! replica remembers of the database beside the log, in caches (`kept.rs`) that events keep true; `sizes.rs` how much of all.

pub mod blocks;
pub mod doorbell;
pub mod entry;
pub mod few;
pub mod fold;
pub mod hub;
pub mod kept;
pub mod log;
pub mod memory;
pub mod retention;
mod ring;
pub mod run;
pub mod sizes;
pub mod tail;
pub mod token;

use crate::error::Error;
use blocks::Blocks;
use doorbell::Doorbell;
use hub::Hub;
use memory::Memory;
use sea_orm::DatabaseConnection;
pub use sizes::Sizes;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Everything that reads the log as it grows.
pub struct Feed {
    pub hub: Arc<Hub>,
    pub blocks: Blocks,
    pub memory: Memory,
    pub bell: Doorbell,
    pub sizes: Sizes,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Feed {
    /// A feed that has not begun; events are kept for `retention`.
    #[must_use]
    pub fn new(sizes: Sizes, retention: Duration) -> Self {
        Self {
            hub: Arc::new(Hub::new(sizes)),
            blocks: Blocks::new(sizes.block, sizes.blocks, retention),
            memory: Memory::new(sizes),
            bell: Doorbell::default(),
            sizes,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Follows the log from its end on, until told to stop, on a connection that `connect` makes.
    ///
    /// # Errors
    /// The database's.
    pub async fn follow(
        self: &Arc<Self>,
        connect: impl Fn() -> DatabaseConnection + Send + 'static,
    ) -> Result<(), Error> {
        tail::start(self, &connect()).await?;
        self.tasks.spawn(tail::follow(Arc::clone(self), connect, self.stop.clone()));
        Ok(())
    }

    /// Does something as long as it follows.
    pub fn meanwhile(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = work => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// Tells everything that follows to stop.
    pub fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
    }

    /// Returns when everything that followed has stopped.
    pub async fn stopped(&self) {
        self.stop();
        self.tasks.wait().await;
    }
}
