//! Accepting, rejecting, deleting (D, X), and inviting again (R).

use crate::support::Harness;
use crate::support::refusal::Refusal;
use partner_service::grpc::pb::PartnershipState as State;

#[tokio::test]
async fn d2_accepting_makes_both_sides_active_at_once() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    for side in [&a, &b] {
        let seen = side.sees(&id).await.unwrap();
        assert_eq!(seen.state(), State::Active);
        assert!(seen.activate_time.is_some());
    }
    assert_eq!(a.sees(&id).await.unwrap().partner_account_id, b.id);
    assert_eq!(b.sees(&id).await.unwrap().partner_display_name, "ann");
}

#[tokio::test]
async fn r2_a_rejected_invitation_blocks_until_both_sides_delete() {
    let harness = Harness::start().await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    let id = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(b.rejects(&id).await.unwrap().state(), State::Rejected);

    let refusal = Refusal::of(&a.invites(&b.email()).await.unwrap_err());
    assert_eq!(refusal.reason, "REINVITE_BLOCKED");
    assert_eq!(refusal.metadata["blocking_partnership_id"], id);
    assert_eq!(refusal.metadata["must_delete"], "BOTH");

    a.deletes(&id).await.unwrap();
    let refusal = Refusal::of(&a.invites(&b.email()).await.unwrap_err());
    assert_eq!(refusal.metadata["must_delete"], "RECIPIENT");
    b.deletes(&id).await.unwrap();
    a.invites(&b.email()).await.unwrap();
}
