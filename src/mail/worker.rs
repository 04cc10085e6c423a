//! The worker of a replica: takes a letter, sends it, marks it, takes the next one.
//!
//! It looks when this replica has committed letters, and anyway once a second: for those of others, and those whose time
//! has come. When the mail server is in trouble it rests, longer and longer, instead of trying every letter in vain.

use super::compose::{Flaw, Outgoing, compose};
use super::outbox::{self, Fate};
use super::post::{Post, Verdict};
use super::schedule::{ATTEMPT, RENEWAL, next_attempt, rest};
use super::secret;
use crate::backend::Backend;
use crate::domain::mail::MailState;
use crate::entity::mail;
use crate::error::Error;
use crate::faults::{Spot, die_at};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(1);
/// How often the outbox is told what became of a letter before its lease is let run out.
const MARKINGS: u32 = 5;

/// What a worker has done since it began.
#[derive(Debug, Default)]
pub struct Tally {
    sent: AtomicU64,
    postponed: AtomicU64,
    given_up: AtomicU64,
}

/// A tally as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters sent.
    pub sent: u64,
    /// Attempts that came to nothing, with another one to come.
    pub postponed: u64,
    /// Letters given up.
    pub given_up: u64,
}

impl Tally {
    /// The counts by now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            sent: read(&self.sent),
            postponed: read(&self.postponed),
            given_up: read(&self.given_up),
        }
    }

    fn count(&self, fate: &Fate) {
        let counted = match fate {
            Fate::Sent => &self.sent,
            Fate::Later { .. } => &self.postponed,
            Fate::GivenUp { .. } => &self.given_up,
        };
        counted.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends letters, one at a time.
pub struct Worker {
    backend: Arc<Backend>,
    post: Post,
    tally: Arc<Tally>,
    attempt: Duration,
}

/// Why a worker stopped looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Nothing is due.
    Idle,
    /// The mail server, or the folder, takes nothing.
    Trouble,
}

impl Worker {
    /// A worker with nothing in its hands.
    #[must_use]
    pub fn new(backend: Arc<Backend>, post: Post) -> Self {
        Self { backend, post, tally: Arc::default(), attempt: ATTEMPT }
    }

    /// Gives each attempt less time, or more.
    #[must_use]
    pub fn with_attempts_of(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// What it has done.
    #[must_use]
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Works until `shutdown`; a letter that is being sent then is finished.
    pub async fn run(mut self, shutdown: CancellationToken) {
        if let Err(error) = outbox::release(&self.backend).await {
            tracing::warn!(%error, "letters of a process that is gone wait until their lease is over");
        }
        let mut failures = 0;
        while !shutdown.is_cancelled() {
            let wait = match self.deliver_due(&shutdown).await {
                Ok(Pause::Idle) => {
                    failures = 0;
                    POLL
                }
                Ok(Pause::Trouble) => {
                    failures += 1;
                    rest(failures, rand::random())
                }
                Err(error) => {
                    tracing::warn!(%error, "the outbox could not be read; trying again later");
                    POLL
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.backend.posted.notified(), if failures == 0 => {}
                () = sleep(wait) => {}
            }
        }
        self.post.carrier.rest().await;
    }

    /// Sends what is due, until nothing is, or nothing can be sent.
    ///
    /// # Errors
    /// The database's.
    pub async fn deliver_due(&mut self, shutdown: &CancellationToken) -> Result<Pause, Error> {
        let mut pause = Pause::Idle;
        while pause == Pause::Idle && !shutdown.is_cancelled() {
            let domain = self.post.from.email.domain();
            let Some(row) = outbox::claim(&self.backend, domain).await? else { break };
            die_at(Spot::MailClaimed);
            let verdict = self.attempted(&row).await;
            die_at(Spot::MailSent);
            if let Verdict::Trouble(_) = verdict {
                pause = Pause::Trouble;
            }
            self.settle(&row, verdict).await;
            die_at(Spot::MailMarked);
        }
        self.post.carrier.rest().await;
        Ok(pause)
    }

    async fn attempted(&mut self, row: &mail::Model) -> Verdict {
        match self.composed(row) {
            Ok(letter) => self.sent(row, &letter).await,
            Err(flaw) => Verdict::Refused(flaw.to_string()),
        }
    }

    fn composed(&self, row: &mail::Model) -> Result<Outgoing, Flaw> {
        let link = row.partnership_id.zip(row.sending).map(|(partnership, sending)| {
            self.post.link(&secret::seal(&self.backend.key(), partnership, sending))
        });
        compose(row, &self.post.from, link.as_deref())
    }

    /// One attempt, within its time, the lease renewed meanwhile.
    async fn sent(&mut self, row: &mail::Model, letter: &Outgoing) -> Verdict {
        let mut renewals = interval_at(Instant::now() + RENEWAL, RENEWAL);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let limit = self.attempt;
        let delivery = timeout(limit, self.post.carrier.deliver(letter));
        tokio::pin!(delivery);
        loop {
            tokio::select! {
                verdict = &mut delivery => return verdict.unwrap_or_else(|_| {
                    Verdict::Trouble(format!("no answer within {} s", limit.as_secs_f32()))
                }),
                _ = renewals.tick() => {
                    if let Err(error) = outbox::renew(&self.backend, row).await {
                        tracing::warn!(%error, mail_id = %row.id, "a lease could not be renewed");
                    }
                }
            }
        }
    }

    /// Tells the outbox, and again if it does not listen: a letter that is sent and not marked is sent twice.
    async fn settle(&self, row: &mail::Model, verdict: Verdict) {
        let fate = self.fate(row, verdict);
        for marking in 1..=MARKINGS {
            match outbox::mark(&self.backend, row, &fate).await {
                Ok(true) => {
                    self.tally.count(&fate);
                    return;
                }
                Ok(false) => {
                    tracing::warn!(mail_id = %row.id, "a letter was taken over by another worker meanwhile");
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, mail_id = %row.id, "a letter could not be marked");
                    sleep(rest(marking, rand::random())).await;
                }
            }
        }
    }

    fn fate(&self, row: &mail::Model, verdict: Verdict) -> Fate {
        debug_assert_eq!(row.state, MailState::Sending);
        let (mail_id, kind) = (row.id, row.kind);
        let error = match verdict {
            Verdict::Sent => return Fate::Sent,
            Verdict::Refused(error) => {
                tracing::warn!(%mail_id, ?kind, error, "a letter was refused for good");
                return Fate::GivenUp { error };
            }
            Verdict::Later(error) | Verdict::Trouble(error) => error,
        };
        match next_attempt(row.queued_at, row.attempts, self.backend.now(), rand::random()) {
            Some(at) => {
                tracing::info!(%mail_id, ?kind, error, attempts = row.attempts, "a letter has to wait");
                Fate::Later { at, error }
            }
            None => {
                tracing::warn!(%mail_id, ?kind, error, attempts = row.attempts, "a letter was given up");
                Fate::GivenUp { error }
            }
        }
    }
}
