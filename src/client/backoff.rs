//! How long to wait before trying again: exponentially longer, with full jitter, so that the many consumers that one
//! replica lets go of do not come back together.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;

/// The first wait is at most this long.
pub const FIRST: Duration = Duration::from_millis(250);
/// No wait is longer than this.
pub const LONGEST: Duration = Duration::from_secs(30);

/// Waits, one after the other.
#[derive(Debug)]
pub struct Backoff {
    ceiling: Duration,
    rng: StdRng,
}

impl Default for Backoff {
    fn default() -> Self {
        Self::with(StdRng::from_os_rng())
    }
}

impl Backoff {
    /// Waits drawn from `rng`.
    #[must_use]
    pub fn with(rng: StdRng) -> Self {
        Self { ceiling: FIRST, rng }
    }

    /// The next wait: anything from none up to a ceiling that doubles each time.
    pub fn next_wait(&mut self) -> Duration {
        let wait = self.rng.random_range(Duration::ZERO..=self.ceiling);
        self.ceiling = (self.ceiling * 2).min(LONGEST);
        wait
    }

    /// All went well for a while: the next wait is a first one again.
    pub fn reset(&mut self) {
        self.ceiling = FIRST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The waits of many consumers that fail `count` times in a row.
    fn waits(count: usize) -> Vec<Vec<Duration>> {
        let consumer = |seed| {
            let mut backoff = Backoff::with(StdRng::seed_from_u64(seed));
            (0..count).map(|_| backoff.next_wait()).collect()
        };
        (0..1_000).map(consumer).collect()
    }

    #[test]
    fn waits_double_up_to_a_bound_and_fill_the_whole_span_below_it() {
        let consumers = waits(12);
        let mut ceiling = FIRST;
        for attempt in 0..12 {
            let these: Vec<Duration> = consumers.iter().map(|waits| waits[attempt]).collect();
            assert!(these.iter().all(|wait| *wait <= ceiling), "attempt {attempt}");
            for tenth in 0..10 {
                let (from, to) = (ceiling * tenth / 10, ceiling * (tenth + 1) / 10);
                let here = these.iter().filter(|wait| (from..to).contains(*wait)).count();
                assert!(
                    (50..=150).contains(&here),
                    "attempt {attempt}, {from:?} to {to:?}: {here}"
                );
            }
            ceiling = (ceiling * 2).min(LONGEST);
        }
        assert_eq!(ceiling, LONGEST);
    }

    #[test]
    fn after_a_good_while_waits_are_short_again() {
        let mut backoff = Backoff::with(StdRng::seed_from_u64(7));
        (0..20).for_each(|_| {
            backoff.next_wait();
        });
        backoff.reset();
        assert!(backoff.next_wait() <= FIRST);
    }
}
