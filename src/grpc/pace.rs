//! How many calls a second each member may make (`--rate-limit`), on this replica; operators may make any number.
//!
//! A second's worth may come at once, then calls at the rate. Calls without credentials are not counted: they cost nothing but
//! the refusal, and have no name to be counted under.

use crate::backend::Clock;
use crate::caller::Caller;
use crate::domain::ids::MemberId;
use crate::error::Error;
use governor::clock::{self, Clock as _};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// After so many calls whoever has been quiet is forgotten: memory follows who calls now.
const CALLS_BETWEEN_SWEEPS: usize = 10_000;

type Limiter = RateLimiter<MemberId, HashMapStateStore<MemberId>, Time, NoOpMiddleware<Duration>>;

/// The limit, if there is one.
pub struct Pace(Option<Limited>);

struct Limited {
    limit: NonZeroU32,
    limiter: Limiter,
    time: Time,
    calls: AtomicUsize,
}

impl Pace {
    /// `limit` calls a second; zero is no limit.
    pub fn new(limit: u32, clock: Clock) -> Self {
        let limited = |limit| {
            let time = Time { clock, began: Instant::now() };
            let limiter = RateLimiter::hashmap_with_clock(Quota::per_second(limit), time.clone());
            Limited { limit, limiter, time, calls: AtomicUsize::new(0) }
        };
        Self(NonZeroU32::new(limit).map(limited))
    }

    /// Counts a call.
    ///
    /// # Errors
    /// `RateLimited`, and when the next one would be let in.
    pub fn count(&self, caller: &Caller) -> Result<(), Error> {
        let (Some(limited), Caller::Member(member)) = (&self.0, caller) else { return Ok(()) };
        let Limited { limit, limiter, time, calls } = limited;
        if calls.fetch_add(1, Ordering::Relaxed) % CALLS_BETWEEN_SWEEPS == CALLS_BETWEEN_SWEEPS - 1
        {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        limiter.check_key(member).map_err(|refused| Error::RateLimited {
            limit: limit.get(),
            retry_after: refused.wait_time_from(time.now()),
        })
    }
}

/// Time that never goes back, unless tests hold it.
#[derive(Clone)]
struct Time {
    clock: Clock,
    began: Instant,
}

impl clock::Clock for Time {
    type Instant = Duration;

    fn now(&self) -> Duration {
        match &self.clock {
            Clock::System => self.began.elapsed(),
            held @ Clock::Fixed(_) => {
                Duration::from_micros(u64::try_from(held.now().0).unwrap_or(0))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    const SECOND: Duration = Duration::from_secs(1);

    fn paced(limit: u32) -> (Pace, Clock) {
        let clock = Clock::fixed(Timestamp(1_000_000_000));
        (Pace::new(limit, clock.clone()), clock)
    }

    #[test]
    fn a_seconds_worth_comes_at_once_and_then_one_at_a_time() {
        let (pace, clock) = paced(4);
        let caller = Caller::Member(MemberId::fresh());
        for _ in 0..4 {
            pace.count(&caller).unwrap();
        }
        let Err(Error::RateLimited { limit: 4, retry_after }) = pace.count(&caller) else {
            panic!("the fifth call was let in");
        };
        assert_eq!(retry_after, SECOND / 4);
        // whoever waits as told is let in, once
        clock.advance(retry_after);
        pace.count(&caller).unwrap();
        assert!(pace.count(&caller).is_err());
        clock.advance(SECOND);
        assert_eq!((0..9).filter(|_| pace.count(&caller).is_ok()).count(), 4);
    }

    #[test]
    fn each_member_has_its_own_and_operators_have_no_limit() {
        let (pace, _) = paced(1);
        for caller in [Caller::Member(MemberId::fresh()), Caller::Member(MemberId::fresh())] {
            pace.count(&caller).unwrap();
            assert!(pace.count(&caller).is_err());
        }
        for _ in 0..9 {
            pace.count(&Caller::Operator("o".to_owned())).unwrap();
            pace.count(&Caller::OperatorFor("o".to_owned(), MemberId::fresh())).unwrap();
        }
        let (unlimited, _) = paced(0);
        let caller = Caller::Member(MemberId::fresh());
        assert!((0..99).all(|_| unlimited.count(&caller).is_ok()));
    }

    #[test]
    fn whoever_has_been_quiet_is_forgotten_and_whoever_has_not_is_not() {
        let (pace, clock) = paced(1);
        let known = || pace.0.as_ref().unwrap().limiter.len();
        for _ in 0..100 {
            pace.count(&Caller::Member(MemberId::fresh())).unwrap();
        }
        clock.advance(10 * SECOND);
        let caller = Caller::Member(MemberId::fresh());
        pace.count(&caller).unwrap();
        assert_eq!(known(), 101);
        for _ in 0..CALLS_BETWEEN_SWEEPS {
            let _ = pace.count(&caller);
        }
        assert_eq!(known(), 1);
        assert!(pace.count(&caller).is_err(), "a sweep is no pardon");
    }
}
