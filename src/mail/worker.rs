//! The worker of a replica: takes letters, sends them one after the other, marks them, takes the next ones.
//!
//! It looks when this replica has committed letters, and anyway once a second: for those of others, and those whose time
//! has come. A letter that comes alone goes at once; while they come one after the other it takes those of a few
//! milliseconds together, since taking costs the database as much for one as for many. When the mail server is in trouble
//! it rests, longer and longer, instead of trying every letter in vain.

use super::compose::{Flaw, Outgoing, compose};
use super::hands::Hands;
use super::outbox::{self, Fate};
use super::post::{Post, Verdict};
use super::schedule::{ATTEMPT, GATHER, HOLD, RENEWAL, next_attempt, rest};
use super::secret;
use crate::backend::Backend;
use crate::domain::mail::MailState;
use crate::entity::mail;
use crate::error::Error;
use crate::faults::{Spot, die_at};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(1);
/// How many letters it takes at once.
pub const ARMFUL: usize = 16;

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

    pub(super) fn count(&self, fate: &Fate, letters: u64) {
        let counted = match fate {
            Fate::Sent => &self.sent,
            Fate::Later { .. } => &self.postponed,
            Fate::GivenUp { .. } => &self.given_up,
        };
        counted.fetch_add(letters, Ordering::Relaxed);
    }
}

/// Sends letters, one after the other.
pub struct Worker {
    backend: Arc<Backend>,
    post: Post,
    tally: Arc<Tally>,
    attempt: Duration,
    hold: Duration,
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
        Self { backend, post, tally: Arc::default(), attempt: ATTEMPT, hold: HOLD }
    }

    /// Gives each attempt less time, or more.
    #[must_use]
    pub fn with_attempts_of(mut self, attempt: Duration) -> Self {
        self.attempt = attempt;
        self
    }

    /// Lets letters wait behind others for less time, or more.
    #[must_use]
    pub fn with_letters_held_for(mut self, hold: Duration) -> Self {
        self.hold = hold;
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
            let gathered = Instant::now() + GATHER;
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
            let posted = async {
                sleep_until(gathered).await;
                self.backend.posted.notified().await;
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = posted, if failures == 0 => {}
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
        let mut more = true;
        while more && pause == Pause::Idle && !shutdown.is_cancelled() {
            let domain = self.post.from.email.domain();
            let rows = outbox::claim(&self.backend, domain, ARMFUL).await?;
            if rows.is_empty() {
                break;
            }
            die_at(Spot::MailClaimed);
            more = rows.len() >= ARMFUL;
            let (backend, tally) = (Arc::clone(&self.backend), Arc::clone(&self.tally));
            let mut hands = Hands::full_of(rows, self.hold, backend, tally);
            while let Some(row) = hands.take() {
                let verdict = self.attempted(&row, &mut hands).await;
                die_at(Spot::MailSent);
                if let Verdict::Trouble(_) = verdict {
                    pause = Pause::Trouble;
                }
                self.settle(row, verdict, &mut hands).await;
                if pause == Pause::Trouble || shutdown.is_cancelled() {
                    break;
                }
            }
            hands.let_go().await;
            more |= hands.has_put_back;
        }
        self.post.carrier.rest().await;
        Ok(pause)
    }

    async fn attempted(&mut self, row: &mail::Model, hands: &mut Hands) -> Verdict {
        match self.composed(row) {
            Ok(letter) => self.sent(row, &letter, hands).await,
            Err(flaw) => Verdict::Refused(flaw.to_string()),
        }
    }

    fn composed(&self, row: &mail::Model) -> Result<Outgoing, Flaw> {
        let link = row.partnership_id.zip(row.sending).map(|(partnership, sending)| {
            self.post.link(&secret::seal(&self.backend.key(), partnership, sending))
        });
        compose(row, &self.post.from, link.as_deref())
    }

    /// One attempt, within its time; the lease is renewed meanwhile, and others do not wait behind it for long.
    async fn sent(&mut self, row: &mail::Model, letter: &Outgoing, hands: &mut Hands) -> Verdict {
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
                () = sleep_until(hands.until), if !hands.are_empty() => hands.let_go().await,
                _ = renewals.tick() => hands.renew(row).await,
            }
        }
    }

    /// Marks it, or keeps it to be marked with others.
    async fn settle(&self, row: mail::Model, verdict: Verdict, hands: &mut Hands) {
        match self.fate(&row, verdict) {
            Fate::Sent => {
                hands.keep(row);
                if self.post.carrier.doubles() {
                    hands.mark_sent().await;
                }
            }
            fate => hands.mark(&[row], &fate).await,
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
