//! Streams are opened in turn, and a turn is short.

use crate::support::stream::Subscriber;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use std::time::Duration;

/// More than there are turns.
const MANY: usize = 100;
/// Longer than anything takes where all is well.
const PATIENCE: Duration = Duration::from_secs(20);

fn from_now(account_id: &str) -> pb::WatchMembersRequest {
    pb::WatchMembersRequest {
        account_id: account_id.to_owned(),
        start: Some(Start::Now(())),
        ..Default::default()
    }
}

#[tokio::test]
async fn streams_that_come_all_at_once_are_all_opened() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let open = |_| async {
        let mut by = harness.operator();
        let opened = by.sync.watch_members(from_now(&ann.id)).await.unwrap();
        Subscriber::of(opened.into_inner()).message().await.unwrap().unwrap();
    };
    futures::future::join_all((0..MANY).map(open)).await;
}

#[tokio::test]
async fn streams_that_wait_for_this_replica_keep_no_other_from_opening() {
    let limits = Limits { patience: 10 * PATIENCE, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let ann = harness.organization("ann").await;
    // from now on this replica is behind
    harness.backend.feed.stopped().await;
    let min_position = ann.hires(&harness, "late").await.position;
    for _ in 0..MANY {
        let request = pb::WatchMembersRequest { min_position, ..from_now(&ann.id) };
        let mut by = harness.operator();
        tokio::spawn(async move { by.sync.watch_members(request).await });
    }
    let all_wait = async {
        while harness.backend.feed.hub.streams() < MANY {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, all_wait).await.expect("none waits for another's turn");
    let mut by = harness.operator();
    let opening = by.sync.watch_members(from_now(&ann.id));
    let opened = tokio::time::timeout(PATIENCE, opening).await.expect("it waits for nobody");
    Subscriber::of(opened.unwrap().into_inner()).message().await.unwrap().unwrap();
}
