//! CheckPartnerAccess against an oracle: random histories over types, roles, agreements, suspensions and a clock that moves,
//! with questions asked of every replica before, while and after something changes.
//!
//! An answer names the position and the time that it is true at; the oracle, which knows nothing of the service's rules,
//! says what was true there. `ACCESS_HISTORIES` says how many, `ACCESS_SEED` where they begin.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod history;
mod oracle;
mod stage;
mod verb;

use history::{Sum, play};
use stage::Stage;
use std::env;
use std::time::Instant;
use support::database::{TestEngine, engine};

/// Each with a database of its own, since an agreement concerns everybody in it.
const LANES: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_every_answer_is_what_the_oracle_says_at_its_position_and_time() {
    let count = from_env("ACCESS_HISTORIES").unwrap_or_else(usual);
    let seed = from_env("ACCESS_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("ACCESS_SEED={seed} ACCESS_HISTORIES={count}");
    let began = Instant::now();
    let lanes = (0..LANES).map(|lane| {
        tokio::spawn(async move {
            let mut stage = Stage::build().await;
            let mut sum = Sum::default();
            for history in (lane..count).step_by(usize::try_from(LANES).unwrap()) {
                sum += play(&mut stage, seed + history).await;
            }
            sum
        })
    });
    let mut sum = Sum::default();
    for lane in futures::future::join_all(lanes).await {
        sum += lane.expect("a lane's histories end");
    }
    println!("{sum}, in {:?}", began.elapsed());
    assert_eq!(sum.histories, count);
    assert!(sum.wrong.is_empty(), "{} wrong answers:\n{}", sum.wrong.len(), sum.wrong.join("\n"));
    assert!(sum.allowed * 10 > sum.answers, "hardly anything is ever allowed: {sum}");
}

/// Few enough for every run of the tests.
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
