//! `change`: one thing, done for one ask.

use super::attempt::Failure;
use super::work::{Ask, Asked, Done, Patience, Verdict, Work};
use super::{Backend, Outcome, Outcomes};
use crate::error::Error;
use sea_orm::DbErr;
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
        let asked = [Asked { ask: ask.clone(), what: () }];
        let command = |work, _| {
            let outcome = command(work);
            async move { outcome.await.map(Outcomes::from) }
        };
        let verdicts = self.attempts(&asked, Patience::Full, &command).await;
        let mut verdicts = verdicts.map_err(Failure::into_error)?;
        verdicts.pop().ok_or_else(|| Error::internal("a change answers its ask"))?
    }

    /// Attempts it until nobody gets in the way, a few times at most.
    pub(super) async fn attempts<T, A, C, F>(
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
        let mut attempt = 1;
        loop {
            match self.attempt(asked, patience, command).await {
                Err(failure)
                    if attempt < MAX_ATTEMPTS && worth_another_attempt(failure.error()) =>
                {
                    attempt += 1;
                }
                other => return other,
            }
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
