//! Where a reader begins: a token is a place in this very history, or it is refused (P5).

use super::snapshot::Snapshot;
use crate::backend::Backend;
use crate::domain::ids::AccountId;
use crate::error::Error;
use crate::faults::{Variant, broken};
use crate::feed::hub::Seat;
use crate::feed::log::{Extent, event_at, extent, newest, was_imported_from};
use crate::feed::token::{ResumeToken, proof};
use tokio::time::{Duration, Instant};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub start: Start,
    pub heartbeat: Duration,
    pub min_position: i64,
    /// When the caller's credentials are over.
    pub credentials_end: Option<Instant>,
}

/// Where to begin.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    Snapshot,
    Now,
    Token(ResumeToken),
}

/// What a stream is at.
pub enum Phase {
    /// Nothing is sent yet; a heartbeat comes first, with a token.
    Greeting,
    /// A snapshot of the whole account, yet to be announced.
    Begin(Snapshot),
    /// A snapshot under way, of everybody or of one partner.
    Snapshot(Snapshot),
    Events,
}

/// The place right below everything that is kept.
#[must_use]
pub fn earliest(known: &Extent) -> ResumeToken {
    ResumeToken {
        log: known.log_id,
        position: known.floor_position - 1,
        proof: proof(known.below_floor_event_id),
        snapshot: None,
    }
}

/// Checks a token against the log as the database has it.
///
/// # Errors
/// `ResumeTokenInvalid` for another log's; `ResumeTokenExpired`; `ResumeTokenDiverged`, also for the log that this one was
/// imported from; the database's.
pub async fn checked(
    backend: &Backend,
    known: &Extent,
    token: ResumeToken,
) -> Result<ResumeToken, Error> {
    if token.log != known.log_id {
        let is_former = was_imported_from(backend.reads(), token.log).await?;
        let refusal =
            if is_former { Error::ResumeTokenDiverged } else { Error::ResumeTokenInvalid };
        return Err(refusal);
    }
    // what this database, the primary, does not have was never committed, or is lost
    if token.position > known.head_position {
        return Err(Error::ResumeTokenDiverged);
    }
    let earliest = earliest(known);
    if token.position < earliest.position {
        return Err(expired(backend, known.floor_position));
    }
    if token.position == earliest.position {
        return proven(token, earliest.proof);
    }
    match event_at(backend.reads(), token.position).await? {
        Some(event) => proven(token, proof(event)),
        // gone since the extent was read
        None => Err(expired(backend, extent(backend.reads()).await?.floor_position)),
    }
}

fn proven(token: ResumeToken, stands: [u8; 8]) -> Result<ResumeToken, Error> {
    let is_proven = token.proof == stands || broken(Variant::TokenTagUnchecked);
    if is_proven { Ok(token) } else { Err(Error::ResumeTokenDiverged) }
}

fn expired(backend: &Backend, earliest: i64) -> Error {
    Error::ResumeTokenExpired { earliest, retention: backend.limits.event_retention }
}

/// Finds where a stream begins and what it resumes from until something is sent, once this replica has come as far as
/// that, and puts its seat there. `turn` is over once the database has answered.
///
/// # Errors
/// What is wrong with a token; `PositionUnknown`, `NotYetThere`; the database's.
pub async fn seated(
    backend: &Backend,
    seat: &Seat,
    viewer: AccountId,
    start: Start,
    min_position: i64,
    turn: impl Send,
) -> Result<(Phase, ResumeToken), Error> {
    backend.at_least(min_position).await?;
    let token = match start {
        Start::Token(token) => Some(resumed(backend, viewer, token).await?),
        Start::Snapshot | Start::Now => None,
    };
    drop(turn);
    let wanted = token.map_or(0, |token| token.position).max(min_position);
    let reached = tokio::time::timeout(backend.limits.patience, seat.hub().reach(wanted)).await;
    reached.map_err(|_| Error::NotYetThere { position: wanted })?;
    let (log, whole) = seat.hub().whole();
    let ahead = broken(Variant::SnapshotBeyondTail);
    let whole = if ahead { newest(backend.reads()).await?.1 } else { whole };
    let here = whole.token(log);
    let (phase, sent) = match (start, token) {
        (_, Some(token)) => match token.snapshot {
            Some(place) => (Phase::Snapshot(Snapshot::at(token, place)), token),
            None => (Phase::Events, token),
        },
        (Start::Now, None) => (Phase::Greeting, here),
        (_, None) => {
            let snapshot = Snapshot::opening(here, viewer, None);
            (Phase::Begin(snapshot), snapshot.token)
        }
    };
    seat.go_on_after(sent.position);
    Ok((phase, sent))
}

/// A token that may be resumed from by this account; one that stands in memory needs no look at the database.
async fn resumed(
    backend: &Backend,
    viewer: AccountId,
    token: ResumeToken,
) -> Result<ResumeToken, Error> {
    if token.snapshot.is_some_and(|place| place.account != viewer) {
        return Err(Error::ResumeTokenInvalid);
    }
    let hub = &backend.feed.hub;
    if broken(Variant::FutureTokenDiverged) && token.position > hub.tail().position {
        return Err(Error::ResumeTokenDiverged);
    }
    let recent = hub.recent(token.position).map(|place| place.token(hub.log()));
    if recent.is_some_and(|here| (here.log, here.proof) == (token.log, token.proof)) {
        return Ok(token);
    }
    checked(backend, &extent(backend.reads()).await?, token).await
}
