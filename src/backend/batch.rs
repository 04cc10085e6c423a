//! `change_many`: several things, each for an ask of its own, in one transaction as far as they let each other.

use super::attempt::Failure;
use super::work::{Asked, Patience, Verdict, Work};
use super::{Backend, Outcomes};
use crate::error::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

impl Backend {
    /// Runs `command` for all of `asked` to one commit, and answers each. Where something fails on an SQL error, lock
    /// timeouts among them, the batch is cut in halves until only what is to blame fails.
    pub async fn change_many<T, A, C, F>(
        &self,
        asked: &[Asked<T>],
        patience: Patience,
        command: C,
    ) -> Vec<Verdict<A>>
    where
        T: Clone,
        A: Serialize + DeserializeOwned + Send,
        C: Fn(Arc<Work>, Vec<T>) -> F,
        F: Future<Output = Result<Outcomes<A>, Error>>,
    {
        let mut verdicts = Vec::with_capacity(asked.len());
        let mut pieces = vec![asked];
        while let Some(piece) = pieces.pop() {
            match self.attempts(piece, patience, &command).await {
                Ok(found) => verdicts.extend(found),
                Err(Failure::OfSome(_)) if piece.len() > 1 => {
                    let (first, second) = piece.split_at(piece.len() / 2);
                    pieces.extend([second, first]);
                }
                Err(failure) => verdicts.extend(for_each(failure.into_error(), piece.len())),
            }
        }
        verdicts
    }
}

/// An error that several share: the first is told all of it.
fn for_each<A>(error: Error, count: usize) -> Vec<Verdict<A>> {
    let others: Vec<Error> = (1..count)
        .map(|_| match &error {
            Error::Overloaded => Error::Overloaded,
            Error::ConcurrentChange => Error::ConcurrentChange,
            Error::DatabaseUnavailable(_) => Error::DatabaseUnavailable(None),
            _ => Error::internal("it failed together with others"),
        })
        .collect();
    std::iter::once(error).chain(others).map(Err).collect()
}
