//! Messages to the rooms' own types and back. Requests are taken apart field by field, so that a new field breaks the
//! build here until somebody decides what it means.

pub mod access;
pub mod account;
pub mod agreement;
pub mod batch;
pub mod contact;
pub mod enums;
pub mod mail;
pub mod mask;
pub mod member;
pub mod partnership;
pub mod provider;
pub mod sharing;
pub mod sync;

use crate::domain::time::Timestamp;

/// The longest agreement version, in characters.
const MAX_VERSION: usize = 200;

fn time(at: Timestamp) -> prost_types::Timestamp {
    const MICROS: i64 = 1_000_000;
    let nanos = i32::try_from(at.0.rem_euclid(MICROS) * 1_000).unwrap_or(0);
    prost_types::Timestamp { seconds: at.0.div_euclid(MICROS), nanos }
}

/// A moment that a message names; none for one that there is not, or that no calendar of this service reaches.
fn moment(at: prost_types::Timestamp) -> Option<Timestamp> {
    const MICROS: i64 = 1_000_000;
    let nanos = u32::try_from(at.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    at.seconds.checked_mul(MICROS)?.checked_add(i64::from(nanos / 1_000)).map(Timestamp)
}

/// A span that a message names; none for a negative or malformed one (prost's own conversion panics on the longest).
fn length(span: prost_types::Duration) -> Option<std::time::Duration> {
    let seconds = u64::try_from(span.seconds).ok()?;
    let nanos = u32::try_from(span.nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(std::time::Duration::new(seconds, nanos))
}

fn span(span: std::time::Duration) -> prost_types::Duration {
    let (seconds, nanos) = (i64::try_from(span.as_secs()), i32::try_from(span.subsec_nanos()));
    prost_types::Duration { seconds: seconds.unwrap_or(i64::MAX), nanos: nanos.unwrap_or(0) }
}
