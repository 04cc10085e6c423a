//! Sending an invitation once more (I11).

use crate::calls::{DAY, HOUR, refusal, why};
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb::{
    AuditAction, MemberProfile, PartnershipState as State, ReceivePolicy,
};
use std::time::Duration;
use tonic::Code;

/// An invitation of `a` to `b` that nobody decided in time, and that no sweep has met.
async fn overdue(harness: &Harness, a: &Organization, email: &str) -> String {
    let id = a.invites(email).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    id
}

#[tokio::test]
async fn i11_resending_restarts_the_expiry_of_the_same_partnership() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let sent = a.invites(&b.email()).await.unwrap();
    harness.clock.advance(10 * DAY);
    let again = a.resends(&sent.id).await.unwrap();
    assert_eq!((&again.id, again.state()), (&sent.id, State::AwaitingApproval));
    assert_eq!(again.create_time, sent.create_time);
    let seconds = |time: &Option<prost_types::Timestamp>| time.as_ref().unwrap().seconds;
    assert_eq!(seconds(&again.expire_time) - seconds(&sent.expire_time), 10 * 24 * 60 * 60);
    assert_ne!(again.etag, sent.etag);

    harness.clock.advance(29 * DAY);
    assert_eq!(b.shown(&sent.id).await, Some(State::Pending));
    harness.clock.advance(DAY);
    assert_eq!(b.shown(&sent.id).await, Some(State::Expired));
}

#[tokio::test]
async fn i11_an_expired_invitation_comes_back_to_the_recipient_who_had_deleted_it() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = overdue(&harness, &a, &b.email()).await;
    b.deletes(&id).await.unwrap();
    assert_eq!(b.shown(&id).await, None);
    a.resends(&id).await.unwrap();
    assert_eq!(b.shown(&id).await, Some(State::Pending));
    b.accepts(&id).await.unwrap();
}

#[tokio::test]
async fn i11_at_most_once_an_hour_and_the_refusal_tells_how_long_to_wait() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(HOUR - Duration::from_secs(1));
    let refusal = refusal(a.resends(&id).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::ResourceExhausted, "RESEND_TOO_SOON"));
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(1)));

    harness.clock.advance(Duration::from_secs(1));
    a.resends(&id).await.unwrap();
    assert_eq!(why(a.resends(&id).await), "RESEND_TOO_SOON");
}

#[tokio::test]
async fn i11_the_recipient_cannot_resend_in_any_state_it_sees() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let not_the_sender = async |id: &str| {
        let refusal = refusal(b.resends(id).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::PermissionDenied, "NOT_THE_SENDER"));
    };
    not_the_sender(&id).await;
    harness.clock.advance(30 * DAY);
    not_the_sender(&id).await;
    a.resends(&id).await.unwrap();
    b.accepts(&id).await.unwrap();
    not_the_sender(&id).await;
    a.deletes(&id).await.unwrap();
    let id = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    not_the_sender(&id).await;
}

#[tokio::test]
async fn i11_only_pending_and_expired_invitations_are_sent_again() {
    let harness = Harness::start().await;
    let (a, b, active) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let rejected = a.invites(&c.email()).await.unwrap().id;
    c.rejects(&rejected).await.unwrap();
    for (id, state) in [(&active, "ACTIVE"), (&rejected, "REJECTED")] {
        let refusal = refusal(a.resends(id).await);
        assert_eq!(refusal.reason, "INVITATION_NOT_PENDING");
        assert_eq!(refusal.metadata["state"], state);
        assert_eq!(refusal.metadata["allowed_actions"], "DELETE");
    }
    b.deletes(&active).await.unwrap();
    assert_eq!(why(a.resends(&active).await), "INVITATION_NOT_PENDING");
}

#[tokio::test]
async fn i4_i11_a_person_who_joined_the_senders_account_is_not_sent_to_again() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let person = harness.colleague(&b, "person@bo.example", MemberProfile::Observer).await;
    let id = overdue(&harness, &a, &person.email()).await;
    harness.moves(&person.boss, &a).await;
    assert_eq!(why(a.resends(&id).await), "SELF_INVITATION");
}

#[tokio::test]
async fn i5_i11_a_person_who_joined_a_partner_is_not_sent_to_again() {
    let harness = Harness::start().await;
    let (a, b, partnership) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let person = harness.colleague(&c, "person@cy.example", MemberProfile::Observer).await;
    let id = overdue(&harness, &a, &person.email()).await;
    harness.moves(&person.boss, &b).await;
    let refusal = refusal(a.resends(&id).await);
    assert_eq!(refusal.reason, "ALREADY_PARTNERS");
    assert_eq!(refusal.metadata["partnership_id"], partnership);
}

#[tokio::test]
async fn i6_i11_an_older_invitation_is_not_sent_again_beside_an_open_one() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let old = overdue(&harness, &a, &b.email()).await;
    let new = a.invites(&b.email()).await.unwrap().id;
    let refusal = refusal(a.resends(&old).await);
    assert_eq!(refusal.reason, "DUPLICATE_INVITATION");
    assert_eq!(refusal.metadata["partnership_id"], new);
}

#[tokio::test]
async fn i10_i11_an_older_invitation_is_sent_again_although_a_newer_one_has_just_become_overdue() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let old = overdue(&harness, &a, &b.email()).await;
    let new = overdue(&harness, &a, &b.email()).await;
    assert_eq!(a.resends(&old).await.unwrap().state(), State::AwaitingApproval);
    assert_eq!(b.shown(&old).await, Some(State::Pending));
    assert_eq!(a.shown(&new).await, Some(State::Expired));
}

#[tokio::test]
async fn i7_i11_whoever_has_been_invited_meanwhile_does_not_resend() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = overdue(&harness, &a, &b.email()).await;
    let theirs = b.invites(&a.email()).await.unwrap().id;
    let refusal = refusal(a.resends(&id).await);
    assert_eq!(refusal.reason, "INCOMING_INVITATION_PENDING");
    assert_eq!(refusal.metadata["partnership_id"], theirs);
}

#[tokio::test]
async fn i8_i11_a_person_who_declined_a_newer_invitation_is_not_sent_the_older_one() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let old = overdue(&harness, &a, &b.email()).await;
    let new = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&new).await.unwrap();
    let refusal = refusal(a.resends(&old).await);
    assert_eq!(refusal.reason, "REINVITE_BLOCKED");
    assert_eq!(refusal.metadata["blocking_partnership_id"], new);
}

#[tokio::test]
async fn i11_it_is_routed_again_to_where_the_person_is_now() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let person = harness.colleague(&b, "person@bo.example", MemberProfile::Observer).await;
    let id = a.invites(&person.email()).await.unwrap().id;
    harness.moves(&person.boss, &c).await;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    assert_eq!(b.shown(&id).await, None);
    assert_eq!(c.accepts(&id).await.unwrap().state(), State::Active);
    assert_eq!(
        c.story(&id).await[0],
        (AuditAction::Resent, None, Some(State::Pending)),
        "its new home had seen nothing before"
    );
}

#[tokio::test]
async fn i11_a_waiting_invitation_reaches_a_person_who_is_let_in_meanwhile() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.lets_in(ReceivePolicy::AllowAll, &[]).await;
    assert_eq!(b.shown(&id).await, None);
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    assert_eq!(b.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i11_i14_m4_resending_passes_preferences_and_suspension_as_a_new_invitation_would() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let to_b = overdue(&harness, &a, &b.email()).await;
    let to_c = overdue(&harness, &a, &c.email()).await;
    b.lets_in(ReceivePolicy::AllowExcept, &[&a]).await;
    harness.suspend(&c).await;
    for id in [&to_b, &to_c] {
        assert_eq!(a.resends(id).await.unwrap().state(), State::AwaitingApproval);
    }
    harness.resume(&c).await;
    assert_eq!(b.shown(&to_b).await, None);
    assert_eq!(c.shown(&to_c).await, None);
}

#[tokio::test]
async fn i11_i13_resending_counts_as_one_more_sent_today() {
    let limits = Limits { invitations_per_day: 2, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    harness.clock.advance(HOUR);
    assert_eq!(why(a.resends(&id).await), "INVITATIONS_PER_DAY");
    assert_eq!(why(a.invites("c@c.example").await), "INVITATIONS_PER_DAY");
}

#[tokio::test]
async fn i11_i13_an_open_invitation_sent_again_is_not_one_more_open_but_an_expired_one_is() {
    let limits = Limits { open_invitations: 1, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    let expired = overdue(&harness, &a, "c@c.example").await;
    let open = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(HOUR);
    a.resends(&open).await.unwrap();
    assert_eq!(why(a.resends(&expired).await), "OPEN_INVITATIONS");
}

#[tokio::test]
async fn i10_i11_resending_leaves_the_expiry_in_the_audit_whether_a_sweep_had_met_it_or_not() {
    for swept in [true, false] {
        let harness = Harness::start().await;
        let (a, b) = harness.strangers().await;
        let id = overdue(&harness, &a, &b.email()).await;
        if swept {
            assert_eq!(harness.sweep().await, 1);
        }
        a.resends(&id).await.unwrap();
        let expected = |open| {
            [
                (AuditAction::Expired, Some(open), Some(State::Expired)),
                (AuditAction::Resent, Some(State::Expired), Some(open)),
            ]
        };
        assert_eq!(a.story(&id).await[1..], expected(State::AwaitingApproval), "swept: {swept}");
        assert_eq!(b.story(&id).await[1..], expected(State::Pending), "swept: {swept}");
    }
}
