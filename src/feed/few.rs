//! The log as read from the database by one who is far behind and whom few accounts concern: their events alone, by index.
//!
//! Blocks are shared, and prove that nothing is missing; but whoever was away for a million events, ten of which matter,
//! would have all of them read.

use super::Feed;
use super::blocks::{History, expired, same};
use super::entry::decode;
use super::log;
use super::run::{Run, Stretch};
use crate::domain::ids::AccountId;
use crate::domain::sync::Relations;
use crate::error::Error;
use crate::faults::{Variant, broken};
use sea_orm::ConnectionTrait;

/// Each of them is a walk of an index of its own.
const MOST_SOURCES: usize = 32;
/// One row in so many, at least, or blocks are cheaper: rows found by an index cost more than rows side by side.
const SPARSE: i64 = 8;

/// Events that may concern a viewer.
pub struct Found {
    /// In order.
    pub stretches: Vec<Stretch>,
    /// Nothing else up to here concerns the viewer.
    pub reached: i64,
    /// They are so many of all that they had better be read by blocks.
    pub is_dense: bool,
}

impl Feed {
    /// Whose events the viewer has to look at after a position, if it is so far behind and they are so few that these are
    /// best looked for by themselves.
    #[must_use]
    pub fn few(
        &self,
        viewer: AccountId,
        relations: &Relations,
        after: i64,
        upto: i64,
    ) -> Option<log::Whose> {
        let sources = || relations.sources_after(after, MOST_SOURCES);
        (upto - after > self.sizes.far)
            .then(sources)
            .flatten()
            .map(|sources| log::Whose { viewer, sources })
    }

    /// The next events of these accounts after a position, up to `upto`, which has been committed; as many as a block has.
    ///
    /// # Errors
    /// As [`Blocks::after`](super::blocks::Blocks::after), but for holes, which nobody would see.
    pub async fn of_few(
        &self,
        db: &impl ConnectionTrait,
        whose: &log::Whose,
        after: i64,
        upto: i64,
        history: History,
    ) -> Result<Found, Error> {
        let most = self.sizes.block;
        let page = log::page_of(db, whose, after + 1, upto, most, history.position).await?;
        same(&page, history)?;
        if page.floor_position > after + 1 && !broken(Variant::FloorOnlyAtResume) {
            return Err(expired(page.floor_position, self.blocks.retention));
        }
        let last = page.rows.last().map(|row| row.position);
        let full = last.filter(|_| i64::try_from(page.rows.len()) == Ok(most));
        let reached = full.unwrap_or(upto);
        let is_dense = full.is_some() && reached - after < SPARSE * most;
        let runs = Run::divide(&decode(db, page.rows).await?);
        let stretches = runs.iter().map(|run| run.part(run.first(), run.last())).collect();
        Ok(Found { stretches, reached, is_dense })
    }
}
