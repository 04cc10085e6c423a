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
mod truth;
mod verb;

use history::play;
use support::histories::{played, replicas};

/// Of what each replica's memory holds: so few that answers are driven out of it.
const KEPT: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_s4_s5_every_answer_and_every_audience_is_what_the_oracle_says() {
    let build = async || replicas(KEPT).await;
    let (count, sum) =
        played("SHARING", build, async |replicas, seed| play(replicas, seed).await).await;
    assert_eq!(sum.histories, count);
    assert!(sum.wrong.is_empty(), "{} wrong answers:\n{}", sum.wrong.len(), sum.wrong.join("\n"));
    assert!(sum.shown * 10 > sum.answers, "hardly anything is ever shown to a partner: {sum}");
    assert!(sum.listed > 0 && sum.frozen > 0, "no audience was frozen: {sum}");
}
