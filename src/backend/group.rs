//! Group commit: calls that would each commit alone queue up, and a writer commits all that queued while it committed the
//! ones before. It waits for no timer: alone, a call is written at once.
//!
//! ```text
//!   add -> queue (bounded) -> the writer, with little patience -> change_many
//!                                 | what others hold up
//!                                 v
//!                             a second writer, with some patience, until HELD_AT_MOST has passed
//! ```
//! A caller who leaves is no trouble: what has not begun is dropped, what has is finished. A second call under a request
//! id that is in the batch is held up by the first one, and finds its answer remembered.

use super::work::{Ask, Asked, Patience, Verdict, Work};
use super::{Backend, Outcomes};
use crate::error::Error;
use crate::faults::{Spot, die_at};
use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How many may wait for their turn; more are turned away.
pub const QUEUE_LENGTH: usize = 8_192;
/// How many a batch may have.
pub const MOST_AT_ONCE: usize = 1_000;
/// How long others may hold up a call before it is turned away.
const HELD_AT_MOST: Duration = Duration::from_secs(3);

/// What is done for all that queued.
pub type Command<T, A> = fn(Arc<Work>, Vec<T>) -> BoxFuture<'static, Result<Outcomes<A>, Error>>;

/// Where calls queue up.
pub struct Group<T, A> {
    queue: mpsc::Sender<Waiting<T, A>>,
    closing: CancellationToken,
    writers: TaskTracker,
}

struct Waiting<T, A> {
    asked: Asked<T>,
    since: Instant,
    reply: oneshot::Sender<Verdict<A>>,
}

impl<T, A> Group<T, A>
where
    T: Clone + Send + Sync + 'static,
    A: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Starts the writers; they end when the group is dropped, or drained.
    #[must_use]
    pub fn start(backend: &Arc<Backend>, command: Command<T, A>) -> Self {
        let (queue, fresh) = mpsc::channel(QUEUE_LENGTH);
        let (aside, held) = mpsc::channel(QUEUE_LENGTH);
        let (closing, writers) = (CancellationToken::new(), TaskTracker::new());
        let writer = |patience| Writer { backend: Arc::clone(backend), command, patience };
        let [first, second] = [Patience::Little, Patience::Some].map(writer);
        writers.spawn(first.run(fresh, Some(aside), closing.clone()));
        // ends after the first one, which sends to it
        writers.spawn(second.run(held, None, CancellationToken::new()));
        writers.close();
        Self { queue, closing, writers }
    }

    /// Does `what` with whatever else is waiting.
    ///
    /// # Errors
    /// The command's refusals; `Overloaded` when too much waits, or others held this up for too long; `ShuttingDown`.
    pub async fn add(&self, ask: Ask, what: T) -> Verdict<A> {
        let (reply, verdict) = oneshot::channel();
        let waiting = Waiting { asked: Asked { ask, what }, since: Instant::now(), reply };
        match self.queue.try_send(waiting) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(Error::Overloaded),
            Err(TrySendError::Closed(_)) => return Err(Error::ShuttingDown),
        }
        verdict.await.map_err(|_| Error::internal("a group commit came to no end"))?
    }

    /// How many wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Takes no more calls, and waits until those that queue are answered.
    pub async fn drain(&self) {
        self.closing.cancel();
        self.writers.wait().await;
    }
}

struct Writer<T, A> {
    backend: Arc<Backend>,
    command: Command<T, A>,
    patience: Patience,
}

impl<T, A> Writer<T, A>
where
    T: Clone + Send + Sync + 'static,
    A: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Writes batch after batch. What others hold up goes `aside`, or stays for the next batch where there is no such place.
    async fn run(
        self,
        mut queue: mpsc::Receiver<Waiting<T, A>>,
        aside: Option<mpsc::Sender<Waiting<T, A>>>,
        closing: CancellationToken,
    ) {
        let mut waiting = VecDeque::new();
        while next(&mut queue, &mut waiting, &closing).await {
            let held = self.write(take(&mut waiting, self.patience)).await;
            match &aside {
                Some(aside) => held.into_iter().for_each(|one| put_aside(aside, one)),
                None => waiting.extend(held),
            }
        }
    }

    /// Commits a batch and answers its callers, those apart whom others hold up and who still have time.
    async fn write(&self, batch: Vec<Waiting<T, A>>) -> Vec<Waiting<T, A>> {
        if !batch.is_empty() {
            self.backend.meter.group_commits.observe(batch.len() as f64);
        }
        let (backend, command, patience) = (Arc::clone(&self.backend), self.command, self.patience);
        let asked: Vec<_> = batch.iter().map(|one| one.asked.clone()).collect();
        // a task of its own: a panic in it is answered with an error, and the writer goes on
        let written =
            tokio::spawn(async move { backend.change_many(&asked, patience, command).await });
        let written = written.await.unwrap_or_default();
        die_at(Spot::BeforeAnswers);
        let mut held = Vec::new();
        for (one, verdict) in batch.into_iter().zip(written) {
            if matches!(verdict, Err(Error::Overloaded)) && one.since.elapsed() < HELD_AT_MOST {
                held.push(one);
            } else {
                // nobody may be listening any more
                let _ = one.reply.send(verdict);
            }
        }
        held
    }
}

/// Waits until there is something to write, and adds all that queued; false when there is, and will be, nothing.
async fn next<W>(
    queue: &mut mpsc::Receiver<W>,
    waiting: &mut VecDeque<W>,
    closing: &CancellationToken,
) -> bool {
    while waiting.is_empty() {
        tokio::select! {
            received = queue.recv() => match received {
                Some(one) => waiting.push_back(one),
                None => return false,
            },
            () = closing.cancelled(), if !queue.is_closed() => queue.close(),
        }
    }
    while waiting.len() < MOST_AT_ONCE
        && let Ok(one) = queue.try_recv()
    {
        waiting.push_back(one);
    }
    true
}

/// The next batch, of nothing whose caller has left; with time to wait for locks, of one account alone, so that whoever
/// has it locked keeps no other waiting.
fn take<T, A>(waiting: &mut VecDeque<Waiting<T, A>>, patience: Patience) -> Vec<Waiting<T, A>> {
    waiting.retain(|one| !one.reply.is_closed());
    if patience == Patience::Little {
        return waiting.drain(..).collect();
    }
    let account = |one: &Waiting<T, A>| one.asked.ask.actor.account;
    let first = waiting.front().map(account);
    let (batch, rest) = waiting.drain(..).partition(|one| Some(account(one)) == first);
    *waiting = rest;
    VecDeque::into(batch)
}

fn put_aside<T, A>(aside: &mpsc::Sender<Waiting<T, A>>, one: Waiting<T, A>) {
    if let Err(TrySendError::Full(one) | TrySendError::Closed(one)) = aside.try_send(one) {
        let _ = one.reply.send(Err(Error::Overloaded));
    }
}
