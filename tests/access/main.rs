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

use history::play;
use stage::Stage;
use support::histories::played;

/// Each lane with a database of its own, since an agreement concerns everybody in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_every_answer_is_what_the_oracle_says_at_its_position_and_time() {
    let build = async || Stage::build().await;
    let (count, sum) = played("ACCESS", build, async |stage, seed| play(stage, seed).await).await;
    assert_eq!(sum.histories, count);
    assert!(sum.wrong.is_empty(), "{} wrong answers:\n{}", sum.wrong.len(), sum.wrong.join("\n"));
    assert!(sum.allowed * 10 > sum.answers, "hardly anything is ever allowed: {sum}");
}
