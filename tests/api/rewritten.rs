//! Between a failover that loses commits and the moment at which the tail notices, readers look at a database whose
//! history is not the one that they know (P5). The tails here look once an hour, so that this moment lasts.

use crate::support::database::{TestEngine, engine};
use crate::support::refusal::Refusal;
use crate::support::roster::connect;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use sea_orm::ConnectionTrait;
use std::time::Duration;
use tokio::time::{interval, timeout};

const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than a look takes.
const A_MOMENT: Duration = Duration::from_millis(300);

/// A harness, a follower, a partner, and the token right before the partner hired some people.
async fn rewritten(far: i64) -> (Harness, Organization, Organization, String) {
    let poll = Duration::from_secs(3_600);
    let feed = Sizes { ring: 2, block: 4, far, poll, ..Sizes::default() };
    let limits = Limits { feed, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    stream.message().await.unwrap();
    let before = stream.token.clone();
    for name in ["one", "two", "three", "four", "five", "six"] {
        b.hires(&harness, name).await;
    }
    stream.said(6).await;
    // nothing is left that would make the tail look
    let mut ticks = interval(Duration::from_millis(5));
    while harness.backend.feed.hub.lag() < A_MOMENT {
        ticks.tick().await;
    }
    let db = connect(&harness.database.url).await;
    let other = match engine() {
        TestEngine::Postgres => "gen_random_uuid()",
        TestEngine::Sqlite => "randomblob(16)",
    };
    // the last two are others now, at the same positions
    let sql = format!(
        "UPDATE log SET event_id = {other} WHERE position > (SELECT max(position) - 2 FROM log)"
    );
    db.execute_unprepared(&sql).await.unwrap();
    (harness, a, b, before)
}

async fn the_tail_looks(harness: &Harness) {
    let feed = &harness.backend.feed;
    let mut restarts = feed.hub.restarts();
    feed.bell.told();
    timeout(PATIENCE, restarts.changed()).await.expect("the tail notices").unwrap();
}

#[tokio::test]
async fn p5_a_stream_that_is_behind_is_told_nothing_of_a_history_that_the_tail_has_not_seen() {
    told_nothing_of_another_history(i64::MAX).await;
}

#[tokio::test]
async fn p5_nor_is_one_that_is_so_far_behind_that_only_its_partners_events_are_read() {
    told_nothing_of_another_history(1).await;
}

async fn told_nothing_of_another_history(far: i64) {
    let (harness, a, b, before) = rewritten(far).await;
    let mut behind = a.resumes(&before).await.unwrap();
    let end = behind.next().await.expect_err("not a single event");
    assert_eq!(Refusal::of(&end).reason, "DATABASE_UNAVAILABLE");

    the_tail_looks(&harness).await;
    let mut again = a.resumes(&before).await.unwrap();
    assert_eq!(again.said(6).await.len(), 6, "the token is of this history, and is told all of it");
    b.hires(&harness, "seven").await;
    assert_eq!(again.said(1).await.len(), 1);
}

#[tokio::test]
async fn p5_a_page_of_events_is_of_one_history() {
    let (harness, a, _, before) = rewritten(i64::MAX).await;
    let refused = a.events_after(&before, 100).await.unwrap_err();
    assert_eq!(Refusal::of(&refused).reason, "DATABASE_UNAVAILABLE");
    the_tail_looks(&harness).await;
    assert_eq!(a.events_after(&before, 100).await.unwrap().events.len(), 6);
}
