//! One attempt at a change, for one ask or for many: claim, prepare, decide, react, append, remember, commit.

use super::outcome::{Answer, Placed};
use super::work::{Asked, Done, Patience, Verdict, Work};
use super::{At, Backend, Change, Held, Outcomes, PausePoint, remembered};
use crate::domain::ids::EventId;
use crate::error::Error;
use crate::faults::{Spot, die_at};
use crate::feed::log;
use crate::feed::memory::Effects;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// How often the log is asked what became of a commit.
const MAX_QUESTIONS: u32 = 5;

/// Why an attempt came to nothing.
pub(super) enum Failure {
    /// Nothing that was to be done is to blame.
    OfAll(Error),
    /// Something of it; the rest might do without it.
    OfSome(Error),
}

impl Failure {
    pub(super) fn error(&self) -> &Error {
        let (Self::OfAll(error) | Self::OfSome(error)) = self;
        error
    }

    pub(super) fn into_error(self) -> Error {
        let (Self::OfAll(error) | Self::OfSome(error)) = self;
        error
    }

    fn of_all(error: impl Into<Error>) -> Self {
        Self::OfAll(error.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseUnavailable(_) => Self::OfAll(error),
            other => Self::OfSome(other),
        }
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Error::from(error).into()
    }
}

/// What was written of a change.
#[derive(Default)]
struct Written {
    /// The last event, and where it stands.
    last: Option<(EventId, i64)>,
    /// What replicas keep in memory may be something else by now.
    effects: Effects,
    /// Letters may wait to be sent.
    mails: bool,
}

struct Prepared<A> {
    verdicts: Vec<Verdict<A>>,
    written: Written,
    /// Whether there is anything to commit.
    keeps: bool,
}

impl Backend {
    /// Does, in one transaction, all of it that was not done before; what is refused leaves nothing behind.
    pub(super) async fn attempt<T, A, C, F>(
        &self,
        asked: &[Asked<T>],
        patience: Patience,
        command: &C,
    ) -> Result<Vec<Verdict<A>>, Failure>
    where
        T: Clone,
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>, Vec<T>) -> F,
        F: Future<Output = Result<Outcomes<A>, Error>>,
    {
        let begun = self.database.begin_write(patience).await;
        let txn = begun.map_err(|error| Failure::OfAll(self.blame(error.into())))?;
        let asks = asked.iter().map(|one| one.ask.clone()).collect();
        let (now, limits, held) = (self.now(), self.limits, Held::default());
        let mut work = Work { txn, now, asks, limits, patience, held };
        let known = match remembered::claim(&work).await {
            Ok(known) => known,
            Err(error) => return give_up(work.txn, error.into()).await,
        };
        let open = asked.iter().zip(&known).filter(|(_, known)| known.is_none());
        let (asks, what) = open.map(|(one, _)| (one.ask.clone(), one.what.clone())).unzip();
        work.asks = asks;
        let mut found = self.finish(work, what, command).await?.into_iter();
        let verdicts: Option<Vec<_>> =
            known.into_iter().map(|known| known.or_else(|| found.next())).collect();
        verdicts.ok_or_else(|| Error::internal("a command answers each ask").into())
    }

    /// From the command to the commit.
    async fn finish<T, A, C, F>(
        &self,
        work: Work,
        what: Vec<T>,
        command: &C,
    ) -> Result<Vec<Verdict<A>>, Failure>
    where
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>, Vec<T>) -> F,
        F: Future<Output = Result<Outcomes<A>, Error>>,
    {
        let work = Arc::new(work);
        let prepared = if what.is_empty() {
            Ok(Prepared { verdicts: Vec::new(), written: Written::default(), keeps: false })
        } else {
            self.prepare(&work, command(Arc::clone(&work), what)).await
        };
        let Work { txn, .. } =
            Arc::into_inner(work).ok_or_else(|| Error::internal("a command kept its work"))?;
        match prepared {
            Ok(Prepared { verdicts, written, keeps: true }) => {
                self.conclude(txn, written).await.map_err(Failure::OfAll)?;
                Ok(verdicts)
            }
            Ok(Prepared { verdicts, .. }) => {
                // the answers stand, whatever becomes of the connection
                let _ = txn.rollback().await;
                Ok(verdicts)
            }
            Err(failure) => give_up(txn, failure).await,
        }
    }

    async fn prepare<A: Serialize>(
        &self,
        work: &Work,
        command: impl Future<Output = Result<Outcomes<A>, Error>>,
    ) -> Result<Prepared<A>, Failure> {
        let Outcomes { part, answers } = command.await?;
        if answers.iter().all(Result::is_err) {
            let verdicts = answers.into_iter().filter_map(Result::err).map(Err).collect();
            return Ok(Prepared { verdicts, written: Written::default(), keeps: false });
        }
        let mut change = Change::default();
        change.prepend(part);
        for reaction in self.reactions {
            let part = reaction(work, &change).await?;
            change.prepend(part);
        }
        if work.ask().validate_only {
            let head = log::highest(&work.txn).await?;
            let at = change.place(head).at;
            let verdicts = answered(answers, &at, |_| head);
            return Ok(Prepared { verdicts, written: Written::default(), keeps: false });
        }
        let (verdicts, written) = self.write(work, change, answers).await?;
        remembered::remember(work, &verdicts).await?;
        Ok(Prepared { verdicts, written, keeps: true })
    }

    /// The write phase: from here on only rows that are locked, or that no other transaction can make.
    async fn write<A>(
        &self,
        work: &Work,
        change: Change,
        answers: Vec<Result<Answer<A>, Error>>,
    ) -> Result<(Vec<Verdict<A>>, Written), Failure> {
        let backend = work.txn.get_database_backend();
        if change.is_empty() {
            let head = log::highest(&work.txn).await?;
            let verdicts = answered(answers, &change.place(head).at, |_| head);
            return Ok((verdicts, Written::default()));
        }
        self.pause(PausePoint::BeforeHead).await;
        die_at(Spot::BeforeHead);
        self.database.wait_in_full(&work.txn, work.patience).await?;
        let head = log::lock_head(&work.txn).await.map_err(Failure::of_all)?;
        self.pause(PausePoint::AfterHead).await;
        die_at(Spot::AfterHead);
        let Placed { events, own, at } = change.place(head);
        let append = log::append(backend, head, &events, work.now).map_err(Error::internal)?;
        let mut effects = Effects::default();
        for (entry, position) in events.iter().zip(head + 1..) {
            effects.written(position, entry.event);
        }
        let last = events.last().map(|last| (last.id, at.last()));
        let written = Written { last, effects, mails: change.occasions().next().is_some() };
        for statement in append.into_iter().chain(change.statements(&at, backend)) {
            work.txn.execute_raw(statement).await?;
        }
        // one ask's own event is the last of all; of many, each has its own
        let one = answers.len() == 1;
        let position = |item| match own.get(&item) {
            Some(own) if !one => *own,
            _ => at.last(),
        };
        Ok((answered(answers, &at, position), written))
    }

    /// Commits; here and nowhere else a change is known to have happened.
    async fn conclude(&self, txn: DatabaseTransaction, written: Written) -> Result<(), Error> {
        self.pause(PausePoint::BeforeCommit).await;
        die_at(Spot::BeforeCommit);
        if let Err(error) = txn.commit().await {
            self.settle(error, written.last).await?;
        }
        die_at(Spot::AfterCommit);
        self.feed.memory.changed(&written.effects);
        self.feed.bell.committed();
        if written.mails {
            self.posted.notify_one();
        }
        die_at(Spot::BeforeAnswer);
        Ok(())
    }

    /// COMMIT answered with an error, perhaps because its reply was lost. Once the head can be locked the old transaction
    /// has ended, and the event at our position says for certain whether it committed.
    async fn settle(&self, error: DbErr, last: Option<(EventId, i64)>) -> Result<(), Error> {
        let Some((event, position)) = last else {
            return Err(error.into());
        };
        tracing::warn!(position, "the reply to a commit was lost; looking in the log");
        let mut trouble = error;
        for _ in 0..MAX_QUESTIONS {
            match self.stands_at(position, event).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(Error::ConcurrentChange),
                Err(error) => trouble = error,
            }
        }
        // not retried: whether it committed is unknown, and only a request_id makes asking again safe
        tracing::error!(error = %trouble, "the outcome of a commit could not be settled");
        Err(Error::DatabaseUnavailable(None))
    }

    async fn stands_at(&self, position: i64, event: EventId) -> Result<bool, DbErr> {
        let txn = self.database.begin_write(Patience::Full).await?;
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

/// Makes the answers, now that positions are known.
fn answered<A>(
    answers: Vec<Result<Answer<A>, Error>>,
    at: &At,
    position: impl Fn(usize) -> i64,
) -> Vec<Verdict<A>> {
    let numbered = answers.into_iter().enumerate();
    let done = |(item, answer): (usize, Result<Answer<A>, Error>)| {
        answer.map(|answer| Done { answer: answer(at), position: position(item) })
    };
    numbered.map(done).collect()
}

/// The failure counts, whatever becomes of the connection.
async fn give_up<A>(txn: DatabaseTransaction, failure: Failure) -> Result<A, Failure> {
    let _ = txn.rollback().await;
    Err(failure)
}
