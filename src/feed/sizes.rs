//! How much the feed keeps in memory and reads at once, how many it serves, how often it looks.

use std::time::Duration;

/// Sizes; tests make them tiny, so that every path is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Events in the ring.
    pub ring: usize,
    /// Events the tail reads at once.
    pub page: i64,
    /// Events in a block read from the database.
    pub block: i64,
    /// Blocks kept.
    pub blocks: u64,
    /// Positions that a subscriber has to be behind for the events of its own few partners to be looked for.
    pub far: i64,
    /// Ranges of positions noted for a subscriber before it has to look for itself.
    pub pending: usize,
    /// Events handed to a subscriber at once.
    pub batch: usize,
    /// Contacts of a snapshot read at once.
    pub snapshot: usize,
    /// Streams of this process.
    pub streams: usize,
    /// Streams of one member.
    pub streams_per_caller: usize,
    /// Streams of one operator.
    pub streams_per_operator: usize,
    /// Pairs of accounts of which it is kept what one may do for the other; as many answers about items, and callers.
    pub kept: usize,
    /// For how long the log's end may not have been seen before nothing that is kept is believed.
    pub trust: Duration,
    /// How often the tail looks, whatever it hears.
    pub poll: Duration,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            ring: 8_192,
            page: 1_024,
            block: 1_024,
            blocks: 32,
            far: 16_384,
            pending: 64,
            batch: 256,
            snapshot: 256,
            streams: 20_000,
            streams_per_caller: 10,
            streams_per_operator: 1_000,
            kept: 100_000,
            trust: Duration::from_secs(1),
            poll: Duration::from_millis(100),
        }
    }
}
