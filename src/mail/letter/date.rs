//! A moment in words, in UTC: a letter does not know where its reader is.

use super::clean::Marked;
use super::words::{Fill, Words};
use time::OffsetDateTime;

/// The last second of the year 9999; what is later, or before 1970, is shown as the end of that range.
const LATEST: i64 = 253_402_300_799;

/// A moment in Unix seconds, to the minute.
pub(super) fn moment(words: &Words, unix_seconds: i64) -> Marked {
    let moment = OffsetDateTime::from_unix_timestamp(unix_seconds.clamp(0, LATEST));
    let moment = moment.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let fills = [
        ("year", Fill::Digits(&moment.year().to_string())),
        ("month", Fill::Count(u32::from(u8::from(moment.month())))),
        ("day", Fill::Count(u32::from(moment.day()))),
        ("hour", Fill::Digits(&format!("{:02}", moment.hour()))),
        ("minute", Fill::Digits(&format!("{:02}", moment.minute()))),
    ];
    words.say("moment", &fills)
}
