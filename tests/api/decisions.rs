//! Accepting and rejecting (D).

use crate::calls::{DAY, refusal, why};
use crate::support::Harness;
use crate::support::refusal::Refusal;
use partner_service::grpc::pb::{
    MemberProfile, PartnershipState as State, PartnershipStateReason as Why, ReceivePolicy,
};
use tonic::Code;

#[tokio::test]
async fn d1_any_manager_decides_and_the_addressee_who_is_none_may_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let addressee = harness.colleague(&b, "observer@bo.example", MemberProfile::Observer).await;
    let other =
        harness.colleague(&b, "other@bo.example", MemberProfile::BillingAdministrator).await;
    let id = a.invites(&addressee.email()).await.unwrap().id;
    assert_eq!(why(addressee.accepts(&id).await), "MANAGE_PARTNERS_REQUIRED");
    assert_eq!(why(addressee.rejects(&id).await), "MANAGE_PARTNERS_REQUIRED");
    assert_eq!(why(addressee.deletes(&id).await), "MANAGE_PARTNERS_REQUIRED");
    assert_eq!(other.accepts(&id).await.unwrap().state(), State::Active);
}

#[tokio::test]
async fn d1_the_sender_cannot_decide_on_its_own_in_any_state_it_sees() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let not_the_recipient = async |id: &str, state: State| {
        assert_eq!(a.shown(id).await, Some(state));
        for refusal in [refusal(a.accepts(id).await), refusal(a.rejects(id).await)] {
            assert_eq!(refusal.code, Code::PermissionDenied);
            assert_eq!(refusal.reason, "NOT_THE_RECIPIENT");
        }
    };
    let id = a.invites(&b.email()).await.unwrap().id;
    not_the_recipient(&id, State::AwaitingApproval).await;
    harness.clock.advance(30 * DAY);
    not_the_recipient(&id, State::Expired).await;
    a.resends(&id).await.unwrap();
    b.accepts(&id).await.unwrap();
    not_the_recipient(&id, State::Active).await;
    b.deletes(&id).await.unwrap();
    not_the_recipient(&id, State::Rejected).await;
}

#[tokio::test]
async fn d1_a_third_account_is_told_the_same_as_of_an_id_that_does_not_exist() {
    let harness = Harness::start().await;
    let (_, _, id) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let unknown = uuid::Uuid::now_v7().to_string();
    let told = async |id: &str| {
        let answers = [
            refusal(c.sees(id).await),
            refusal(c.accepts(id).await),
            refusal(c.rejects(id).await),
            refusal(c.resends(id).await),
            refusal(c.deletes(id).await),
        ];
        answers.map(|mut answer| {
            assert_eq!((answer.code, &*answer.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
            assert_eq!(answer.metadata.remove("resource_id").as_deref(), Some(id));
            answer.request_id.clear();
            format!("{answer:?}")
        })
    };
    assert_eq!(told(&id).await, told(&unknown).await);
}

#[tokio::test]
async fn d2_accepting_makes_both_sides_active_at_once() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    for side in [&a, &b] {
        let seen = side.sees(&id).await.unwrap();
        assert_eq!(seen.state(), State::Active);
        assert!(seen.activate_time.is_some());
        assert_eq!((seen.expire_time, seen.end_time), (None, None));
    }
    assert_eq!(a.sees(&id).await.unwrap().partner_account_id, b.id);
    assert_eq!(b.sees(&id).await.unwrap().partner_display_name, "ann");
}

#[tokio::test]
async fn d2_every_other_pending_invitation_of_the_pair_disappears_from_both_sides() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let third = harness.colleague(&b, "third@bo.example", MemberProfile::Observer).await;
    let accepted = a.invites(&b.email()).await.unwrap().id;
    let same_way = a.invites(&second.email()).await.unwrap().id;
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let unbound = a.invites(&third.email()).await.unwrap().id;
    let elsewhere = a.invites("nobody@nowhere.example").await.unwrap().id;

    b.accepts(&accepted).await.unwrap();
    for id in [&same_way, &unbound] {
        assert_eq!(a.shown(id).await, None);
        assert_eq!(b.shown(id).await, None);
    }
    assert_eq!(a.shown(&elsewhere).await, Some(State::AwaitingApproval));
    assert_eq!(b.list().await.len(), 1);
}

#[tokio::test]
async fn d2_an_unbound_invitation_the_other_way_disappears_too() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let unbound = b.invites(&a.email()).await.unwrap().id;
    let accepted = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&accepted).await.unwrap();
    assert_eq!(b.shown(&unbound).await, None);
    assert_eq!(b.list().await.len(), 1);
}

#[tokio::test]
async fn d2_older_rejected_and_expired_rows_of_the_pair_are_archived_on_both_sides() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let third = harness.colleague(&b, "third@bo.example", MemberProfile::Observer).await;
    let swept = a.invites(&second.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    let overdue = a.invites(&third.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    let rejected = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&rejected).await.unwrap();
    let back = b.invites(&a.email()).await.unwrap().id;
    a.accepts(&back).await.unwrap();

    for id in [&swept, &overdue, &rejected] {
        assert_eq!(a.shown(id).await, None);
        assert_eq!(b.shown(id).await, None);
    }
}

#[tokio::test]
async fn d2_m4_what_a_suspended_account_sent_cannot_be_accepted_but_rejected_and_deleted() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let first = a.invites(&b.email()).await.unwrap().id;
    let other = a.invites(&second.email()).await.unwrap().id;
    harness.suspend(&a).await;
    let refusal = refusal(b.accepts(&first).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, "ACCOUNT_NOT_ACTIVE"));
    assert_eq!(b.shown(&first).await, Some(State::Pending));
    b.rejects(&first).await.unwrap();
    b.deletes(&other).await.unwrap();
    harness.resume(&a).await;
    assert_eq!(a.shown(&first).await, Some(State::Rejected));
}

#[tokio::test]
async fn d3_both_sides_show_rejected_with_the_reason_of_at_most_256_characters() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let bad = refusal(b.reject(b.rejection(&id, &"x".repeat(257))).await);
    assert_eq!((&*bad.reason, bad.fields), ("FIELD_INVALID", vec!["reason".to_owned()]));

    let reason = format!("Not now.\n{}", "ö".repeat(247));
    b.reject(b.rejection(&id, &reason)).await.unwrap();
    for side in [&a, &b] {
        let seen = side.sees(&id).await.unwrap();
        assert_eq!((seen.state(), seen.state_reason()), (State::Rejected, Why::Rejected));
        assert_eq!(seen.reject_reason, reason);
        assert!(seen.end_time.is_some());
        assert!(seen.permissions.is_empty());
    }
    assert_eq!(a.sees(&id).await.unwrap().partner_account_id, "", "V2: never partners");
}

#[tokio::test]
async fn d4_deciding_on_what_is_not_pending_names_the_state_and_what_may_be_done() {
    let harness = Harness::start().await;
    let (_, b, active) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let rejected = c.invites(&b.email()).await.unwrap().id;
    b.rejects(&rejected).await.unwrap();
    for (id, state) in [(&active, "ACTIVE"), (&rejected, "REJECTED")] {
        for refusal in [refusal(b.accepts(id).await), refusal(b.rejects(id).await)] {
            assert_eq!(refusal.code, Code::FailedPrecondition);
            assert_eq!(refusal.reason, "INVITATION_NOT_PENDING");
            assert_eq!(refusal.metadata["partnership_id"], *id);
            assert_eq!(refusal.metadata["state"], state);
            assert_eq!(refusal.metadata["allowed_actions"], "DELETE");
        }
    }
}

#[tokio::test]
async fn d4_i10_deciding_on_an_expired_invitation_is_refused_alike_before_and_after_the_sweep() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    let told = async || {
        [refusal(b.accepts(&id).await), refusal(b.rejects(&id).await)].map(
            |mut refusal: Refusal| {
                assert_eq!(refusal.code, Code::FailedPrecondition);
                assert_eq!(refusal.reason, "INVITATION_EXPIRED");
                assert_eq!(refusal.metadata["state"], "EXPIRED");
                assert_eq!(refusal.metadata["allowed_actions"], "DELETE");
                refusal.request_id.clear();
                format!("{refusal:?}")
            },
        )
    };
    let unswept = told().await;
    assert_eq!(harness.sweep().await, 1);
    assert_eq!(told().await, unswept);
}

#[tokio::test]
async fn d4_what_a_side_does_not_see_is_not_found_for_every_rpc() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let canceled = a.invites(&b.email()).await.unwrap().id;
    a.deletes(&canceled).await.unwrap();
    let declined = a.invites(&b.email()).await.unwrap().id;
    b.deletes(&declined).await.unwrap();
    let ended = b.invites(&c.email()).await.unwrap().id;
    c.accepts(&ended).await.unwrap();
    c.deletes(&ended).await.unwrap();
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let unbound = c.invites(&b.email()).await.unwrap().id;

    for (side, id) in
        [(&a, &canceled), (&b, &canceled), (&b, &declined), (&c, &ended), (&b, &unbound)]
    {
        for reason in [
            why(side.sees(id).await),
            why(side.accepts(id).await),
            why(side.rejects(id).await),
            why(side.resends(id).await),
            why(side.deletes(id).await),
        ] {
            assert_eq!(reason, "RESOURCE_NOT_FOUND");
        }
        assert!(!side.list().await.iter().any(|seen| seen.id == *id));
    }
}
