//! Invitations that nobody decides in time (I10), and the sweep that writes it down.

use crate::calls::DAY;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb::{AuditAction, PartnershipState as State};
use partner_service::partnership::sweep;
use std::time::Duration;

#[tokio::test]
async fn i10_an_invitation_expires_after_30_days_at_the_very_moment() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let sent = a.invites(&b.email()).await.unwrap();
    let seconds = |time: &Option<prost_types::Timestamp>| time.as_ref().unwrap().seconds;
    assert_eq!(seconds(&sent.expire_time) - seconds(&sent.create_time), 30 * 24 * 60 * 60);
    harness.clock.advance(30 * DAY - Duration::from_micros(1));
    assert_eq!(harness.sweep().await, 0);
    assert_eq!(b.shown(&sent.id).await, Some(State::Pending));
    harness.clock.advance(Duration::from_micros(1));
    assert_eq!(a.shown(&sent.id).await, Some(State::Expired));
    assert_eq!(b.shown(&sent.id).await, Some(State::Expired));
    assert_eq!(harness.sweep().await, 1);
}

#[tokio::test]
async fn i10_overdue_counts_as_expired_for_new_invitations_of_either_side_before_any_sweep() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let first = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    let back = b.invites(&a.email()).await.unwrap().id;
    b.deletes(&back).await.unwrap();
    let again = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(a.shown(&first).await, Some(State::Expired));
    assert_eq!(b.shown(&again).await, Some(State::Pending));
    // the write that met it made it a real transition, so there is nothing left to sweep
    assert_eq!(harness.sweep().await, 0);
    let told = (AuditAction::Expired, Some(State::AwaitingApproval), Some(State::Expired));
    assert_eq!(a.story(&first).await.last(), Some(&told));
}

#[tokio::test]
async fn i10_deleting_an_overdue_invitation_writes_down_the_expiry_first() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    b.deletes(&id).await.unwrap();
    let expired = |open| (AuditAction::Expired, Some(open), Some(State::Expired));
    let hidden = (AuditAction::Hidden, Some(State::Expired), None);
    assert_eq!(b.story(&id).await[1..], [expired(State::Pending), hidden]);
    assert_eq!(a.story(&id).await[1..], [expired(State::AwaitingApproval)]);
}

#[tokio::test]
async fn i10_an_expiry_of_0_is_never() {
    let limits = Limits { invitation_expiry: Duration::ZERO, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    let sent = a.invites(&b.email()).await.unwrap();
    assert_eq!(sent.expire_time, None);
    harness.clock.advance(36_500 * DAY);
    assert_eq!(harness.sweep().await, 0);
    let pending = partner_service::grpc::pb::ListPartnershipsRequest {
        states: vec![State::Pending.into()],
        ..b.listing()
    };
    assert_eq!(b.lists(pending).await.unwrap().partnerships.len(), 1);
    assert_eq!(b.accepts(&sent.id).await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn i10_a_sweep_leaves_one_event_and_one_entry_for_each_row_and_touches_nothing_else() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let bound = a.invites(&b.email()).await.unwrap().id;
    let unbound = a.invites("nobody@nowhere.example").await.unwrap().id;
    harness.clock.advance(DAY);
    let young = a.invites(&c.email()).await.unwrap().id;
    harness.clock.advance(29 * DAY);
    let before = harness.log().await;
    assert_eq!(harness.sweep().await, 2);
    assert_eq!(harness.sweep().await, 0);

    let log = harness.log().await;
    let swept = &log[before.len()..];
    assert!(swept.iter().all(|event| event.kind == EventKind::PartnershipChanged));
    let subjects: Vec<String> = swept.iter().map(|event| event.subject_id.to_string()).collect();
    assert_eq!(subjects, [bound.clone(), unbound.clone()]);
    for id in [&bound, &unbound] {
        assert_eq!(a.story(id).await.len(), 2);
        assert_eq!(a.shown(id).await, Some(State::Expired));
    }
    assert_eq!(c.shown(&young).await, Some(State::Pending));
}

#[tokio::test]
async fn i10_two_sweeps_at_once_move_each_row_once() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    const ROWS: usize = 25;
    for number in 0..ROWS {
        a.invites(&format!("nobody{number}@nowhere.example")).await.unwrap();
    }
    harness.clock.advance(30 * DAY);
    let before = harness.log().await.len();
    let (one, two) = tokio::join!(
        sweep::expire_overdue(&harness.backend),
        sweep::expire_overdue(&harness.backend)
    );
    assert_eq!(one.unwrap() + two.unwrap(), ROWS);
    assert_eq!(harness.log().await.len() - before, ROWS);
    let expired =
        a.audit().await.iter().filter(|entry| entry.action() == AuditAction::Expired).count();
    assert_eq!(expired, ROWS);
}
