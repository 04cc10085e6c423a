//! The log as read from the database by those who are behind: fixed blocks of positions, read once for all of them.

use super::entry::{Entry, decode};
use super::log::{self, Page};
use crate::error::Error;
use crate::faults::{Variant, broken};
use moka::future::Cache;
use sea_orm::ConnectionTrait;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Blocks read lately.
pub struct Blocks {
    rows: i64,
    retention: Duration,
    /// Blocks of an earlier history have an earlier epoch, and are never found again.
    epoch: AtomicU64,
    cache: Cache<(u64, i64), Arc<Block>>,
}

struct Block {
    /// The lowest position kept when it was read.
    floor: i64,
    entries: Vec<Arc<Entry>>,
}

impl Blocks {
    /// No blocks yet, of so many positions each; `retention` is told to those who come too late.
    #[must_use]
    pub fn new(rows: i64, kept: u64, retention: Duration) -> Self {
        Self { rows, retention, epoch: AtomicU64::new(0), cache: Cache::new(kept) }
    }

    /// What was read may not be what is there any more.
    pub fn forget(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
        self.cache.invalidate_all();
    }

    /// Events right after a position, in order, up to the end of a block or `upto`, which has been committed.
    ///
    /// # Errors
    /// `ResumeTokenExpired` when the next ones are not kept any more; the database's.
    pub async fn after(
        &self,
        db: &impl ConnectionTrait,
        after: i64,
        upto: i64,
    ) -> Result<Vec<Arc<Entry>>, Error> {
        if broken(Variant::FloorOnlyAtResume) {
            return Ok(read(db, after + 1, upto).await?.entries.clone());
        }
        let number = after.div_euclid(self.rows);
        let (first, last) = (number * self.rows + 1, (number + 1) * self.rows);
        let block = if last <= upto || broken(Variant::PartialBlockKept) {
            let key = (self.epoch.load(Ordering::Relaxed), number);
            let loading = self.cache.try_get_with(key, read(db, first, last));
            loading.await.map_err(|error| again(&error))?
        } else {
            read(db, after + 1, upto).await?
        };
        let skipped = block.entries.partition_point(|entry| entry.place.position <= after);
        let entries = &block.entries[skipped..];
        let expected = after + 1..=last.min(upto);
        match entries.first() {
            Some(entry) if entry.place.position == after + 1 => {}
            _ if block.floor > after + 1 => {
                return Err(Error::ResumeTokenExpired {
                    earliest: block.floor,
                    retention: self.retention,
                });
            }
            _ => return Err(hole(after)),
        }
        if !entries.iter().map(|entry| entry.place.position).eq(expected) {
            return Err(hole(after));
        }
        Ok(entries.to_vec())
    }
}

async fn read(db: &impl ConnectionTrait, first: i64, last: i64) -> Result<Arc<Block>, Error> {
    let Page { floor_position, rows, .. } = log::page(db, first, last, last - first + 1).await?;
    let entries = decode(db, rows).await?;
    Ok(Arc::new(Block { floor: floor_position, entries }))
}

/// Of several who waited for the same block each is told.
fn again(error: &Arc<Error>) -> Error {
    match &**error {
        Error::DatabaseUnavailable(_) => Error::DatabaseUnavailable(None),
        other => Error::internal(other.to_string()),
    }
}

/// Positions are gapless: whatever made this, telling anything beyond it would be a silent loss.
pub fn hole(after: i64) -> Error {
    Error::internal(format!(
        "there is a hole in the log after position {after}; nothing beyond it is told"
    ))
}
