//! When a letter is tried again, and when it is given up.

use crate::domain::time::{DAY, Timestamp};
use std::time::Duration;

/// How long a worker has a letter to itself without a sign of life.
pub const LEASE: Duration = Duration::from_secs(20);
/// How often it gives one while it sends.
pub const RENEWAL: Duration = Duration::from_secs(5);
/// How long letters wait behind others that were taken with them.
pub const HOLD: Duration = Duration::from_secs(1);
/// From taking letters to taking the next ones that this replica commits.
pub const GATHER: Duration = Duration::from_millis(10);
/// How long one attempt may take.
pub const ATTEMPT: Duration = Duration::from_secs(60);
/// How long a letter is tried.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(2 * DAY.as_secs());
/// Trouble that lasts is noticed to be over after this long at most.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const FIRST_WAIT: Duration = Duration::from_secs(5);
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// When to try again after `attempts`; none when it has been tried for long enough. `chance`, from 0 to 1, spreads letters
/// that failed together.
#[must_use]
pub fn next_attempt(
    queued_at: Timestamp,
    attempts: i64,
    now: Timestamp,
    chance: f64,
) -> Option<Timestamp> {
    if queued_at.until(now) >= GIVE_UP_AFTER {
        return None;
    }
    Some(now.plus(spread(doubled(FIRST_WAIT, attempts - 1, LONGEST_WAIT), chance)))
}

/// How long a worker rests after so many failures in a row that were the mail server's, not the letters'.
#[must_use]
pub fn rest(failures: u32, chance: f64) -> Duration {
    spread(doubled(FIRST_REST, i64::from(failures) - 1, LONGEST_REST), chance)
}

fn doubled(first: Duration, times: i64, most: Duration) -> Duration {
    let factor = 1_u32.checked_shl(u32::try_from(times.clamp(0, 31)).unwrap_or(31));
    first.saturating_mul(factor.unwrap_or(u32::MAX)).min(most)
}

/// Between half of it and all of it.
fn spread(wait: Duration, chance: f64) -> Duration {
    wait.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000_000_000);

    fn wait(attempts: i64, chance: f64) -> Duration {
        NOW.until(next_attempt(NOW, attempts, NOW, chance).unwrap())
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_are_spread_over_their_later_half() {
        let seconds: Vec<u64> = (1..=10).map(|attempts| wait(attempts, 1.0).as_secs()).collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(wait(4, 0.0), Duration::from_secs(20));
        assert_eq!(wait(i64::MAX, 1.0), LONGEST_WAIT);
        assert_eq!(wait(0, 1.0), FIRST_WAIT);
    }

    #[test]
    fn a_letter_is_given_up_after_two_days_and_not_a_moment_before() {
        let at = |span| next_attempt(NOW, 9, NOW.plus(span), 0.5);
        assert!(at(GIVE_UP_AFTER - Duration::from_micros(1)).is_some());
        assert_eq!(at(GIVE_UP_AFTER), None);
    }

    #[test]
    fn a_worker_rests_a_minute_at_most() {
        let seconds: Vec<u64> = (1..=8).map(|failures| rest(failures, 1.0).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_lease_outlives_a_sign_of_life_that_is_missed() {
        assert!(LEASE > 3 * RENEWAL + HOLD);
    }
}
