//! Lines that whoever connects can provoke: at most one in ten seconds of each kind.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

const INTERVAL: Duration = Duration::from_secs(10);

/// How often something happened since that was last told.
#[derive(Debug, Default)]
pub struct Seldom(Mutex<(Option<Instant>, u64)>);

impl Seldom {
    /// It happened: how often by now, if it is time to tell.
    pub fn count(&self) -> Option<u64> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (told_at, untold) = &mut *guard;
        *untold += 1;
        if told_at.is_some_and(|at| at.elapsed() < INTERVAL) {
            return None;
        }
        *told_at = Some(Instant::now());
        Some(std::mem::take(untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_happens_often_is_told_seldom_with_how_often_it_was() {
        let seldom = Seldom::default();
        assert_eq!((seldom.count(), seldom.count(), seldom.count()), (Some(1), None, None));
        tokio::time::advance(INTERVAL).await;
        assert_eq!((seldom.count(), seldom.count()), (Some(3), None));
    }
}
