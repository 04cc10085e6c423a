//! What a worker has in its hands: letters it has taken and not tried, and letters that were sent and are not marked.
//!
//! Nothing stays there for long. Where a letter that is sent again arrives again, each is marked before the next one is
//! sent, so that a death makes one double at most; where it takes its own place, all are marked together. Letters that wait
//! behind a slow one are put back after a second, for workers who are quicker.

use super::outbox::{self, Fate};
use super::schedule::rest;
use super::worker::Tally;
use crate::backend::Backend;
use crate::entity::mail;
use crate::faults::{Spot, die_at};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often the outbox is told what became of a letter before its lease is let run out.
const MARKINGS: u32 = 5;

/// Letters that were taken together.
pub(super) struct Hands {
    backend: Arc<Backend>,
    tally: Arc<Tally>,
    waiting: VecDeque<mail::Model>,
    sent: Vec<mail::Model>,
    /// Until when letters wait here.
    pub until: Instant,
    /// Whether letters are due that were here before.
    pub has_put_back: bool,
}

impl Hands {
    pub fn full_of(
        rows: Vec<mail::Model>,
        hold: Duration,
        backend: Arc<Backend>,
        tally: Arc<Tally>,
    ) -> Self {
        let (waiting, sent, until) = (rows.into(), Vec::new(), Instant::now() + hold);
        Self { backend, tally, waiting, sent, until, has_put_back: false }
    }

    /// The next letter to send; none when there is none, or those that are left have waited here for long enough.
    pub fn take(&mut self) -> Option<mail::Model> {
        let row = self.waiting.front()?;
        // its clock and this machine's: either may have stood still, or jumped, while others took the letter over
        let is_over = row.due_at.is_none_or(|end| end <= self.backend.now());
        if is_over || Instant::now() >= self.until { None } else { self.waiting.pop_front() }
    }

    /// Whether anything lies here.
    pub fn are_empty(&self) -> bool {
        self.waiting.is_empty() && self.sent.is_empty()
    }

    /// Keeps a letter that was sent until it is marked.
    pub fn keep(&mut self, row: mail::Model) {
        self.sent.push(row);
    }

    /// Keeps a letter that is being sent, and those that are to be marked, from others.
    pub async fn renew(&self, row: &mail::Model) {
        let rows: Vec<_> = self.sent.iter().chain([row]).cloned().collect();
        if let Err(error) = outbox::renew(&self.backend, &rows).await {
            tracing::warn!(%error, mail_id = %row.id, "a lease could not be renewed");
        }
    }

    /// Marks what was sent.
    pub async fn mark_sent(&mut self) {
        if !self.sent.is_empty() {
            let rows = std::mem::take(&mut self.sent);
            self.mark(&rows, &Fate::Sent).await;
        }
    }

    /// Tells the outbox, and again if it does not listen: a letter that is sent and not marked is sent twice.
    pub async fn mark(&self, rows: &[mail::Model], fate: &Fate) {
        for marking in 1..=MARKINGS {
            match outbox::mark(&self.backend, rows, fate).await {
                Ok(marked) => {
                    self.tally.count(fate, marked);
                    let lost = (rows.len() as u64).saturating_sub(marked);
                    if lost > 0 {
                        tracing::warn!(lost, "letters were taken over by another worker meanwhile");
                    }
                    break;
                }
                Err(error) => {
                    let letters = rows.len();
                    tracing::warn!(%error, letters, "what became of letters could not be marked");
                    sleep(rest(marking, rand::random())).await;
                }
            }
        }
        die_at(Spot::MailMarked);
    }

    /// Marks what was sent, and puts the others back.
    pub async fn let_go(&mut self) {
        self.mark_sent().await;
        let rows: Vec<_> = std::mem::take(&mut self.waiting).into();
        if rows.is_empty() {
            return;
        }
        match outbox::put_back(&self.backend, &rows).await {
            Ok(()) => self.has_put_back = true,
            Err(error) => {
                let letters = rows.len();
                tracing::warn!(%error, letters, "letters could not be put back; they wait until their lease is over");
            }
        }
    }
}
