//! Closed accounts (M5).

use crate::support::Harness;
use crate::support::directory::{all_refused, member_verbs};
use crate::support::refusal::{Refusal, reason};
use partner_service::domain::time::DAY;
use partner_service::entity::{member, member_version, membership, partnership};
use partner_service::grpc::pb;
use pb::{MemberProfile as Profile, PartnershipState as View};
use sea_orm::{EntityTrait, QueryOrder};
use tonic::Response;

fn why<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> String {
    reason(answer.map(Response::new))
}

#[tokio::test]
async fn m5_its_partnerships_end_and_the_other_side_sees_them_no_more() {
    let harness = Harness::start().await;
    let (ann, bo, sent) = harness.partners("ann", "bo").await;
    let cy = harness.organization("cy").await;
    let received = cy.invites(&ann.email()).await.unwrap().id;
    ann.accepts(&received).await.unwrap();
    harness.close_account(&ann.id).await.unwrap();
    assert_eq!(why(bo.sees(&sent).await), "RESOURCE_NOT_FOUND");
    assert_eq!(why(cy.sees(&received).await), "RESOURCE_NOT_FOUND");
    assert!(bo.list().await.is_empty() && cy.list().await.is_empty());
    // nothing of it hinders what comes after
    bo.invites(&cy.email()).await.unwrap();
}

#[tokio::test]
async fn m5_what_it_sent_is_canceled() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let bound = ann.invites(&bo.email()).await.unwrap().id;
    ann.invites("dee@dee.example").await.unwrap();
    harness.close_account(&ann.id).await.unwrap();
    assert_eq!(why(bo.accepts(&bound).await), "RESOURCE_NOT_FOUND");
    let dee = harness.account("dee").await;
    let boss = harness.register(&dee.id, "dee@dee.example", Profile::Administrator).await.unwrap();
    let request = pb::ListPartnershipsRequest { account_id: dee.id, ..Default::default() };
    let seen = harness.member(&boss.id).partners.list_partnerships(request).await.unwrap();
    assert_eq!(seen.into_inner().partnerships, []);
}

#[tokio::test]
async fn m5_what_it_received_reads_unchanged_and_binds_again_where_the_person_turns_up() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let (bo, cy) = (harness.organization("bo").await, harness.organization("cy").await);
    let sent = ann.invites(&bo.email()).await.unwrap();
    harness.clock.advance(DAY);
    harness.close_account(&bo.id).await.unwrap();
    assert_eq!(ann.sees(&sent.id).await.unwrap(), sent);
    assert_eq!(why(ann.invites(&bo.email()).await), "DUPLICATE_INVITATION");

    harness.register(&cy.id, &bo.email(), Profile::Observer).await.unwrap();
    assert_eq!(ann.sees(&sent.id).await.unwrap(), sent);
    assert_eq!(cy.accepts(&sent.id).await.unwrap().state(), View::Active);
    assert_eq!(ann.sees(&sent.id).await.unwrap().partner_account_id, cy.id);
}

#[tokio::test]
async fn m5_its_rejection_counts_as_deleted_on_its_side() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let id = ann.invites(&bo.email()).await.unwrap().id;
    bo.rejects(&id).await.unwrap();
    harness.close_account(&bo.id).await.unwrap();
    let refusal = Refusal::of(&ann.invites(&bo.email()).await.unwrap_err());
    assert_eq!(refusal.reason, "REINVITE_BLOCKED");
    assert_eq!(refusal.metadata["must_delete"], "SENDER");
    ann.deletes(&id).await.unwrap();
    ann.invites(&bo.email()).await.unwrap();
}

#[tokio::test]
async fn m5_expired_rows_count_as_deleted_on_its_side_swept_or_not() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let (bo, cy) = (harness.organization("bo").await, harness.organization("cy").await);
    let sent = bo.invites(&cy.email()).await.unwrap().id;
    let received = ann.invites(&bo.email()).await.unwrap().id;
    harness.clock.advance(31 * DAY);
    harness.close_account(&bo.id).await.unwrap();
    assert_eq!(ann.sees(&received).await.unwrap().state(), View::Expired);
    assert_eq!(cy.sees(&sent).await.unwrap().state(), View::Expired);
    for row in partnership::Entity::find().all(harness.backend.reads()).await.unwrap() {
        let hid = if row.id.to_string() == sent { row.sender_hid } else { row.recipient_hid };
        assert!(hid, "{row:?}");
    }
}

#[tokio::test]
async fn m5_the_addresses_of_its_members_are_free_again() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.close_account(&ann.id).await.unwrap();
    let again = harness.register(&bo.id, &ann.email(), Profile::Observer).await.unwrap();
    assert_ne!(again.id, ann.boss.id);
    assert_eq!(harness.member_now(&ann.boss).await, ann.boss);
    // taken once more, by the newcomer
    assert_eq!(
        why(harness.register(&bo.id, &ann.email(), Profile::Observer).await),
        "MEMBER_EXISTS"
    );
}

#[tokio::test]
async fn m5_its_people_are_invited_like_nobody() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.close_account(&bo.id).await.unwrap();
    let to_bo = ann.invites(&bo.email()).await.unwrap();
    let to_nobody = ann.invites("nobody@nowhere.example").await.unwrap();
    let alike = pb::Partnership {
        id: to_bo.id.clone(),
        invitee_email: to_bo.invitee_email.clone(),
        ..to_nobody
    };
    assert_eq!(alike, to_bo);
}

#[tokio::test]
async fn m5_closed_is_for_good() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.close_account(&ann.id).await.unwrap();
    let not_active = "ACCOUNT_NOT_ACTIVE";
    assert_eq!(reason(harness.suspend_account(&ann.id).await), not_active);
    assert_eq!(reason(harness.resume_account(&ann.id).await), not_active);
    assert_eq!(reason(harness.rename(&ann.id, "Ann").await), not_active);
    let operator = harness.operator();
    all_refused(&member_verbs(&operator, (&ann.id, &ann.boss.id), "", &bo.id).await, not_active);
    assert_eq!(
        why(harness.register(&ann.id, "cy@ann.example", Profile::Observer).await),
        not_active
    );
    assert_eq!(reason(harness.move_member(&bo.boss, &ann.id).await), not_active);
    assert_eq!(why(ann.invites("dee@dee.example").await), not_active);
}

#[tokio::test]
async fn m5_closing_touches_no_member_whatever_their_number() {
    let harness = Harness::start().await;
    let (small, big) = (harness.organization("small").await, harness.organization("big").await);
    for n in 0..20 {
        harness.register(&big.id, &format!("p{n}@big.example"), Profile::Observer).await.unwrap();
    }
    let rows = async || {
        let db = harness.backend.reads();
        (
            member::Entity::find().order_by_asc(member::Column::Id).all(db).await.unwrap(),
            membership::Entity::find().order_by_asc(membership::Column::Id).all(db).await.unwrap(),
            member_version::Entity::find()
                .order_by_asc(member_version::Column::MembershipId)
                .order_by_asc(member_version::Column::FromPosition)
                .all(db)
                .await
                .unwrap(),
        )
    };
    let before = rows().await;
    for account in [&small.id, &big.id] {
        let head = harness.head().await;
        harness.close_account(account).await.unwrap();
        assert_eq!(harness.head().await, head + 1);
    }
    assert_eq!(rows().await, before);
}
