//! The tests are tested: the service takes one wrong turn after the other (`src/faults.rs`), and something must object,
//! each time; on the right way, under the same programme, nothing may.
//!
//! ```text
//!   proof.rs       by what each wrong turn is shown
//!   histories.rs   random histories (tests/model) until the checker objects
//!   streams.rs     scenes of one stream: retention, tokens, rights, wake-ups, a rewritten history
//!   races.rs       scenes of two changes that meet, one of them held (PostgreSQL: SQLite has one writer)
//! ```
//! `GALLERY=HeartbeatAhead` shows one alone; `GALLERY_SEED` is where its histories begin.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../interleave/gate.rs"]
#[allow(dead_code, reason = "the interleavings use the rest")]
mod gate;
#[path = "../model/history.rs"]
mod history;
#[path = "../model/stage.rs"]
mod stage;
#[path = "../model/subscriber.rs"]
#[allow(dead_code, reason = "the model's tests use the rest")]
mod subscriber;
#[path = "../support/mod.rs"]
mod support;
#[path = "../model/verb.rs"]
mod verb;
#[path = "../model/world.rs"]
mod world;

mod histories;
mod proof;
mod races;
mod streams;

use futures::FutureExt;
use partner_service::faults::{self, Variant};
use proof::{Objection, Proof};
use sea_orm::Iterable;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;
use std::time::Instant;
use subscriber::PATIENCE_S;
use support::database::engine;

/// Far more than any wrong turn has ever needed.
const MOST_HISTORIES: u64 = 300;
/// Some scenes need a reader to come between two steps, which a slow machine puts in another order.
const MOST_SCENES: u64 = 20;
/// Histories on the right way; the model's own tests play many more.
const RIGHT_HISTORIES: u64 = 12;
/// Whoever waits on a wrong turn for what never comes need not wait long, in seconds.
const IMPATIENCE_S: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_wrong_turn_meets_an_objection_and_the_right_way_meets_none() {
    let only = std::env::var("GALLERY").ok();
    let chosen =
        |variant: &Variant| only.as_ref().is_none_or(|only| *only == format!("{variant:?}"));
    let (mut shown, mut missed) = (0, Vec::new());
    for variant in Variant::iter().filter(chosen) {
        let (began, proof) = (Instant::now(), proof::of(variant));
        let Some(proof) = proof.here() else {
            println!("{variant:?}: on the other database");
            continue;
        };
        let outcome = match proof {
            Proof::Histories | Proof::HistoriesOfOne => {
                let (played, objection) = astray(variant, histories::play(MOST_HISTORIES)).await;
                objection.map(|what| format!("caught after {played} histories by {what}"))
            }
            Proof::Scene(scene) | Proof::Meeting(scene) => {
                let right = scene().await;
                assert_eq!(right, None, "{variant:?}: its scene on the right way");
                let mut caught = None;
                for played in 1..=MOST_SCENES {
                    let objection = AssertUnwindSafe(scene()).catch_unwind();
                    let objection = objection.map(|caught| caught.unwrap_or_else(panicked));
                    if let Some(what) = astray(variant, objection).await {
                        caught = Some(format!(
                            "caught when its scene was played {played} times by {what}"
                        ));
                        break;
                    }
                }
                caught
            }
        };
        let took = began.elapsed();
        match outcome {
            Some(outcome) => {
                shown += 1;
                println!("{variant:?}: {outcome} ({took:.1?})");
            }
            None => {
                println!("{variant:?}: NOT CAUGHT ({took:.1?})");
                missed.push(variant);
            }
        }
    }
    let (played, objection) = histories::play(RIGHT_HISTORIES).await;
    println!(
        "the right way: {} in {played} histories",
        objection.as_deref().unwrap_or("no objection")
    );
    println!("{:?}: {shown} wrong turns caught, {} not", engine(), missed.len());
    assert_eq!(objection, None, "on the right way");
    assert_eq!(missed, [], "nothing objects to these");
}

/// Does it while every service of this process takes a wrong turn.
async fn astray<T>(variant: Variant, doing: impl Future<Output = T>) -> T {
    let patience = PATIENCE_S.swap(IMPATIENCE_S, Ordering::Relaxed);
    let hook = std::panic::take_hook();
    // a panic is an objection, and told as one
    std::panic::set_hook(Box::new(|_| {}));
    faults::take(Some(variant));
    let done = doing.await;
    faults::take(None);
    std::panic::set_hook(hook);
    PATIENCE_S.store(patience, Ordering::Relaxed);
    done
}

/// What a panic objects.
fn panicked(panic: Box<dyn Any + Send>) -> Objection {
    let said = panic.downcast_ref::<String>().cloned();
    let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
    Some(format!("a panic: {}", proof::short(&said.unwrap_or_default())))
}
