//! Random histories, on replicas with tiny sizes, until something objects.

use crate::history::History;
use crate::panicked;
use crate::proof::{Objection, objection};
use crate::stage::Stage;
use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Histories played at once.
const LANES: usize = 4;

/// Plays so many at most; how many were, and the first objection.
pub async fn play(most: u64) -> (u64, Objection) {
    let seed = std::env::var("GALLERY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let stage = Arc::new(Stage::build().await);
    let (next, played) = (Arc::new(AtomicU64::new(seed)), Arc::new(AtomicU64::new(0)));
    let (objects, mut objections) = mpsc::channel(LANES);
    let lane = |_| {
        let (stage, next, played, objects) =
            (Arc::clone(&stage), Arc::clone(&next), Arc::clone(&played), objects.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                let seed_of_this = next.fetch_add(1, Ordering::Relaxed);
                if seed_of_this >= seed + most {
                    return;
                }
                let objection = one(&stage, seed_of_this).await;
                played.fetch_add(1, Ordering::Relaxed);
                if let Some(objection) = objection {
                    let _ = objects.send(objection).await;
                    return;
                }
            }
        }))
    };
    let lanes: Vec<_> = (0..LANES).map(lane).collect();
    drop(objects);
    let first = objections.recv().await;
    // what else is being played is of no interest any more
    drop(lanes);
    for replica in &stage.replicas {
        replica.backend.close().await;
    }
    (played.load(Ordering::Relaxed), first)
}

async fn one(stage: &Arc<Stage>, seed: u64) -> Objection {
    let playing = History::play(Arc::clone(stage), seed, format!("h{seed}"));
    match AssertUnwindSafe(playing).catch_unwind().await {
        Ok(ending) => objection(&ending.verdict),
        Err(panic) => panicked(panic),
    }
}
