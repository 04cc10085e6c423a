//! What WatchMembers refuses: too many streams, heartbeats out of bounds, other accounts.

use crate::stage::{HEARTBEAT, usual};
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use crate::support::{Caller, Harness, Options};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use partner_service::grpc::pb;
use std::time::Duration;
use tonic::{Code, Status, Streaming};

pub type Answer = Result<Streaming<pb::WatchMembersResponse>, Status>;

pub fn request(account_id: &str) -> pb::WatchMembersRequest {
    let heartbeat_interval = prost_types::Duration::try_from(HEARTBEAT).ok();
    pb::WatchMembersRequest {
        account_id: account_id.to_owned(),
        heartbeat_interval,
        ..Default::default()
    }
}

pub async fn watch(by: &Caller, request: pb::WatchMembersRequest) -> Answer {
    Ok(by.sync.clone().watch_members(request).await?.into_inner())
}

/// The reason a stream is refused with, or ends with before it said anything.
pub async fn refusal(by: &Caller, request: pb::WatchMembersRequest) -> Refusal {
    match watch(by, request).await {
        Err(status) => Refusal::of(&status),
        Ok(mut stream) => Refusal::of(&stream.message().await.expect_err("nothing is told")),
    }
}

async fn few(streams: usize, per_caller: usize) -> (Harness, Organization, Organization) {
    let feed = Sizes { streams, streams_per_caller: per_caller, ..Sizes::default() };
    let limits = Limits { feed, ..usual() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (ann, bo, _) = harness.partners("ann", "bo").await;
    (harness, ann, bo)
}

/// Opens a stream as soon as there is room again.
async fn opens(by: &Caller, account_id: &str) -> Streaming<pb::WatchMembersResponse> {
    let opening = async {
        loop {
            match watch(by, request(account_id)).await {
                Ok(stream) => return stream,
                Err(status) => assert_eq!(Refusal::of(&status).reason, "TOO_MANY_STREAMS"),
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opening).await.expect("there is room again")
}

#[tokio::test]
async fn a_caller_has_so_many_streams_at_once_and_each_that_goes_makes_room() {
    let (_harness, ann, bo) = few(100, 3).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        streams.push(watch(&ann.by, request(&ann.id)).await.unwrap());
    }
    let refused = refusal(&ann.by, request(&ann.id)).await;
    assert_eq!(refused.code, Code::ResourceExhausted);
    assert_eq!(refused.reason, "TOO_MANY_STREAMS");
    assert!(refused.retry_after.is_some());
    // others are not kept out by it
    watch(&bo.by, request(&bo.id)).await.unwrap();
    streams.pop();
    opens(&ann.by, &ann.id).await;
}

#[tokio::test]
async fn a_process_has_so_many_streams_at_once_and_each_that_goes_makes_room() {
    let (harness, ann, bo) = few(2, 10).await;
    let first = watch(&ann.by, request(&ann.id)).await.unwrap();
    let _second = watch(&bo.by, request(&bo.id)).await.unwrap();
    for by in [&ann.by, &harness.operator()] {
        let refused = refusal(by, request(&ann.id)).await;
        assert_eq!(refused.reason, "TOO_MANY_STREAMS");
        assert!(refused.retry_after.is_some());
    }
    drop(first);
    opens(&harness.operator(), &ann.id).await;
}

#[tokio::test]
async fn heartbeats_too_close_or_too_far_apart_are_refused_and_so_is_a_negative_position() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    for seconds in [0, 61, 1_000_000_000, -1] {
        let heartbeat_interval = Some(prost_types::Duration { seconds, nanos: 0 });
        let asked = pb::WatchMembersRequest { heartbeat_interval, ..request(&ann.id) };
        let refused = refusal(&ann.by, asked).await;
        assert_eq!(refused.reason, "FIELD_INVALID", "{seconds} s");
        assert_eq!(refused.fields, ["heartbeat_interval"], "{seconds} s");
    }
    let asked =
        pb::WatchMembersRequest { heartbeat_interval: None, min_position: -1, ..request(&ann.id) };
    let refused = refusal(&ann.by, asked).await;
    assert_eq!(
        (&*refused.reason, &*refused.fields),
        ("FIELD_INVALID", &["min_position".into()][..])
    );
}

#[tokio::test]
async fn watching_for_somebody_elses_account_is_not_found_and_so_is_nobodys() {
    let (_harness, ann, bo) = few(100, 10).await;
    let nobodys = uuid::Uuid::now_v7().to_string();
    for account_id in [bo.id.as_str(), nobodys.as_str()] {
        let refused = refusal(&ann.by, request(account_id)).await;
        assert_eq!(refused.code, Code::NotFound);
        assert_eq!(refused.reason, "RESOURCE_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_position_that_nobody_answered_is_unknown() {
    let (_harness, ann, _) = few(100, 10).await;
    let asked = pb::WatchMembersRequest { min_position: 1_000_000, ..request(&ann.id) };
    let refused = refusal(&ann.by, asked).await;
    assert_eq!((refused.code, &*refused.reason), (Code::FailedPrecondition, "POSITION_UNKNOWN"));
}
