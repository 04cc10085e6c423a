//! WatchMembers: what is told, in which order, and from where it goes on.

use crate::support::refusal::Refusal;
use crate::support::stream::Said::{Begin, Contact, Event, Synced};
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use partner_service::grpc::pb;
use partner_service::grpc::pb::ContactLink::{RemovedAtSource, Synced as Linked};
use partner_service::grpc::pb::MemberEventKind as Kind;
use partner_service::grpc::pb::watch_members_request::Start;
use tonic::{Code, Status};

/// Everything so small that a handful of events takes every path.
fn tiny() -> Limits {
    let feed = Sizes {
        ring: 8,
        page: 4,
        block: 4,
        blocks: 2,
        pending: 2,
        batch: 3,
        snapshot: 2,
        ..Sizes::default()
    };
    Limits { feed, ..Limits::default() }
}

async fn tiny_harness() -> Harness {
    Harness::with(Options { limits: tiny(), ..Options::default() }).await
}

fn reason(status: &Status) -> String {
    Refusal::of(status).reason
}

#[tokio::test]
async fn p4_a_snapshot_is_followed_by_what_happens_after_it() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    b.hires(&harness, "one").await;
    let mut stream = a.watches(None).await.unwrap();
    let said = stream.said(4).await;
    assert_eq!(said[0], Begin);
    assert!(said.contains(&Contact(b.address("boss"), Linked)), "{said:?}");
    assert!(said.contains(&Contact(b.address("one"), Linked)), "{said:?}");
    assert_eq!(said[3], Synced(String::new()));

    b.hires(&harness, "two").await;
    a.hires(&harness, "own").await;
    b.hires(&harness, "three").await;
    assert_eq!(
        stream.said(2).await,
        [Event(Kind::MemberAdded, b.address("two")), Event(Kind::MemberAdded, b.address("three")),]
    );
}

#[tokio::test]
async fn c1_a_partnership_that_begins_brings_the_partners_people_as_a_snapshot_of_their_own() {
    let harness = tiny_harness().await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    for name in ["one", "two", "three"] {
        b.hires(&harness, name).await;
    }
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let id = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&id).await.unwrap();
    b.hires(&harness, "late").await;

    let said = stream.said(7).await;
    assert_eq!(said[0], Event(Kind::PartnerActivated, b.id.clone()));
    for name in ["boss", "one", "two", "three"] {
        assert!(said[1..5].contains(&Contact(b.address(name), Linked)), "{name}: {said:?}");
    }
    assert_eq!(said[5], Synced(b.id.clone()));
    assert_eq!(said[6], Event(Kind::MemberAdded, b.address("late")));
}

#[tokio::test]
async fn p2_every_token_resumes_right_after_its_message_also_inside_snapshots() {
    let harness = tiny_harness().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    for name in ["one", "two", "three", "four"] {
        b.hires(&harness, name).await;
        c.hires(&harness, name).await;
    }
    let mut stream = a.watches(None).await.unwrap();
    let mut told = vec![(stream.said(1).await.remove(0), stream.token.clone())];
    let id = a.invites(&c.email()).await.unwrap().id;
    c.accepts(&id).await.unwrap();
    b.hires(&harness, "late").await;
    while told.last().unwrap().0 != Event(Kind::MemberAdded, b.address("late")) {
        let said = stream.said(1).await.remove(0);
        told.push((said, stream.token.clone()));
    }
    for (index, (_, token)) in told.iter().enumerate() {
        let mut again = a.resumes(token).await.unwrap();
        let rest: Vec<_> = told[index + 1..].iter().map(|(said, _)| said.clone()).collect();
        assert_eq!(again.said(rest.len()).await, rest, "after message {index}");
    }
}

#[tokio::test]
async fn c4_nothing_of_a_former_partner_follows_its_end() {
    let harness = tiny_harness().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    b.hires(&harness, "before").await;
    b.deletes(&id).await.unwrap();
    let after = b.hires(&harness, "after").await;
    assert_eq!(
        stream.said(2).await,
        [Event(Kind::MemberAdded, b.address("before")), Event(Kind::PartnerEnded, b.id.clone())]
    );
    stream.is_quiet_until(after.position).await;
}

#[tokio::test]
async fn c3_a_removed_member_is_told_and_stays_in_later_snapshots_as_removed() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let one = b.hires(&harness, "one").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    harness.removes_by_id(&b.id, &one.id).await;
    assert_eq!(stream.said(1).await, [Event(Kind::MemberRemoved, b.address("one"))]);
    let said = a.watches(None).await.unwrap().said(4).await;
    assert!(said.contains(&Contact(b.address("one"), RemovedAtSource)), "{said:?}");
}

#[tokio::test]
async fn c8_a_deleted_contact_is_not_told_of_until_it_is_restored_as_it_is_by_then() {
    let harness = tiny_harness().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let one = b.hires(&harness, "one").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let contact = a.member_at(&b.address("one")).await.unwrap();
    a.drops(&contact.id).await.unwrap();
    let renamed = pb::Member { id: one.id, display_name: "One".into(), ..Default::default() };
    harness.updates(&b.id, renamed).await;
    a.types_in(&b.address("one")).await.unwrap();
    b.hires(&harness, "two").await;
    assert_eq!(
        stream.said(2).await,
        [Contact(b.address("one"), Linked), Event(Kind::MemberAdded, b.address("two"))]
    );
}

#[tokio::test]
async fn p3_heartbeats_move_on_while_nothing_concerns_the_account() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let other = harness.organization("cy").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let last = other.hires(&harness, "one").await;
    let beat = stream.is_quiet_until(last.position).await;
    assert!(beat.lag.unwrap().seconds < 5);
    assert!(stream.token != a.watches(Some(Start::Now(()))).await.unwrap().token);
}

#[tokio::test]
async fn a_stream_ends_when_its_member_may_not_act_any_more() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(None).await.unwrap();
    harness.deactivates(&a.id, &a.boss.id).await;
    let end = stream.end().await;
    assert_eq!(
        (end.code(), reason(&end)),
        (Code::PermissionDenied, "MEMBER_NOT_ACTIVE".to_owned())
    );
}

#[tokio::test]
async fn a_stream_ends_when_its_account_is_suspended() {
    let harness = Harness::start().await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(None).await.unwrap();
    let request = pb::SuspendAccountRequest { account_id: a.id.clone(), ..Default::default() };
    harness.operator().accounts.suspend_account(request).await.unwrap();
    let end = stream.end().await;
    assert_eq!(
        (end.code(), reason(&end)),
        (Code::FailedPrecondition, "ACCOUNT_NOT_ACTIVE".to_owned())
    );
}

#[tokio::test]
async fn a_caller_has_so_many_streams_and_a_closed_one_makes_room() {
    let mut limits = Limits::default();
    limits.feed.streams_per_caller = 2;
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, _, _) = harness.partners("ann", "bo").await;
    let first = a.watches(None).await.unwrap();
    let _second = a.watches(None).await.unwrap();
    let refused = a.watches(None).await.err().unwrap();
    assert_eq!(
        (refused.code(), reason(&refused)),
        (Code::ResourceExhausted, "TOO_MANY_STREAMS".to_owned())
    );
    drop(first);
    while harness.backend.feed.hub.streams() == 2 {
        tokio::task::yield_now().await;
    }
    a.watches(None).await.unwrap();
}
