//! `change`: claim, prepare, decide, react, append, remember, commit.

use super::work::{Ask, Done, Work};
use super::{Backend, Change, Outcome, PausePoint, remembered};
use crate::domain::event::Event;
use crate::domain::ids::EventId;
use crate::error::Error;
use crate::feed::log;
use sea_orm::{ConnectionTrait, DbErr};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// How often a change is run again when others got in its way, or its connection was gone before COMMIT.
const MAX_ATTEMPTS: u32 = 5;

impl Backend {
    /// Runs `command` to its commit, on behalf of `ask`; it may be run several times.
    ///
    /// A command is handed its work to own (a closure over a borrowed one would make no `Send` future here) and lets go of
    /// it when it answers.
    ///
    /// # Errors
    /// The command's refusals; `ConcurrentChange` when others kept getting in the way; the database's.
    pub async fn change<A, C, F>(&self, ask: &Ask, command: C) -> Result<Done<A>, Error>
    where
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>) -> F,
        F: Future<Output = Result<Outcome<A>, Error>>,
    {
        let mut attempt = 1;
        loop {
            match self.attempt(ask, &command).await {
                Err(error) if attempt < MAX_ATTEMPTS && worth_another_attempt(&error) => {
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    async fn attempt<A, C, F>(&self, ask: &Ask, command: &C) -> Result<Done<A>, Error>
    where
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>) -> F,
        F: Future<Output = Result<Outcome<A>, Error>>,
    {
        let txn = self.database.begin_write().await?;
        let work = Arc::new(Work { txn, now: self.now(), ask: ask.clone(), limits: self.limits });
        let prepared = self.prepare(&work, command).await;
        let Work { txn, .. } =
            Arc::into_inner(work).ok_or_else(|| Error::internal("a command kept its work"))?;
        match prepared {
            Ok(Prepared::Commit { done, own_event }) => {
                self.pause(PausePoint::BeforeCommit).await;
                let settled = match txn.commit().await {
                    Ok(()) => Ok(done),
                    Err(error) => self.settle(error, done, own_event).await,
                };
                if settled.is_ok() {
                    self.feed.bell.committed();
                }
                settled
            }
            Ok(Prepared::Answer(done)) => {
                txn.rollback().await?;
                Ok(done)
            }
            Err(error) => {
                // the refusal counts, whatever becomes of the connection
                let _ = txn.rollback().await;
                Err(error)
            }
        }
    }

    async fn prepare<A, C, F>(&self, work: &Arc<Work>, command: &C) -> Result<Prepared<A>, Error>
    where
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>) -> F,
        F: Future<Output = Result<Outcome<A>, Error>>,
    {
        let request = work.ask.request.as_ref().filter(|_| !work.ask.validate_only);
        if let Some(key) = request
            && let Some(done) = remembered::claim(work, key).await?
        {
            return Ok(Prepared::Answer(done));
        }
        let Outcome { part, answer } = command(Arc::clone(work)).await?;
        let mut change = Change::default();
        change.prepend(part);
        for reaction in self.reactions {
            let part = reaction(work, &change).await?;
            change.prepend(part);
        }
        if work.ask.validate_only {
            let head = log::highest(&work.txn).await?;
            let (_, at) = change.place(head, work.txn.get_database_backend());
            return Ok(Prepared::Answer(Done { answer: answer(at), position: head }));
        }
        let (done, own_event) = self.write(work, change, answer).await?;
        if let Some(key) = request {
            remembered::remember(work, key, &done).await?;
        }
        Ok(Prepared::Commit { done, own_event })
    }

    /// The write phase: from here on only rows that are locked, or that no other transaction can make.
    async fn write<A>(
        &self,
        work: &Work,
        change: Change,
        answer: Box<dyn FnOnce(super::At) -> A + Send>,
    ) -> Result<(Done<A>, Option<EventId>), Error> {
        let backend = work.txn.get_database_backend();
        if change.is_empty() {
            let head = log::highest(&work.txn).await?;
            let (_, at) = change.place(head, backend);
            return Ok((Done { answer: answer(at), position: head }, None));
        }
        self.pause(PausePoint::BeforeHead).await;
        let head = log::lock_head(&work.txn).await?;
        self.pause(PausePoint::AfterHead).await;
        let own_event = {
            let events: Vec<(EventId, &Event)> =
                change.events().map(|(_, event)| (EventId::fresh(), event)).collect();
            let append = log::append(backend, head, &events, work.now).map_err(Error::internal)?;
            work.txn.execute_raw(append).await?;
            events.last().map(|(id, _)| *id)
        };
        let (statements, at) = change.place(head, backend);
        for statement in statements {
            work.txn.execute_raw(statement).await?;
        }
        Ok((Done { answer: answer(at), position: at.own() }, own_event))
    }

    /// COMMIT answered with an error, perhaps because its reply was lost. Once the head can be locked the old transaction
    /// has ended, and the event at our position says for certain whether it committed.
    async fn settle<A>(
        &self,
        error: DbErr,
        done: Done<A>,
        own_event: Option<EventId>,
    ) -> Result<Done<A>, Error> {
        let Some(own_event) = own_event else {
            return Err(error.into());
        };
        tracing::warn!(
            position = done.position,
            "the reply to a commit was lost; looking in the log"
        );
        let mut last = error;
        for _ in 0..MAX_ATTEMPTS {
            match self.stands_at(done.position, own_event).await {
                Ok(true) => return Ok(done),
                Ok(false) => return Err(Error::ConcurrentChange),
                Err(error) => last = error,
            }
        }
        // not retried: whether it committed is unknown, and only a request_id makes asking again safe
        tracing::error!(error = %last, "the outcome of a commit could not be settled");
        Err(Error::DatabaseUnavailable(None))
    }

    async fn stands_at(&self, position: i64, event: EventId) -> Result<bool, DbErr> {
        let txn = self.database.begin_write().await?;
        log::lock_head(&txn).await?;
        let found = log::event_at(&txn, position).await?;
        txn.rollback().await?;
        Ok(found == Some(event))
    }

    async fn pause(&self, point: PausePoint) {
        if let Some(pause) = &self.pause {
            pause.reach(point).await;
        }
    }
}

/// Somebody was first, or the connection broke before COMMIT; when none can be had at all, trying at once is no use.
fn worth_another_attempt(error: &Error) -> bool {
    match error {
        Error::ConcurrentChange => true,
        Error::DatabaseUnavailable(Some(source)) => {
            !matches!(source, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
        }
        _ => false,
    }
}

enum Prepared<A> {
    Commit { done: Done<A>, own_event: Option<EventId> },
    Answer(Done<A>),
}
