//! What a stream has missed, from the database: by blocks, which all streams share, or by the few accounts that concern it.

use super::apart::apart;
use crate::backend::Backend;
use crate::domain::ids::AccountId;
use crate::domain::sync::Relations;
use crate::error::Error;
use crate::feed::blocks::History;
use crate::feed::few::Found;
use crate::feed::run::Stretch;
use std::ops::Range;
use std::sync::Arc;

/// How one stream reads on.
#[derive(Default)]
pub(super) struct Behind {
    /// Up to here its partners are taken to be much of the log.
    dense_upto: i64,
    /// How often they were found to be.
    found_dense: u32,
}

/// After so many times it does not get any further.
const OFTEN: u32 = 16;

impl Behind {
    /// Some events of `positions`, without the first and with the last of them, and how far they go.
    ///
    /// # Errors
    /// As for [`Blocks::after`](crate::feed::blocks::Blocks::after).
    pub async fn next(
        &mut self,
        backend: &Arc<Backend>,
        viewer: AccountId,
        Range { start: after, end: upto }: Range<i64>,
        history: History,
        relations: &Relations,
    ) -> Result<(Vec<Stretch>, i64), Error> {
        let (feed, reading) = (&backend.feed, Arc::clone(backend));
        let few = feed.few(viewer, relations, after, upto).filter(|_| after >= self.dense_upto);
        let Some(whose) = few else {
            let read = async move {
                reading.feed.blocks.after(reading.catch_up(), after, upto, history).await
            };
            let stretches = apart(read).await?;
            let last = stretches.last().and_then(|stretch| stretch.entries().last());
            let reached = last.map_or(after, |entry| entry.place.position);
            return Ok((stretches, reached));
        };
        let read = async move {
            reading.feed.of_few(reading.catch_up(), &whose, after, upto, history).await
        };
        let Found { stretches, reached, is_dense } = apart(read).await?;
        if is_dense {
            // twice as far each time: to find that out costs more than a block
            self.dense_upto = reached + (feed.sizes.far << self.found_dense.min(OFTEN));
            self.found_dense += 1;
        }
        Ok((stretches, reached))
    }
}
