//! Where a reader goes on: a token is a place in this very history, or it is refused (P5).

use crate::backend::Backend;
use crate::error::Error;
use crate::feed::log::{Extent, event_at, extent};
use crate::feed::token::{ResumeToken, proof};

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
/// `ResumeTokenInvalid` for another log's; `ResumeTokenExpired`; `ResumeTokenDiverged`; the database's.
pub async fn checked(
    backend: &Backend,
    known: &Extent,
    token: ResumeToken,
) -> Result<ResumeToken, Error> {
    if token.log != known.log_id {
        return Err(Error::ResumeTokenInvalid);
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
    if token.proof == stands { Ok(token) } else { Err(Error::ResumeTokenDiverged) }
}

fn expired(backend: &Backend, earliest: i64) -> Error {
    Error::ResumeTokenExpired { earliest, retention: backend.limits.event_retention }
}
