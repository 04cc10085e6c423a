//! What random histories against an oracle stand on: replicas that forget soon, lanes with a stage each, and what was true
//! from which position on.

use super::database::{TestDatabase, TestEngine, engine};
use super::{Harness, Options};
use futures::future::join_all;
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use std::env;
use std::fmt::Display;
use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LANES: u64 = 2;

/// Three replicas on PostgreSQL, while SQLite serves one process, with a memory of so many entries that answers are driven
/// out of it.
pub async fn replicas(kept: usize) -> Vec<Harness> {
    let limits = Limits {
        invitations_per_day: 1_000_000,
        feed: Sizes { kept, page: 1, poll: Duration::from_millis(20), ..Sizes::default() },
        ..Limits::default()
    };
    let database = Arc::new(TestDatabase::fresh().await);
    let first = Options { limits, database: Some(database), ..Options::default() };
    let mut replicas = vec![Harness::with(first).await];
    let others = if engine() == TestEngine::Postgres { 2 } else { 0 };
    for _ in 0..others {
        let database = Some(Arc::clone(&replicas[0].database));
        let clock = Some(replicas[0].clock.clone());
        let options = Options { limits, database, clock, ..Options::default() };
        replicas.push(Harness::with(options).await);
    }
    replicas
}

/// Plays as many histories as `NAME_HISTORIES` says, or few enough for every run of the tests, from `NAME_SEED` on; answers
/// how many.
pub async fn played<Stage, Sum: Default + AddAssign + Display>(
    name: &str,
    build: impl AsyncFn() -> Stage,
    play: impl AsyncFn(&mut Stage, u64) -> Sum,
) -> (u64, Sum) {
    let count = from_env(&format!("{name}_HISTORIES")).unwrap_or_else(usual);
    let seed = from_env(&format!("{name}_SEED")).unwrap_or_else(|| rand::random::<u32>().into());
    println!("{name}_SEED={seed} {name}_HISTORIES={count}");
    let began = Instant::now();
    let lanes = (0..LANES).map(async |lane| {
        let mut stage = build().await;
        let mut sum = Sum::default();
        for history in (0..count).filter(|history| history % LANES == lane) {
            sum += play(&mut stage, seed + history).await;
        }
        sum
    });
    let mut sum = Sum::default();
    for lane in join_all(lanes).await {
        sum += lane;
    }
    println!("{sum}, in {:?}", began.elapsed());
    (count, sum)
}

fn usual() -> u64 {
    match (engine(), env::var_os("TEST_QUICK").is_some()) {
        (TestEngine::Sqlite, false) => 100,
        (TestEngine::Sqlite, true) => 30,
        (TestEngine::Postgres, false) => 30,
        (TestEngine::Postgres, true) => 15,
    }
}

fn from_env(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text}; it is a number")))
}

/// What was true, and from which position on.
pub struct Truths<T>(Vec<(i64, T)>);

impl<T> Truths<T> {
    /// What is true at first.
    pub fn beginning(with: T) -> Self {
        Self(vec![(0, with)])
    }

    /// What is true now.
    pub fn last(&self) -> &T {
        &self.0.last().expect("something is always true").1
    }

    /// What was true at a position.
    pub fn at(&self, position: i64) -> &T {
        let then = self.0.iter().rev().find(|(from, _)| *from <= position);
        &then.expect("something was true").1
    }

    pub fn become_at(&mut self, position: i64, truth: T) {
        self.0.push((position, truth));
    }
}

/// A question, how fresh its answer was to be, and at least was, and the answer.
pub struct Asked<Question, Answer> {
    pub question: Question,
    pub min_position: i64,
    pub shows: i64,
    pub answer: Answer,
}
