//! What the service counts of itself while it works.
//!
//! Each number is an atomic that is made once and held where it is counted: counting costs an addition or two, looks
//! nothing up, and keeps nothing per sample, however seldom somebody reads. `page.rs` writes them as Prometheus reads them;
//! what can be asked for at that moment (streams, lag, the outbox) is not counted here at all.

mod page;

pub use page::Page;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// So many more.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many by now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a histogram's buckets end, in parts, and how many parts make one of what is told.
#[derive(Debug)]
pub struct Scale {
    ends: &'static [u64],
    parts: u32,
}

/// Nanoseconds, told in seconds.
const NANOS: u32 = 1_000_000_000;

/// Of calls, from those that memory answers to those that run into a deadline.
pub const CALLS: Scale = Scale {
    ends: &[
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
        2_500_000_000,
        5_000_000_000,
        10_000_000_000,
    ],
    parts: NANOS,
};
/// Of what should hardly be waited for, and may take a second.
const WAITS: Scale = Scale {
    ends: &[
        100_000,
        1_000_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
        5_000_000_000,
        30_000_000_000,
    ],
    parts: NANOS,
};
const SIZES: Scale = Scale { ends: &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000], parts: 1 };

/// How often which amounts came.
#[derive(Debug)]
pub struct Histogram {
    scale: Scale,
    /// By bucket; the last one has no end.
    counts: Box<[AtomicU64]>,
    /// In parts.
    sum: AtomicU64,
}

impl Histogram {
    /// Nothing yet.
    #[must_use]
    pub fn new(scale: Scale) -> Self {
        let counts = (0..=scale.ends.len()).map(|_| AtomicU64::new(0)).collect();
        Self { scale, counts, sum: AtomicU64::new(0) }
    }

    /// One more, of so many parts.
    pub fn record(&self, parts: u64) {
        let bucket = self.scale.ends.partition_point(|end| *end < parts);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(parts, Ordering::Relaxed);
    }

    /// One more, on a scale of times.
    pub fn record_time(&self, time: Duration) {
        self.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many by now.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// What rooms below the edge count.
#[derive(Debug)]
pub struct Meter {
    /// Messages handed to streams.
    pub deliveries: Counter,
    /// Reads of streams too far behind for what is kept in memory.
    pub fallbacks: Counter,
    /// From a change to its sending, for those who were there when it happened.
    pub commit_to_send: Histogram,
    /// How many registrations a commit had.
    pub group_commits: Histogram,
    /// How long connections for reads were waited for.
    pub read_waits: Histogram,
    /// How long connections for changes were waited for.
    pub write_waits: Histogram,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            deliveries: Counter::default(),
            fallbacks: Counter::default(),
            commit_to_send: Histogram::new(CALLS),
            group_commits: Histogram::new(SIZES),
            read_waits: Histogram::new(WAITS),
            write_waits: Histogram::new(WAITS),
        }
    }
}

impl Meter {
    /// Writes everything down.
    pub fn tell(&self, page: &mut Page) {
        page.counter(
            "partner_deliveries_total",
            "Messages handed to streams.",
            self.deliveries.count(),
        );
        page.counter(
            "partner_reader_fallbacks_total",
            "Reads of the database for streams too far behind for what is kept in memory.",
            self.fallbacks.count(),
        );
        page.histograms(
            "partner_commit_to_send_seconds",
            "From a change to its being handed to a stream that was open when it happened.",
            [(&[][..], &self.commit_to_send)],
        );
        page.histograms(
            "partner_group_commit_size",
            "Registrations in one commit.",
            [(&[][..], &self.group_commits)],
        );
        page.histograms(
            "partner_pool_wait_seconds",
            "Wait for a connection to the database, asked for once a second.",
            [
                (&[("pool", "read")][..], &self.read_waits),
                (&[("pool", "write")][..], &self.write_waits),
            ],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_counted_in_the_first_bucket_that_holds_it() {
        let sizes = Histogram::new(SIZES);
        for size in [0, 1, 2, 3, 1_000, 1_001] {
            sizes.record(size);
        }
        let counts: Vec<u64> =
            sizes.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        assert_eq!(counts, [2, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!((sizes.count(), sizes.sum.load(Ordering::Relaxed)), (6, 2_007));
    }

    #[test]
    fn the_buckets_of_every_scale_rise() {
        for scale in [CALLS, WAITS, SIZES] {
            assert!(scale.ends.is_sorted_by(|one, next| one < next), "{scale:?}");
        }
    }
}
