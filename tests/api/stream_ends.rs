//! Streams end with a reason, and where they may go on they say from where.

use crate::keys::{Key, bearer, claims_but, secured};
use crate::support::refusal::Refusal;
use crate::support::roster::connect;
use crate::support::stream::Subscriber;
use crate::support::{Harness, Options};
use jsonwebtoken::get_current_timestamp;
use partner_service::backend::Limits;
use partner_service::caller::{ActingMember, Actor, Need};
use partner_service::domain::ids::{AccountId, MemberId};
use partner_service::error::Error;
use partner_service::grpc::pb;
use partner_service::sync::start::{self, Wish};
use partner_service::sync::watch::Watch;
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

fn is_resumable(refusal: &Refusal) {
    assert_eq!((refusal.code, &*refusal.reason), (Code::Unavailable, "SHUTTING_DOWN"));
    assert!(refusal.retry_after.is_some_and(|delay| !delay.is_zero()));
}

#[tokio::test]
async fn a_stream_ends_when_its_token_expires() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let soon = get_current_timestamp() + 2;
    let token = key.sign(&claims_but(&ann.boss.id, json!({ "exp": soon })));
    let request = pb::WatchMembersRequest { account_id: ann.id.clone(), ..Default::default() };
    let mut by = harness.caller(&[bearer(&token)]);
    let messages = by.sync.watch_members(request).await.unwrap().into_inner();
    let end = Refusal::of(&Subscriber::of(messages).end().await);
    assert_eq!((end.code, &*end.reason), (Code::Unauthenticated, "CREDENTIALS_INVALID"));
    assert!((soon..soon + 5).contains(&get_current_timestamp()), "within five seconds");
}

/// Between being let in and taking a seat a caller may lose its rights: nothing would end the stream later.
#[tokio::test]
async fn a_caller_that_lost_its_rights_while_it_was_let_in_gets_no_stream() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let (account, id) = (AccountId(a.id.parse().unwrap()), MemberId(a.boss.id.parse().unwrap()));
    let member = ActingMember { id, account, display_name: String::new(), manages_partners: false };
    let actor =
        Actor { account: Some(account), member: Some(member), operator: None, need: Need::Member };
    let open = || {
        let wish = Wish {
            start: start::Start::Now,
            heartbeat: Duration::from_secs(1),
            min_position: 0,
            credentials_end: None,
        };
        Watch::open(Arc::clone(&harness.backend), &actor, account, wish, ())
    };
    assert!(open().await.is_ok());
    harness.deactivates(&a.id, &a.boss.id).await;
    assert!(matches!(open().await, Err(Error::MemberNotActive)));
    assert_eq!(harness.backend.feed.hub.streams(), 0, "no seat is left behind");
}

#[tokio::test]
async fn a_replica_that_stops_says_where_its_streams_go_on() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let other = harness.organization("cy").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let greeting = stream.message().await.unwrap().unwrap();
    let last = other.hires(&harness, "one").await.position;
    harness.backend.feed.hub.reach(last).await;
    harness.backend.feed.hub.close();

    let farewell = stream.message().await.unwrap().unwrap();
    assert!(matches!(farewell.payload, Some(Payload::Heartbeat(_))), "{farewell:?}");
    assert!(farewell.position >= last && last > greeting.position);
    is_resumable(&Refusal::of(&stream.end().await));
}

#[tokio::test]
async fn a_stream_that_has_lasted_long_enough_ends_so_that_streams_spread() {
    let limits = Limits { stream_lifetime: Duration::from_millis(200), ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(None).await.unwrap();
    stream.said(3).await;
    is_resumable(&Refusal::of(&stream.end().await));
    let token = stream.token.clone();
    b.hires(&harness, "late").await;
    let mut again = a.resumes(&token).await.unwrap();
    assert_eq!(again.said(1).await.len(), 1, "what happened in between is told");
}

#[tokio::test]
async fn a_rewritten_history_ends_streams_and_refuses_their_tokens() {
    use sea_orm::ConnectionTrait;
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(None).await.unwrap();
    stream.said(3).await;
    let before = stream.token.clone();
    b.hires(&harness, "lost").await;
    stream.said(1).await;
    let after = stream.token.clone();
    // what a failover to a standby that had not received it leaves behind
    let db = connect(&harness.database.url).await;
    db.execute_unprepared("DELETE FROM log WHERE position = (SELECT max(position) FROM log)")
        .await
        .unwrap();
    let end = Refusal::of(&stream.end().await);
    assert_eq!((end.code, &*end.reason), (Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED"));
    let refused = Refusal::of(&a.resumes(&after).await.err().unwrap());
    assert_eq!(refused.reason, "RESUME_TOKEN_DIVERGED");
    let mut spared = a.resumes(&before).await.unwrap();
    assert!(matches!(spared.message().await, Ok(Some(_))), "the older token is of this history");
}

#[tokio::test]
async fn p9_a_hole_in_the_log_stops_a_stream_and_shows_as_lag_until_it_is_gone() {
    use sea_orm::ConnectionTrait;
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let db = connect(&harness.database.url).await;
    db.execute_unprepared(
        "INSERT INTO log SELECT position + 2, event_id, account_id, counterpart_account_id, kind, subject_id, \
         last_of_change, payload, at FROM log WHERE position = (SELECT max(position) FROM log)",
    )
    .await
    .unwrap();
    while stream.is_quiet_until(0).await.lag.unwrap().seconds == 0 {}
    db.execute_unprepared("DELETE FROM log WHERE position = (SELECT max(position) FROM log)")
        .await
        .unwrap();
    b.hires(&harness, "late").await;
    assert_eq!(stream.said(1).await.len(), 1);
}
