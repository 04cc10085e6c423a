//! A key set's URL, asked again and again: when its answer has become old, and when a token names a key that is not there.
//!
//! The keys there are stay in force until a good answer replaces them: an endpoint that is down, or talks nonsense, locks
//! nobody out, and a key that a good answer leaves out lets nobody in.

use super::fetch::{Endpoint, FetchError};
use crate::grpc::auth::LiveKeys;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// From the beginning of one question to that of the next, at the least, whoever wants to know.
    pub pause: Duration,
    /// After a failure, while there are keys; without any it is asked after each pause.
    pub retry: Duration,
    /// How long an answer counts, whatever it says of itself.
    pub least: Duration,
    pub most: Duration,
    /// How long it counts if it says nothing of that.
    pub unsaid: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(5),
            retry: Duration::from_secs(30),
            least: Duration::from_secs(60),
            most: Duration::from_secs(60 * 60),
            unsaid: Duration::from_secs(5 * 60),
        }
    }
}

impl Rhythm {
    /// How long an answer counts that says this of itself.
    fn counts(&self, max_age: Option<Duration>) -> Duration {
        max_age.unwrap_or(self.unsaid).clamp(self.least, self.most)
    }
}

/// Keeps keys up to date.
pub struct Follower {
    endpoint: Endpoint,
    keys: Arc<LiveKeys>,
    rhythm: Rhythm,
    /// The last good answer.
    body: Vec<u8>,
}

impl Follower {
    /// Whose answers go where, and how often.
    #[must_use]
    pub fn new(endpoint: Endpoint, keys: Arc<LiveKeys>, rhythm: Rhythm) -> Self {
        Self { endpoint, keys, rhythm, body: Vec::new() }
    }

    /// The keys that it keeps up to date.
    #[must_use]
    pub fn keys(&self) -> Arc<LiveKeys> {
        Arc::clone(&self.keys)
    }

    /// Follows it until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let following = async {
            loop {
                let began = Instant::now();
                self.keys.begins();
                let good_for = self.look().await;
                let again = began + self.rhythm.pause;
                self.keys.ends(again);
                let wanted = async {
                    sleep_until(again).await;
                    self.keys.wanted().await;
                };
                tokio::select! {
                    () = sleep_until(began + good_for.max(self.rhythm.pause)) => {}
                    () = wanted => {}
                }
            }
        };
        tokio::select! {
            () = following => {}
            () = shutdown.cancelled() => {}
        }
    }

    /// Asks once; answers when to ask again.
    async fn look(&mut self) -> Duration {
        let url = self.endpoint.shown().to_owned();
        match self.take().await {
            Ok((max_age, None)) => self.rhythm.counts(max_age),
            Ok((max_age, Some(keys))) => {
                tracing::info!(url, keys, "tokens are verified with a new key set");
                self.rhythm.counts(max_age)
            }
            Err(error) if self.keys.are_there() => {
                tracing::warn!(url, %error, "the key set could not be had; the keys there are stay");
                self.rhythm.retry
            }
            Err(error) => {
                tracing::warn!(url, %error, "the key set could not be had; nobody is let in until it can");
                self.rhythm.pause
            }
        }
    }

    /// How long the answer counts, and how many keys it has if it is another one than before.
    async fn take(&mut self) -> Result<(Option<Duration>, Option<usize>), FetchError> {
        let answer = self.endpoint.ask().await?;
        if answer.body == self.body {
            return Ok((answer.max_age, None));
        }
        let count = self.keys.publish(&answer.body)?;
        self.body = answer.body;
        Ok((answer.max_age, Some(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_as_long_as_it_says_but_neither_for_a_moment_nor_for_a_day() {
        let counts =
            |said: Option<u64>| Rhythm::default().counts(said.map(Duration::from_secs)).as_secs();
        assert_eq!(counts(None), 300);
        assert_eq!(counts(Some(600)), 600);
        assert_eq!((counts(Some(0)), counts(Some(86_400))), (60, 3_600));
        assert_eq!(counts(Some(u64::MAX)), 3_600);
    }
}
