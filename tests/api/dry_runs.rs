//! `validate_only` answers as the real call would and changes nothing (I16), on every mutation of PartnerService.

use crate::calls::{DAY, refusal};
use crate::support::Harness;
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use partner_service::grpc::pb::{self, PartnershipState as State, ReceivePolicy};
use std::fmt::Debug;
use tonic::Status;

/// Everything that both sides, the log and the audit tell.
async fn everything(
    harness: &Harness,
    sides: [&Organization; 2],
) -> impl PartialEq + Debug + use<> {
    let mut told = Vec::new();
    for side in sides {
        told.push((side.list().await, side.audit().await));
    }
    (told, harness.log().await)
}

/// The same refusal, the call's own name apart.
fn same<T: Debug>(dry: Result<T, Status>, real: Result<T, Status>) {
    let blank = |answer: Result<T, Status>| {
        let mut refusal: Refusal = refusal(answer);
        refusal.request_id.clear();
        format!("{refusal:?}")
    };
    assert_eq!(blank(dry), blank(real));
}

#[tokio::test]
async fn i16_a_dry_run_of_inviting_has_an_empty_id_and_the_position_of_the_head() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let before = everything(&harness, [&a, &b]).await;
    let dry = pb::InvitePartnerRequest { validate_only: true, ..a.invitation(&b.email()) };
    let dry = a.invite(dry).await.unwrap();
    assert_eq!(everything(&harness, [&a, &b]).await, before);
    assert_eq!(dry.position, harness.head().await);

    let real = a.invite(a.invitation(&b.email())).await.unwrap();
    let expected = pb::Partnership { id: String::new(), ..real.partnership.unwrap() };
    assert_eq!(dry.partnership.unwrap(), expected);
}

#[tokio::test]
async fn i16_dry_runs_of_accepting_rejecting_and_resending_answer_as_the_real_calls() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let other = c.invites(&b.email()).await.unwrap().id;
    harness.clock.advance(DAY);
    let before = everything(&harness, [&a, &b]).await;
    let head = harness.head().await;

    let dry = pb::ResendInvitationRequest { validate_only: true, ..a.resending(&id) };
    let resent = a.resend(dry).await.unwrap();
    let dry = pb::AcceptPartnershipRequest { validate_only: true, ..b.acceptance(&id) };
    let accepted = b.accept(dry).await.unwrap();
    let dry = pb::RejectPartnershipRequest { validate_only: true, ..b.rejection(&other, "No.") };
    let rejected = b.reject(dry).await.unwrap();
    assert_eq!(everything(&harness, [&a, &b]).await, before);
    assert_eq!([resent.position, accepted.position, rejected.position], [head; 3]);

    assert_eq!(resent.partnership, a.resend(a.resending(&id)).await.unwrap().partnership);
    let real = b.accept(b.acceptance(&id)).await.unwrap();
    let mut expected = accepted.partnership.unwrap();
    // the resending in between counted one more version of the recipient's view
    expected.etag.clone_from(&real.partnership.as_ref().unwrap().etag);
    assert_eq!(Some(expected), real.partnership);
    let real = b.reject(b.rejection(&other, "No.")).await.unwrap();
    assert_eq!(rejected.partnership, real.partnership);
    assert_eq!(rejected.partnership.unwrap().state(), State::Rejected);
}

#[tokio::test]
async fn i16_a_dry_run_of_deleting_deletes_nothing() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let before = everything(&harness, [&a, &b]).await;
    for side in [&a, &b] {
        let dry = pb::DeletePartnershipRequest { validate_only: true, ..side.deletion(&id) };
        assert_eq!(side.delete(dry).await.unwrap().position, harness.head().await);
    }
    assert_eq!(everything(&harness, [&a, &b]).await, before);
    a.deletes(&id).await.unwrap();
}

#[tokio::test]
async fn i16_a_dry_run_of_new_preferences_keeps_the_old_ones() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let before = everything(&harness, [&a, &b]).await;
    let dry = pb::UpdatePartnerPreferencesRequest {
        validate_only: true,
        ..b.preferences(ReceivePolicy::DenyAll, &[&a])
    };
    let dry = b.prefer(dry).await.unwrap();
    assert_eq!(everything(&harness, [&a, &b]).await, before);
    assert_eq!(dry.position, harness.head().await);
    let real = b.prefer(b.preferences(ReceivePolicy::DenyAll, &[&a])).await.unwrap();
    assert_eq!(dry.preferences, real.preferences);
}

#[tokio::test]
async fn i16_dry_runs_are_refused_as_the_real_calls_are() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let unknown = uuid::Uuid::now_v7().to_string();
    for email in [a.email(), b.email(), "no address".to_owned()] {
        let dry = pb::InvitePartnerRequest { validate_only: true, ..a.invitation(&email) };
        same(a.invite(dry).await, a.invite(a.invitation(&email)).await);
    }
    for id in [&id, &unknown] {
        for side in [&a, &b] {
            let dry = pb::AcceptPartnershipRequest { validate_only: true, ..side.acceptance(id) };
            same(side.accept(dry).await, side.accept(side.acceptance(id)).await);
            let dry =
                pb::RejectPartnershipRequest { validate_only: true, ..side.rejection(id, "") };
            same(side.reject(dry).await, side.reject(side.rejection(id, "")).await);
            let dry = pb::ResendInvitationRequest { validate_only: true, ..side.resending(id) };
            same(side.resend(dry).await, side.resend(side.resending(id)).await);
        }
    }
    let dry = pb::DeletePartnershipRequest { validate_only: true, ..a.deletion(&unknown) };
    same(a.delete(dry).await, a.delete(a.deletion(&unknown)).await);
}

#[tokio::test]
async fn i16_a_dry_run_claims_no_request_id() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let named =
        pb::InvitePartnerRequest { request_id: "once".to_owned(), ..a.invitation(&b.email()) };
    let dry = pb::InvitePartnerRequest { validate_only: true, ..named.clone() };
    a.invite(dry.clone()).await.unwrap();
    a.invite(dry).await.unwrap();
    let first = a.invite(named.clone()).await.unwrap();
    assert_eq!(a.invite(named).await.unwrap(), first, "the real call is remembered");
}
