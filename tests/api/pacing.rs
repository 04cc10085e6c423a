//! `--rate-limit`: how many calls a second a member may make.

use crate::calls::{refusal, why};
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use std::time::Duration;
use tonic::Code;

async fn limited(rate_limit: u32) -> Harness {
    let limits = Limits { rate_limit, ..Limits::default() };
    Harness::with(Options { limits, ..Options::default() }).await
}

#[tokio::test]
async fn whoever_calls_too_often_is_told_when_to_come_again_and_is_let_in_then() {
    let harness = limited(2).await;
    let a = harness.organization("ann").await;
    for _ in 0..2 {
        a.by.clone().partners.list_partnerships(a.listing()).await.unwrap();
    }
    let refused = refusal(a.by.clone().partners.list_partnerships(a.listing()).await);
    assert_eq!((refused.code, &*refused.reason), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert_eq!(refused.metadata["limit"], "2");
    assert_eq!(refused.retry_after, Some(Duration::from_millis(500)));

    harness.clock.advance(Duration::from_millis(500));
    a.by.clone().partners.list_partnerships(a.listing()).await.unwrap();
}

#[tokio::test]
async fn every_kind_of_call_counts_streams_too() {
    let harness = limited(1).await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    a.invites(&b.email()).await.unwrap();
    assert_eq!(why(a.watches(Some(Start::Now(()))).await.map(|_| ())), "RATE_LIMITED");
    let _stream = b.watches(Some(Start::Now(()))).await.unwrap();
    assert_eq!(why(b.invites("x@y.example").await), "RATE_LIMITED");
}

#[tokio::test]
async fn operators_call_as_often_as_they_like_and_nobody_is_limited_unless_told() {
    let harness = limited(1).await;
    for number in 0..20 {
        harness.account(&format!("a{number}")).await;
    }
    let unlimited = limited(0).await;
    let a = unlimited.organization("ann").await;
    for _ in 0..20 {
        a.by.clone().partners.list_partnerships(a.listing()).await.unwrap();
    }
}
