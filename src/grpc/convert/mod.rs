//! Messages to the rooms' own types and back. Requests are taken apart field by field, so that a new field breaks the
//! build here until somebody decides what it means.

pub mod account;
pub mod batch;
pub mod contact;
pub mod enums;
pub mod mask;
pub mod member;
pub mod partnership;
pub mod provider;
pub mod sync;

use crate::domain::time::Timestamp;

/// The longest agreement version, in characters.
const MAX_VERSION: usize = 200;

fn time(at: Timestamp) -> prost_types::Timestamp {
    const MICROS: i64 = 1_000_000;
    let nanos = i32::try_from(at.0.rem_euclid(MICROS) * 1_000).unwrap_or(0);
    prost_types::Timestamp { seconds: at.0.div_euclid(MICROS), nanos }
}

fn span(span: std::time::Duration) -> prost_types::Duration {
    let (seconds, nanos) = (i64::try_from(span.as_secs()), i32::try_from(span.subsec_nanos()));
    prost_types::Duration { seconds: seconds.unwrap_or(i64::MAX), nanos: nanos.unwrap_or(0) }
}
