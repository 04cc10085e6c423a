//! A key set's URL or file, asked again and again: when its answer has become old, and when a token names a key that is
//! not there.
//!
//! The keys there are stay in force until a good answer replaces them: an endpoint that is down, or talks nonsense, locks
//! nobody out, and a key that a good answer leaves out lets nobody in. A file is looked at every few seconds, by its
//! content, as certificates are; what cannot be used of it is told once.

use super::fetch::{Answer, Endpoint, FetchError};
use crate::grpc::auth::LiveKeys;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

const LOOK_INTERVAL: Duration = Duration::from_secs(5);

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
    /// How often a file is looked at: there is nobody whom that burdens.
    pub const OF_A_FILE: Self = Self {
        pause: Duration::from_secs(1),
        retry: LOOK_INTERVAL,
        least: LOOK_INTERVAL,
        most: LOOK_INTERVAL,
        unsaid: LOOK_INTERVAL,
    };

    /// How long an answer counts that says this of itself.
    fn counts(&self, max_age: Option<Duration>) -> Duration {
        max_age.unwrap_or(self.unsaid).clamp(self.least, self.most)
    }
}

/// Where a key set is.
pub enum Source {
    Url(Endpoint),
    File(PathBuf),
}

impl Source {
    fn shown(&self) -> String {
        match self {
            Self::Url(endpoint) => endpoint.shown().to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    async fn ask(&self) -> Result<Answer, FetchError> {
        match self {
            Self::Url(endpoint) => endpoint.ask().await,
            Self::File(path) => {
                let body = tokio::fs::read(path).await?;
                Ok(Answer { body, max_age: None })
            }
        }
    }
}

/// Keeps keys up to date.
pub struct Follower {
    source: Source,
    keys: Arc<LiveKeys>,
    rhythm: Rhythm,
    /// The last good answer.
    body: Vec<u8>,
    /// What was wrong the last time, where that was told.
    told: Option<String>,
}

impl Follower {
    /// Whose answers go where, and how often.
    #[must_use]
    pub fn new(source: Source, keys: Arc<LiveKeys>, rhythm: Rhythm) -> Self {
        Self { source, keys, rhythm, body: Vec::new(), told: None }
    }

    /// Whose last good answer is known.
    #[must_use]
    pub fn after(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
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
        let key_set = self.source.shown();
        match self.take().await {
            Ok((max_age, found)) => {
                if let Some(keys) = found {
                    tracing::info!(key_set, keys, "tokens are verified with a new key set");
                }
                self.told = None;
                self.rhythm.counts(max_age)
            }
            Err(error) if self.keys.are_there() => {
                if self.is_news(&error) {
                    tracing::warn!(key_set, %error, "the key set could not be had; the keys there are stay");
                }
                self.rhythm.retry
            }
            Err(error) => {
                tracing::warn!(key_set, %error, "the key set could not be had; nobody is let in until it can");
                self.rhythm.pause
            }
        }
    }

    /// A file that is wrong is so at every look, until somebody writes another one.
    fn is_news(&mut self, error: &FetchError) -> bool {
        let told = self.told.replace(error.to_string());
        matches!(self.source, Source::Url(_)) || told != self.told
    }

    /// How long the answer counts, and how many keys it has if it is another one than before.
    async fn take(&mut self) -> Result<(Option<Duration>, Option<usize>), FetchError> {
        let answer = self.source.ask().await?;
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

    #[test]
    fn what_is_wrong_with_a_file_is_news_once_and_a_url_that_is_down_is_told_each_time() {
        let broken = |words: &str| FetchError::File(std::io::Error::other(words.to_owned()));
        let follows =
            |source| Follower::new(source, LiveKeys::new("issuer", "audience"), Rhythm::OF_A_FILE);
        let mut file = follows(Source::File("jwks.json".into()));
        assert!(file.is_news(&broken("gone")) && !file.is_news(&broken("gone")));
        assert!(file.is_news(&broken("damaged")) && file.is_news(&broken("gone")));
        let url = "http://127.0.0.1:1/keys".parse().unwrap();
        let mut url = follows(Source::Url(Endpoint::new(url, false).unwrap()));
        assert!(url.is_news(&broken("down")) && url.is_news(&broken("down")));
    }
}
