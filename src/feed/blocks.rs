//! The log as read from the database by those who are behind: fixed blocks of positions, read once for all of them.

use super::entry::decode;
use super::log::{self, Page};
use super::run::{Run, Stretch};
use crate::error::Error;
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
    runs: Vec<Arc<Run>>,
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
    ) -> Result<Vec<Stretch>, Error> {
        let number = after.div_euclid(self.rows);
        let (first, last) = (number * self.rows + 1, (number + 1) * self.rows);
        let block = if last <= upto {
            let key = (self.epoch.load(Ordering::Relaxed), number);
            let loading = self.cache.try_get_with(key, read(db, first, last));
            loading.await.map_err(|error| again(&error))?
        } else {
            read(db, after + 1, upto).await?
        };
        let upto = last.min(upto);
        let unread = block.runs.iter().filter(|run| run.last() > after);
        let stretches: Vec<Stretch> = unread.map(|run| run.part(after + 1, upto)).collect();
        let positions =
            || stretches.iter().flat_map(Stretch::entries).map(|entry| entry.place.position);
        match positions().next() {
            Some(first) if first == after + 1 => {}
            _ if block.floor > after + 1 => {
                return Err(Error::ResumeTokenExpired {
                    earliest: block.floor,
                    retention: self.retention,
                });
            }
            _ => return Err(hole(after)),
        }
        if !positions().eq(after + 1..=upto) {
            return Err(hole(after));
        }
        Ok(stretches)
    }
}

async fn read(db: &impl ConnectionTrait, first: i64, last: i64) -> Result<Arc<Block>, Error> {
    let Page { floor_position, rows, .. } = log::page(db, first, last, last - first + 1).await?;
    let runs = Run::divide(&decode(db, rows).await?);
    Ok(Arc::new(Block { floor: floor_position, runs }))
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
