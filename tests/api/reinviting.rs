//! Inviting again after a no (R), and what takes the no away.

use crate::calls::{DAY, refusal, why};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{
    MemberProfile, PartnershipState as State, PartnershipStateReason as Why, ReceivePolicy,
};
use tonic::Code;

/// Who has to delete the row before its sender may ask that person again; `None` when nobody has to.
async fn blocked(a: &Organization, email: &str, by: &str) -> Option<String> {
    let answer = a.invite(partner_service::grpc::pb::InvitePartnerRequest {
        validate_only: true,
        ..a.invitation(email)
    });
    let Err(status) = answer.await else {
        return None;
    };
    let refusal = refusal::<()>(Err(status));
    assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, "REINVITE_BLOCKED"));
    assert_eq!(refusal.metadata["blocking_partnership_id"], by);
    assert_eq!(refusal.preconditions, 1);
    Some(refusal.metadata["must_delete"].clone())
}

#[tokio::test]
async fn r1_the_block_is_on_the_person_never_on_the_account() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let second = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    assert_eq!(why(a.invites(&b.email()).await), "REINVITE_BLOCKED");
    a.invites(&second.email()).await.unwrap();
    c.invites(&b.email()).await.unwrap();
}

#[tokio::test]
async fn r1_the_block_follows_the_person_to_another_account() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let person = harness.colleague(&b, "person@bo.example", MemberProfile::Observer).await;
    let id = a.invites(&person.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    harness.moves(&person.boss, &c).await;
    assert_eq!(blocked(&a, &person.email(), &id).await.as_deref(), Some("BOTH"));
    a.invites(&c.email()).await.unwrap();
}

#[tokio::test]
async fn r2_a_rejected_invitation_blocks_until_both_sides_delete_in_either_order() {
    for sender_first in [true, false] {
        let harness = Harness::start().await;
        let (a, b) = harness.strangers().await;
        let id = a.invites(&b.email()).await.unwrap().id;
        assert_eq!(b.rejects(&id).await.unwrap().state(), State::Rejected);
        assert_eq!(blocked(&a, &b.email(), &id).await.as_deref(), Some("BOTH"));

        let (first, second) = if sender_first { (&a, &b) } else { (&b, &a) };
        first.deletes(&id).await.unwrap();
        let left = if sender_first { "RECIPIENT" } else { "SENDER" };
        assert_eq!(blocked(&a, &b.email(), &id).await.as_deref(), Some(left));
        second.deletes(&id).await.unwrap();
        assert_eq!(blocked(&a, &b.email(), &id).await, None);
        let again = a.invites(&b.email()).await.unwrap().id;
        assert_eq!(b.shown(&again).await, Some(State::Pending));
    }
}

#[tokio::test]
async fn r2_the_sender_alone_can_never_lift_the_block() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    a.deletes(&id).await.unwrap();
    assert_eq!(why(a.deletes(&id).await), "RESOURCE_NOT_FOUND");
    assert_eq!(why(a.resends(&id).await), "RESOURCE_NOT_FOUND");
    harness.clock.advance(400 * DAY);
    harness.sweep().await;
    assert_eq!(blocked(&a, &b.email(), &id).await.as_deref(), Some("RECIPIENT"));
    assert_eq!(b.shown(&id).await, Some(State::Rejected));
}

#[tokio::test]
async fn r2_a_pending_request_that_the_recipient_deleted_blocks_until_the_sender_deletes_too() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.deletes(&id).await.unwrap();
    assert_eq!(blocked(&a, &b.email(), &id).await.as_deref(), Some("SENDER"));
    a.deletes(&id).await.unwrap();
    a.invites(&b.email()).await.unwrap();
}

#[tokio::test]
async fn r2_a_no_does_not_hinder_the_one_who_said_it_from_asking() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    let back = b.invites(&a.email()).await.unwrap().id;
    assert_eq!(a.shown(&back).await, Some(State::Pending));
}

#[tokio::test]
async fn r3_canceled_and_expired_invitations_never_block() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let canceled = a.invites(&b.email()).await.unwrap().id;
    a.deletes(&canceled).await.unwrap();
    let expired = a.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(30 * DAY);
    let unswept = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(a.shown(&expired).await, Some(State::Expired));
    harness.clock.advance(30 * DAY);
    harness.sweep().await;
    a.invites(&b.email()).await.unwrap();
    assert_eq!(b.shown(&unswept).await, Some(State::Expired));
}

#[tokio::test]
async fn r3_a_partnership_that_ended_never_blocks_whoever_ended_it() {
    for by_sender in [true, false] {
        let harness = Harness::start().await;
        let (a, b, id) = harness.partners("ann", "bo").await;
        let ender = if by_sender { &a } else { &b };
        ender.deletes(&id).await.unwrap();
        let again = a.invites(&b.email()).await.unwrap().id;
        b.accepts(&again).await.unwrap();
    }
}

#[tokio::test]
async fn r3_what_the_former_sender_sees_as_rejected_is_replaced_by_a_new_request_from_either_side()
{
    for from_the_former_sender in [true, false] {
        let harness = Harness::start().await;
        let (a, b, old) = harness.partners("ann", "bo").await;
        b.deletes(&old).await.unwrap();
        assert_eq!(a.sees(&old).await.unwrap().state_reason(), Why::RemovedByRecipient);
        let (from, to) = if from_the_former_sender { (&a, &b) } else { (&b, &a) };
        let new = from.invites(&to.email()).await.unwrap().id;
        assert_eq!(a.shown(&old).await, None);
        assert_eq!(to.shown(&new).await, Some(State::Pending));
        assert_eq!(a.list().await.len(), 1);
    }
}

#[tokio::test]
async fn r3_a_request_that_reaches_nobody_replaces_nothing_until_it_is_bound() {
    let harness = Harness::start().await;
    let (a, b, old) = harness.partners("ann", "bo").await;
    b.deletes(&old).await.unwrap();
    let new = a.invites("newcomer@bo.example").await.unwrap().id;
    assert_eq!(a.shown(&old).await, Some(State::Rejected));
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    assert_eq!(a.shown(&old).await, None);
    assert_eq!(b.shown(&new).await, Some(State::Pending));
}

#[tokio::test]
async fn i14_r3_a_request_that_is_not_let_in_leaves_the_ended_row() {
    let harness = Harness::start().await;
    let (a, b, old) = harness.partners("ann", "bo").await;
    b.deletes(&old).await.unwrap();
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    a.invites(&b.email()).await.unwrap();
    assert_eq!(a.shown(&old).await, Some(State::Rejected));
}

#[tokio::test]
async fn r4_becoming_partners_lifts_every_block_between_the_two_for_good() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let in_a = harness.colleague(&a, "second@ann.example", MemberProfile::Observer).await;
    let in_b = harness.colleague(&b, "second@bo.example", MemberProfile::Observer).await;
    let first = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&first).await.unwrap();
    let second = a.invites(&in_b.email()).await.unwrap().id;
    b.deletes(&second).await.unwrap();
    let third = b.invites(&in_a.email()).await.unwrap().id;
    a.rejects(&third).await.unwrap();

    let accepted = b.invites(&a.email()).await.unwrap().id;
    a.accepts(&accepted).await.unwrap();
    b.deletes(&accepted).await.unwrap();
    for (sender, address) in [(&a, b.email()), (&a, in_b.email()), (&b, in_a.email())] {
        let id = sender.invites(&address).await.unwrap().id;
        sender.deletes(&id).await.unwrap();
    }
}

#[tokio::test]
async fn r4_becoming_partners_lifts_no_block_between_others() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let id = a.invites(&c.email()).await.unwrap().id;
    c.rejects(&id).await.unwrap();
    let other = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&other).await.unwrap();
    assert_eq!(blocked(&a, &c.email(), &id).await.as_deref(), Some("BOTH"));
}

#[tokio::test]
async fn m5_r2_an_account_that_closes_counts_as_having_deleted_its_rows() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    harness.close(&b).await;
    harness.register(&c.id, &b.email(), MemberProfile::Observer).await.unwrap();
    assert_eq!(blocked(&a, &b.email(), &id).await.as_deref(), Some("SENDER"));
    a.deletes(&id).await.unwrap();
    a.invites(&b.email()).await.unwrap();
}
