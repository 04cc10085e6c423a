//! Many random histories at once, over databases that they share.
//!
//! `MODEL_HISTORIES` says how many, `MODEL_SEED` where they begin: a history of its own is `MODEL_HISTORIES=1` with the
//! seed that a fault's sentence names.

use crate::history::{Ending, History};
use crate::stage::Stage;
use crate::support::checker::verdict::Verdict;
use crate::support::database::{TestEngine, engine};
use std::collections::BTreeMap;
use std::env;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// How many histories are played at once, and how many share a database.
const LANES: u64 = 6;
const SHARE_DATABASE: u64 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_random_histories_nothing_is_lost_doubled_reordered_or_leaked() {
    let count = from_env("MODEL_HISTORIES").unwrap_or_else(usual);
    let seed: u64 = from_env("MODEL_SEED").unwrap_or_else(|| rand::random::<u32>().into());
    println!("MODEL_SEED={seed} MODEL_HISTORIES={count}");
    let began = Instant::now();
    let mut sum = Sum::default();
    let mut first = seed;
    while first < seed + count {
        let upto = (first + SHARE_DATABASE).min(seed + count);
        sum.add(share(first, upto).await);
        first = upto;
    }
    let Sum { violated, histories, verdict, calls } = &sum;
    println!("{calls:?}");
    println!("{verdict}");
    println!("{violated} of {histories} histories violated, in {:?}", began.elapsed());
    verdict.assert_clean("histories");
    assert_eq!(u64::try_from(*histories), Ok(count));
}

/// Few enough for every run of the tests.
fn usual() -> u64 {
    match (engine(), env::var_os("TEST_QUICK").is_some()) {
        (TestEngine::Sqlite, false) => 200,
        (TestEngine::Sqlite, true) => 40,
        (TestEngine::Postgres, false) => 60,
        (TestEngine::Postgres, true) => 15,
    }
}

fn from_env<T: FromStr>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text}; it is a number")))
}

#[derive(Default)]
struct Sum {
    violated: usize,
    histories: usize,
    verdict: Verdict,
    calls: BTreeMap<&'static str, (usize, usize)>,
}

impl Sum {
    fn add(&mut self, endings: Vec<Ending>) {
        for Ending { verdict, calls } in endings {
            self.histories += 1;
            if !verdict.is_clean() {
                self.violated += 1;
                println!("VIOLATED {verdict}\n{}", verdict.sentences.join("\n"));
            }
            self.verdict += verdict;
            for (verb, (done, refused)) in calls {
                let sum = self.calls.entry(verb).or_default();
                sum.0 += done;
                sum.1 += refused;
            }
        }
    }
}

/// Histories of one database.
async fn share(first: u64, upto: u64) -> Vec<Ending> {
    let stage = Arc::new(Stage::build().await);
    let next = Arc::new(AtomicU64::new(first));
    let lanes = (0..LANES).map(|_| {
        let (stage, next) = (Arc::clone(&stage), Arc::clone(&next));
        tokio::spawn(async move {
            let mut endings = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= upto {
                    return endings;
                }
                endings.push(History::play(Arc::clone(&stage), seed, format!("h{seed}")).await);
            }
        })
    });
    let mut endings = Vec::new();
    for lane in futures::future::join_all(lanes).await {
        endings.extend(lane.expect("a lane's histories end"));
    }
    // what followed the log of one database would go on beside the next
    for replica in &stage.replicas {
        replica.backend.close().await;
    }
    endings
}
