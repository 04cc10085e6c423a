//! Two verbs at once, in every order: where they lead must be where one of them after the other leads, by positions.
//!
//! On PostgreSQL the first verb is held at each pause point of its change, a worker while it sends, and the second runs on
//! another replica meanwhile, until it ends or waits for a lock. On SQLite one writer serialises everything; there the pairs
//! run beside each other once in each order. The log is part of what is compared, so the serial order found is that of the
//! positions.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod gate;
mod items;
mod letters;
mod picture;
mod scene;
mod set;
mod stage;
mod verb;

use gate::MOMENTS;
use picture::Ending;
use scene::{SCENES, Scene};
use stage::Stage;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use support::database::{TestEngine, engine};
use verb::Verb;

/// How many databases are worked on at once.
const STAGES: usize = 3;
/// With TEST_QUICK every so-manieth pair, another one each for the neighbouring scenes.
const QUICK_SHARE: usize = 12;

/// Two verbs of one scene; each order of theirs is tried.
#[derive(Clone, Copy, Debug)]
struct Meeting {
    scene: Scene,
    one: Verb,
    two: Verb,
    same: bool,
}

/// An interleaving that no serial order explains.
struct Difference {
    how: String,
    details: String,
}

#[derive(Default)]
struct Tally {
    tried: usize,
    differences: Vec<Difference>,
    deadlocks: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_verbs_at_once_end_as_one_after_the_other_by_position() {
    let meetings = Arc::new(meetings());
    let next = Arc::new(AtomicUsize::new(0));
    let work =
        (0..STAGES).map(|_| tokio::spawn(work_through(Arc::clone(&meetings), Arc::clone(&next))));
    let mut sum = Tally::default();
    for tally in futures::future::join_all(work).await {
        let tally = tally.expect("a stage's work ends");
        sum.tried += tally.tried;
        sum.deadlocks += tally.deadlocks;
        sum.differences.extend(tally.differences);
    }
    let equal = sum.tried - sum.differences.len();
    println!(
        "interleavings: {equal} of {} equal their serial order; deadlocks: {}",
        sum.tried, sum.deadlocks
    );
    for Difference { how, .. } in &sum.differences {
        println!("DIFFERS  {how}");
    }
    if let Some(Difference { how, details }) = sum.differences.first() {
        panic!(
            "{} interleavings equal no serial order, among them\n{how}\n{details}",
            sum.differences.len()
        );
    }
    assert_eq!(sum.deadlocks, 0, "lock order");
    assert!(sum.tried > 0);
}

fn meetings() -> Vec<Meeting> {
    let quick = std::env::var("TEST_QUICK").is_ok_and(|value| value == "1");
    let only = std::env::var("INTERLEAVE_SCENE").ok();
    let mut all = Vec::new();
    for scene in SCENES
        .into_iter()
        .filter(|scene| only.as_ref().is_none_or(|only| format!("{scene:?}") == *only))
    {
        let verbs = scene.verbs();
        for (index, one) in verbs.iter().enumerate() {
            for (other, two) in verbs.iter().enumerate().skip(index) {
                all.push(Meeting { scene, one: *one, two: *two, same: index == other });
            }
        }
    }
    if quick { all.into_iter().step_by(QUICK_SHARE).collect() } else { all }
}

async fn work_through(meetings: Arc<Vec<Meeting>>, next: Arc<AtomicUsize>) -> Tally {
    let stage = Stage::build().await;
    let mut tally = Tally::default();
    while let Some(meeting) = meetings.get(next.fetch_add(1, Ordering::Relaxed)) {
        meet(&stage, *meeting, &mut tally).await;
    }
    if engine() == TestEngine::Postgres {
        tally.deadlocks = stage.deadlocks().await;
    }
    tally
}

async fn meet(stage: &Stage, Meeting { scene, one, two, same }: Meeting, tally: &mut Tally) {
    let one_first = stage.serially(scene, one, two).await;
    let two_first = if same { one_first.clone() } else { stage.serially(scene, two, one).await };
    judge(stage, scene, (one, two), [&one_first, &two_first.clone().swapped()], tally).await;
    if !same {
        judge(stage, scene, (two, one), [&two_first, &one_first.clone().swapped()], tally).await;
    }
}

/// Tries every interleaving of a pair in which the first verb is the one that is held.
async fn judge(
    stage: &Stage,
    scene: Scene,
    (first, second): (Verb, Verb),
    serial: [&Ending; 2],
    tally: &mut Tally,
) {
    match engine() {
        TestEngine::Postgres => {
            for moment in MOMENTS {
                if let Some(ending) = stage.interleaved(scene, first, moment, second).await {
                    let how =
                        format!("{scene:?}: {first:?} held at {moment:?}, meanwhile {second:?}");
                    compare(&how, &ending, serial, tally);
                }
            }
        }
        TestEngine::Sqlite => {
            let ending = stage.together(scene, first, second).await;
            compare(&format!("{scene:?}: {first:?} beside {second:?}"), &ending, serial, tally);
        }
    }
}

fn compare(how: &str, ending: &Ending, serial: [&Ending; 2], tally: &mut Tally) {
    tally.tried += 1;
    if !serial.contains(&ending) {
        let [first, second] = serial.map(|serial| ending.against(serial));
        let details = format!(
            "  against the first before the second:\n{first}  against the second before the first:\n{second}"
        );
        tally.differences.push(Difference { how: how.to_owned(), details });
    }
}
