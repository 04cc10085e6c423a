//! Events by page.
//!
//! Blocks of positions are read by primary key and filtered in memory. One call reads a bounded number of them: it may
//! answer few events, or none, and still moves its token on.

use super::{relations, start};
use crate::backend::Backend;
use crate::domain::ids::AccountId;
use crate::domain::sync::{Telling, tell};
use crate::error::Error;
use crate::feed::entry::Entry;
use crate::feed::log::extent;
use crate::feed::run::Stretch;
use crate::feed::token::ResumeToken;
use std::sync::Arc;

const BLOCKS_PER_CALL: usize = 16;

/// Events, and where to go on.
#[derive(Clone, Debug)]
pub struct Page {
    pub events: Vec<(Arc<Entry>, Telling)>,
    pub token: ResumeToken,
    pub has_more: bool,
}

/// The account's events after `token`, `size` of them at most.
///
/// # Errors
/// `ResumeTokenInvalid`, `ResumeTokenExpired`, `ResumeTokenDiverged`, or the database's.
pub async fn page(
    backend: &Backend,
    viewer: AccountId,
    token: Option<ResumeToken>,
    size: usize,
) -> Result<Page, Error> {
    if token.is_some_and(|token| token.snapshot.is_some()) {
        // going on from here would leave the rest of the snapshot out
        return Err(Error::ResumeTokenInvalid);
    }
    // before anything is read: all of it has to go on from there
    let history = backend.feed.hub.history();
    let known = extent(backend.reads()).await?;
    let start = match token {
        Some(token) => start::checked(backend, &known, token).await?,
        None => start::earliest(&known),
    };
    // read after the head: whatever they say beyond it concerns no position below it
    let (relations, _) = relations::load(backend.reads(), viewer).await?;
    let (log, head) = (known.log_id, known.head_position);
    let mut reached = start;
    let mut events = Vec::new();
    for _ in 0..BLOCKS_PER_CALL {
        if reached.position >= head || events.len() >= size {
            break;
        }
        let (blocks, seen) = (&backend.feed.blocks, history.including(&reached));
        let stretches = blocks.after(backend.catch_up(), reached.position, head, seen).await?;
        let mut last_whole = reached;
        for entry in stretches.iter().flat_map(Stretch::entries) {
            reached = entry.place.token(log);
            if entry.last_of_change {
                last_whole = reached;
            }
            if let Some(telling) = told(viewer, &relations, entry) {
                events.push((Arc::clone(entry), telling));
                if events.len() == size {
                    return Ok(Page { events, token: reached, has_more: reached.position < head });
                }
            }
        }
        // between events a token stands at the end of a change, unless the change is larger than a block
        if last_whole.position > start.position && reached.position < head {
            let beyond = events.last().is_some_and(|(told, _): &(Arc<Entry>, _)| {
                told.place.position > last_whole.position
            });
            reached = if beyond { reached } else { last_whole };
        }
    }
    Ok(Page { events, token: reached, has_more: reached.position < head })
}

/// A contact that is back is no event: it is found among the contacts.
fn told(
    viewer: AccountId,
    relations: &crate::domain::sync::Relations,
    entry: &Entry,
) -> Option<Telling> {
    tell(viewer, relations, &entry.logged())
        .filter(|telling| !matches!(telling, Telling::Restored(..)))
}
