//! Deleting: one RPC, and what it does depends on side and state (X). Every cell of the table, then once more: what is
//! gone from a side is NOT_FOUND to it, or a success with `allow_missing`.

use crate::calls::{DAY, refusal, why};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{
    AuditAction, DeletePartnershipRequest, PartnershipState as State,
    PartnershipStateReason as Why, ReceivePolicy,
};
use tonic::Code;

/// Where a row of the table begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Pending,
    PendingUnbound,
    Rejected,
    DeclinedByDeletion,
    Overdue,
    Expired,
    ExpiredUnbound,
    Active,
    EndedByRecipient,
}

/// A fresh world in that state: sender, recipient, partnership.
async fn stored(harness: &Harness, state: Stored) -> (Organization, Organization, String) {
    let (a, b) = harness.strangers().await;
    if matches!(state, Stored::PendingUnbound | Stored::ExpiredUnbound) {
        b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    }
    let id = a.invites(&b.email()).await.unwrap().id;
    match state {
        Stored::Pending | Stored::PendingUnbound => {}
        Stored::Rejected => drop(b.rejects(&id).await.unwrap()),
        Stored::DeclinedByDeletion => drop(b.deletes(&id).await.unwrap()),
        Stored::Overdue => harness.clock.advance(30 * DAY),
        Stored::Expired | Stored::ExpiredUnbound => {
            harness.clock.advance(30 * DAY);
            assert_eq!(harness.sweep().await, 1);
        }
        Stored::Active => drop(b.accepts(&id).await.unwrap()),
        Stored::EndedByRecipient => {
            b.accepts(&id).await.unwrap();
            b.deletes(&id).await.unwrap();
        }
    }
    (a, b, id)
}

/// One cell: who deletes what, and what the two sides see afterwards.
async fn cell(
    state: Stored,
    by_sender: bool,
    then_sender: Option<State>,
    then_recipient: Option<State>,
) {
    let harness = Harness::start().await;
    let (a, b, id) = stored(&harness, state).await;
    let deleter = if by_sender { &a } else { &b };
    let before = harness.head().await;
    let answer = deleter.delete(deleter.deletion(&id)).await.unwrap();
    assert_eq!(answer.position, harness.head().await, "{state:?}");
    assert!(answer.position > before, "{state:?}");
    assert_eq!(a.shown(&id).await, then_sender, "{state:?}, sender's view");
    assert_eq!(b.shown(&id).await, then_recipient, "{state:?}, recipient's view");

    // X1: gone for the deleter, and gone is gone
    let refusal = refusal(deleter.deletes(&id).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let missing = DeletePartnershipRequest { allow_missing: true, ..deleter.deletion(&id) };
    assert_eq!(deleter.delete(missing).await.unwrap().position, answer.position);
    assert_eq!(harness.head().await, answer.position, "nothing was done twice");
}

#[tokio::test]
async fn x_the_sender_deletes_a_pending_invitation_and_it_is_gone_on_both_sides() {
    cell(Stored::Pending, true, None, None).await;
    cell(Stored::PendingUnbound, true, None, None).await;
}

#[tokio::test]
async fn x_the_recipient_deletes_a_pending_invitation_and_the_sender_sees_it_rejected() {
    cell(Stored::Pending, false, Some(State::Rejected), None).await;
}

#[tokio::test]
async fn x_deleting_a_rejected_row_hides_it_on_the_deleters_side_only() {
    cell(Stored::Rejected, true, None, Some(State::Rejected)).await;
    cell(Stored::Rejected, false, Some(State::Rejected), None).await;
    cell(Stored::DeclinedByDeletion, true, None, None).await;
}

#[tokio::test]
async fn x_deleting_an_expired_row_hides_it_on_the_deleters_side_only_swept_or_not() {
    for state in [Stored::Expired, Stored::Overdue] {
        cell(state, true, None, Some(State::Expired)).await;
        cell(state, false, Some(State::Expired), None).await;
    }
    cell(Stored::ExpiredUnbound, true, None, None).await;
}

#[tokio::test]
async fn x_the_sender_deletes_an_active_partnership_and_it_is_gone_on_both_sides() {
    cell(Stored::Active, true, None, None).await;
}

#[tokio::test]
async fn x_the_recipient_deletes_an_active_partnership_and_the_sender_sees_it_rejected() {
    cell(Stored::Active, false, Some(State::Rejected), None).await;
}

#[tokio::test]
async fn x_the_former_sender_hides_what_the_recipient_ended() {
    cell(Stored::EndedByRecipient, true, None, None).await;
}

#[tokio::test]
async fn x1_what_a_side_never_saw_or_sees_no_more_is_missing_to_it() {
    for state in [
        Stored::PendingUnbound,
        Stored::DeclinedByDeletion,
        Stored::ExpiredUnbound,
        Stored::EndedByRecipient,
    ] {
        let harness = Harness::start().await;
        let (a, b, id) = stored(&harness, state).await;
        let head = harness.head().await;
        let senders_view = a.sees(&id).await.unwrap();
        assert_eq!(why(b.deletes(&id).await), "RESOURCE_NOT_FOUND", "{state:?}");
        let missing = DeletePartnershipRequest { allow_missing: true, ..b.deletion(&id) };
        assert_eq!(b.delete(missing).await.unwrap().position, head, "{state:?}");
        assert_eq!(a.sees(&id).await.unwrap(), senders_view, "{state:?}");
    }
}

#[tokio::test]
async fn x1_allow_missing_covers_unknown_ids_and_other_peoples_rows_and_no_other_refusal() {
    let harness = Harness::start().await;
    let (_, _, id) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let head = harness.head().await;
    for id in [id, uuid::Uuid::now_v7().to_string()] {
        let missing = DeletePartnershipRequest { allow_missing: true, ..c.deletion(&id) };
        assert_eq!(c.delete(missing).await.unwrap().position, head);
    }
    let elsewhere = DeletePartnershipRequest {
        allow_missing: true,
        account_id: uuid::Uuid::now_v7().to_string(),
        ..c.deletion(&uuid::Uuid::now_v7().to_string())
    };
    let refusal = refusal(c.delete(elsewhere).await);
    assert_eq!(refusal.metadata["resource_type"], "account");
}

#[tokio::test]
async fn x_each_ending_by_the_recipient_tells_the_sender_why_it_reads_rejected() {
    for (state, by_recipient, expected) in [
        (Stored::Rejected, false, Why::Rejected),
        (Stored::Pending, true, Why::DeletedByRecipient),
        (Stored::Active, true, Why::RemovedByRecipient),
    ] {
        let harness = Harness::start().await;
        let (a, b, id) = stored(&harness, state).await;
        if by_recipient {
            b.deletes(&id).await.unwrap();
        }
        let seen = a.sees(&id).await.unwrap();
        assert_eq!((seen.state(), seen.state_reason()), (State::Rejected, expected), "{state:?}");
        assert!(seen.end_time.is_some());
        assert!(seen.permissions.is_empty());
        assert_eq!(seen.reject_reason, "");
    }
}

#[tokio::test]
async fn x_a_canceled_person_may_be_invited_again_at_once() {
    let harness = Harness::start().await;
    let (a, b, id) = stored(&harness, Stored::Pending).await;
    a.deletes(&id).await.unwrap();
    let again = a.invites(&b.email()).await.unwrap().id;
    assert_ne!(again, id);
    assert_eq!(b.shown(&again).await, Some(State::Pending));
}

#[tokio::test]
async fn x3_the_reason_is_kept_in_the_audit_of_the_side_that_gave_it() {
    for (state, by_sender, action) in [
        (Stored::Pending, true, AuditAction::Canceled),
        (Stored::Pending, false, AuditAction::Deleted),
        (Stored::Active, true, AuditAction::Ended),
        (Stored::Active, false, AuditAction::Ended),
        (Stored::Rejected, false, AuditAction::Hidden),
    ] {
        let harness = Harness::start().await;
        let (a, b, id) = stored(&harness, state).await;
        let (deleter, other) = if by_sender { (&a, &b) } else { (&b, &a) };
        let reason = "A word of\nwhy.".to_owned();
        deleter
            .delete(DeletePartnershipRequest { reason: reason.clone(), ..deleter.deletion(&id) })
            .await
            .unwrap();
        let own = deleter.audit_of(&id).await.remove(0);
        assert_eq!((own.action(), own.reason), (action, reason.clone()), "{state:?}");
        assert!(other.audit_of(&id).await.iter().all(|entry| entry.reason.is_empty()), "{state:?}");
    }
    let harness = Harness::start().await;
    let (a, _, id) = stored(&harness, Stored::Pending).await;
    let long = DeletePartnershipRequest { reason: "x".repeat(257), ..a.deletion(&id) };
    assert_eq!(refusal(a.delete(long).await).fields, ["reason"]);
}
