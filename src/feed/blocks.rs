//! The log as read from the database by those who are behind: fixed blocks of positions, read once for all of them.

use super::entry::decode;
use super::log::{self, Page};
use super::run::{Run, Stretch};
use super::token::{ResumeToken, proof};
use crate::error::Error;
use crate::faults::{Variant, broken};
use moka::future::Cache;
use sea_orm::ConnectionTrait;
use std::sync::Arc;
use std::time::Duration;

/// The history that a reader knows: the event at a position of it, in one stretch without a break. What is read from the
/// database goes on from what the reader has only if that event stands there still (P5): after a failover it may not, and
/// the tail notices that a moment later than a reader might.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// How often the feed has taken its place anew.
    pub epoch: u64,
    pub position: i64,
    /// The part of the event's id that tokens quote.
    pub proof: [u8; 8],
}

impl History {
    /// Known as far as a token proves, where that is further.
    #[must_use]
    pub fn including(self, token: &ResumeToken) -> Self {
        if token.position <= self.position {
            return self;
        }
        Self { position: token.position, proof: token.proof, ..self }
    }
}

/// Blocks read lately.
pub struct Blocks {
    rows: i64,
    pub(super) retention: Duration,
    /// Blocks of an earlier history have an earlier epoch, and are never found again.
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
        Self { rows, retention, cache: Cache::new(kept) }
    }

    /// What was read is of a history that is over.
    pub fn forget(&self) {
        self.cache.invalidate_all();
    }

    /// Events right after a position, in order, up to the end of a block or `upto`, which has been committed.
    ///
    /// # Errors
    /// `ResumeTokenExpired` when the next ones are not kept any more; the database's, which is not there either when it
    /// holds another history.
    pub async fn after(
        &self,
        db: &impl ConnectionTrait,
        after: i64,
        upto: i64,
        history: History,
    ) -> Result<Vec<Stretch>, Error> {
        if broken(Variant::FloorOnlyAtResume) {
            let block = read(db, after + 1, upto, history).await?;
            return Ok(block.runs.iter().map(|run| run.part(after + 1, upto)).collect());
        }
        let number = after.div_euclid(self.rows);
        let (first, last) = (number * self.rows + 1, (number + 1) * self.rows);
        let block = if last <= upto || broken(Variant::PartialBlockKept) {
            let key = (history.epoch, number);
            let loading = self.cache.try_get_with(key, read(db, first, last, history));
            loading.await.map_err(|error| again(&error))?
        } else {
            read(db, after + 1, upto, history).await?
        };
        let upto = last.min(upto);
        let unread = block.runs.iter().filter(|run| run.last() > after);
        let stretches: Vec<Stretch> = unread.map(|run| run.part(after + 1, upto)).collect();
        let positions =
            || stretches.iter().flat_map(Stretch::entries).map(|entry| entry.place.position);
        match positions().next() {
            Some(first) if first == after + 1 => {}
            _ if block.floor > after + 1 => return Err(expired(block.floor, self.retention)),
            _ => return Err(hole(after)),
        }
        if !positions().eq(after + 1..=upto) {
            return Err(hole(after));
        }
        Ok(stretches)
    }
}

async fn read(
    db: &impl ConnectionTrait,
    first: i64,
    last: i64,
    history: History,
) -> Result<Arc<Block>, Error> {
    let page = log::page(db, first, last, last - first + 1, history.position).await?;
    same(&page, history)?;
    let runs = Run::divide(&decode(db, page.rows).await?);
    Ok(Arc::new(Block { floor: page.floor_position, runs }))
}

/// Whether what was read is of the history that is known.
pub(super) fn same(page: &Page, history: History) -> Result<(), Error> {
    // below the floor nothing can be proven, and nothing is told either
    let is_proven = page.witness.map(proof) == Some(history.proof);
    if is_proven || history.position < page.floor_position {
        return Ok(());
    }
    tracing::warn!(
        position = history.position,
        "the database holds another history than was followed; nothing of it is told before the tail has looked"
    );
    Err(Error::DatabaseUnavailable(None))
}

/// What comes next is not kept any more.
pub(super) fn expired(earliest: i64, retention: Duration) -> Error {
    Error::ResumeTokenExpired { earliest, retention }
}

/// Of several who waited for the same block each is told.
fn again(error: &Arc<Error>) -> Error {
    match &**error {
        Error::DatabaseUnavailable(_) => Error::DatabaseUnavailable(None),
        Error::Overloaded => Error::Overloaded,
        other => Error::internal(other.to_string()),
    }
}

/// Positions are gapless: whatever made this, telling anything beyond it would be a silent loss.
pub fn hole(after: i64) -> Error {
    Error::internal(format!(
        "there is a hole in the log after position {after}; nothing beyond it is told"
    ))
}
