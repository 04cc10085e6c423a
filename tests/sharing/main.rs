//! Sharing against an oracle: random histories of sharing, ending, renewing, unsharing, taking out, moving, removing,
//! deactivating and suspending, with every replica asked who may see what before, while and after something changes, and
//! with every audience listed after it.
//!
//! The oracle keeps each audience as a set of people that it copies, and carries every change to every set: what the
//! service never does. `SHARING_HISTORIES` says how many, `SHARING_SEED` where they begin.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod history;
mod stage;
mod truth;
mod verb;

use history::{Sum, play};
use std::env;
use std::time::Instant;
use support::database::{TestEngine, engine};

const LANES: u64 = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_s4_s5_every_answer_and_every_audience_is_what_the_oracle_says() {
    let count = from_env("SHARING_HISTORIES").unwrap_or_else(usual);
    let seed = from_env("SHARING_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("SHARING_SEED={seed} SHARING_HISTORIES={count}");
    let began = Instant::now();
    let lanes = (0..LANES).map(|lane| {
        tokio::spawn(async move {
            let stage = stage::build().await;
            let mut sum = Sum::default();
            for history in (lane..count).step_by(usize::try_from(LANES).unwrap()) {
                sum += play(&stage, seed + history).await;
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
    assert!(sum.shown * 10 > sum.answers, "hardly anything is ever shown to a partner: {sum}");
    assert!(sum.listed > 0 && sum.frozen > 0, "no audience was frozen: {sum}");
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
