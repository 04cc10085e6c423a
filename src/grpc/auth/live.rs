//! A key set that changes while the service runs. Whoever keeps it up to date publishes each new one; a token that names
//! a key which is not there asks for a look, and waits for it.
//!
//! Looking costs whoever is looked at, so it is rationed: one look at a time, and a pause after each, whoever asks.
//! A call whose key is there, which is every call, takes the set and does nothing else.

use super::Claims;
use super::key::{Doubt, Expected, KeyError, Keys};
use crate::error::Error;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::{Duration, Instant, timeout};

/// Longer than any look may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The keys in force.
pub struct LiveKeys {
    expected: Expected,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    keys: Option<Arc<Keys>>,
    looks: u64,
    is_looking: bool,
    is_wanted: bool,
    /// Nobody looks again before this.
    pauses_until: Option<Instant>,
}

impl LiveKeys {
    /// None yet.
    #[must_use]
    pub fn new(issuer: &str, audience: &str) -> Arc<Self> {
        let expected = Expected::new(issuer, audience);
        Arc::new(Self { expected, state: watch::Sender::default() })
    }

    /// Whether any were ever published.
    #[must_use]
    pub fn are_there(&self) -> bool {
        self.state.borrow().keys.is_some()
    }

    /// Puts a key set in the place of the one before; answers how many of its keys can be used. One without any changes
    /// nothing.
    ///
    /// # Errors
    /// Why none can be used.
    pub fn publish(&self, json: &[u8]) -> Result<usize, KeyError> {
        let keys = Keys::set(json, &self.expected)?;
        let count = keys.count();
        self.state.send_modify(|state| state.keys = Some(Arc::new(keys)));
        Ok(count)
    }

    /// Says that a look begins.
    pub fn begins(&self) {
        self.state.send_modify(|state| {
            state.is_looking = true;
            state.is_wanted = false;
        });
    }

    /// Says that it is over, whatever came of it, and until when nobody looks again.
    pub fn ends(&self, pauses_until: Instant) {
        self.state.send_modify(|state| {
            state.looks += 1;
            state.is_looking = false;
            state.pauses_until = Some(pauses_until);
        });
    }

    /// Waits until a token has named a key that is not there, since the last look and its pause.
    pub async fn wanted(&self) {
        self.until(|state| state.is_wanted).await;
    }

    /// Waits for the end of the first look.
    pub async fn looked(&self) {
        self.until(|state| state.looks > 0).await;
    }

    async fn until(&self, so: impl FnMut(&State) -> bool) {
        // ends only with the sender, which is this one's own
        let _ = self.state.subscribe().wait_for(so).await;
    }

    fn current(&self) -> Option<Arc<Keys>> {
        self.state.borrow().keys.clone()
    }

    pub(super) async fn claims(&self, token: &str) -> Result<Claims, Error> {
        let keys = self.current().ok_or(Error::KeysNotThere)?;
        match keys.claims(token) {
            // boxed: hardly any call comes here, and each has the room of its futures
            Err(Doubt::UnknownKey) if Box::pin(self.look_again()).await => {
                let keys = self.current().ok_or(Error::KeysNotThere)?;
                keys.claims(token).map_err(|_| Error::CredentialsInvalid)
            }
            found => found.map_err(|_| Error::CredentialsInvalid),
        }
    }

    /// Asks for a look, or joins the one under way, and waits for its end; false while nobody looks.
    async fn look_again(&self) -> bool {
        let mut before = None;
        self.state.send_if_modified(|state| {
            let pauses = state.pauses_until.is_some_and(|until| Instant::now() < until);
            let asks = !state.is_looking && !pauses;
            before = (state.is_looking || asks).then_some(state.looks);
            state.is_wanted |= asks;
            asks
        });
        let Some(before) = before else { return false };
        timeout(PATIENCE, self.until(|state| state.looks > before)).await.is_ok()
    }
}
