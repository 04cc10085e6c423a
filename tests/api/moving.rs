//! MoveMember (M6).

use crate::support::Harness;
use crate::support::refusal::{reason, refused};
use partner_service::domain::event::EventKind;
use partner_service::entity::log;
use partner_service::grpc::pb;
use pb::{MemberProfile as Profile, MemberState as State, PartnershipState as View};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use tonic::Code;

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn m6_a_move_is_one_change_of_two_events_removal_there_then_addition_here() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let head = harness.head().await;
    let answer = harness.move_member(&ann.boss, &bo.id).await.unwrap().into_inner();
    assert_eq!(answer.position, head + 2);
    assert_eq!(answer.member.unwrap().position, head + 2);
    let events = log::Entity::find()
        .filter(log::Column::Position.gt(head))
        .order_by_asc(log::Column::Position)
        .all(harness.backend.reads())
        .await
        .unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.kind, event.account_id.to_string(), event.last_of_change))
        .collect();
    assert_eq!(
        told,
        [(EventKind::MemberRemoved, ann.id, false), (EventKind::MemberAdded, bo.id, true)]
    );
    assert!(events.iter().all(|event| event.subject_id.to_string() == ann.boss.id));
}

#[tokio::test]
async fn m6_the_id_stays_the_grant_is_cleared_and_the_profile_defaults_to_observer() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let granted = pb::Member { manage_partners: Some(true), ..ann.boss.clone() };
    harness.update_member(granted, None).await.unwrap();
    let moved = harness.move_member(&ann.boss, &bo.id).await.unwrap().into_inner().member.unwrap();
    assert_eq!((&moved.id, &moved.account_id), (&ann.boss.id, &bo.id));
    assert_eq!((moved.profile(), moved.manage_partners), (Profile::Observer, None));
    assert!(!moved.can_manage_partners);
    assert_eq!((&moved.email, moved.state()), (&ann.boss.email, State::Active));
    assert_eq!(harness.member_now(&moved).await, moved);
}

#[tokio::test]
async fn m6_the_profile_named_is_the_profile_given() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let request = pb::MoveMemberRequest {
        account_id: ann.id.clone(),
        member_id: ann.boss.id.clone(),
        target_account_id: bo.id.clone(),
        profile: Profile::BillingAdministrator.into(),
        ..Default::default()
    };
    let moved = harness
        .operator()
        .accounts
        .move_member(request)
        .await
        .unwrap()
        .into_inner()
        .member
        .unwrap();
    assert_eq!(moved.profile(), Profile::BillingAdministrator);
    assert!(moved.can_manage_partners);
}

#[tokio::test]
async fn m6_who_has_moved_acts_in_the_new_account_and_no_more_in_the_old_one() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.move_member(&ann.boss, &bo.id).await.unwrap();
    let get = |id: &str| pb::GetAccountRequest { account_id: id.to_owned(), ..Default::default() };
    let mut by = ann.by.clone().accounts;
    assert_eq!(reason(by.get_account(get(&ann.id)).await), "RESOURCE_NOT_FOUND");
    by.get_account(get(&bo.id)).await.unwrap();
    let list =
        |id: &str| pb::ListMembersRequest { account_id: id.to_owned(), ..Default::default() };
    let mut operator = harness.operator().accounts;
    assert_eq!(operator.list_members(list(&ann.id)).await.unwrap().into_inner().members, []);
    assert_eq!(operator.list_members(list(&bo.id)).await.unwrap().into_inner().members.len(), 2);
}

#[tokio::test]
async fn m6_a_deactivated_member_moves_and_stays_deactivated() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.deactivate(&ann.boss).await.unwrap();
    let moved = harness.move_member(&ann.boss, &bo.id).await.unwrap().into_inner().member.unwrap();
    assert_eq!(moved.state(), State::Deactivated);
}

#[tokio::test]
async fn m6_members_move_between_suspended_accounts_but_into_no_closed_or_unknown_one() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let closed = harness.account("closed").await.id;
    harness.close_account(&closed).await.unwrap();
    let refusal = refused(harness.move_member(&ann.boss, &closed).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, "ACCOUNT_NOT_ACTIVE"));
    assert_eq!(refusal.metadata["account_id"], closed);
    let refusal = refused(harness.move_member(&ann.boss, NOBODY).await);
    assert_eq!(
        (&*refusal.reason, &*refusal.metadata["resource_id"]),
        ("RESOURCE_NOT_FOUND", NOBODY)
    );
    let refusal = refused(harness.move_member(&ann.boss, &ann.id).await);
    assert_eq!(
        (&*refusal.reason, &*refusal.fields),
        ("FIELD_INVALID", &["target_account_id".to_owned()][..])
    );
    harness.suspend_account(&ann.id).await.unwrap();
    harness.suspend_account(&bo.id).await.unwrap();
    harness.move_member(&ann.boss, &bo.id).await.unwrap();
}

#[tokio::test]
async fn m6_waiting_invitations_reach_the_new_account_and_bound_ones_stay_with_the_old() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let (bo, cy) = (harness.organization("bo").await, harness.organization("cy").await);
    let bound = cy.invites(&ann.email()).await.unwrap();
    harness.suspend_account(&ann.id).await.unwrap();
    let dee = harness.organization("dee").await;
    let waiting = dee.invites(&ann.email()).await.unwrap();
    harness.resume_account(&ann.id).await.unwrap();
    let other =
        harness.register(&ann.id, "other@ann.example", Profile::Administrator).await.unwrap();

    let answer = harness.move_member(&ann.boss, &bo.id).await.unwrap().into_inner();
    assert_eq!(answer.position, harness.head().await);
    assert_eq!(bo.accepts(&waiting.id).await.unwrap().state(), View::Active);
    let left_behind = crate::support::world::Organization { by: harness.member(&other.id), ..ann };
    assert_eq!(left_behind.accepts(&bound.id).await.unwrap().state(), View::Active);
}

#[tokio::test]
async fn i4_an_invitation_to_somebody_who_moves_into_the_senders_account_is_canceled_silently() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.suspend_account(&ann.id).await.unwrap();
    let waiting = bo.invites(&ann.email()).await.unwrap();
    harness.move_member(&ann.boss, &bo.id).await.unwrap();
    assert_eq!(reason(bo.sees(&waiting.id).await.map(tonic::Response::new)), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn m6_a_move_that_is_only_validated_changes_nothing() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let head = harness.head().await;
    let request = pb::MoveMemberRequest {
        account_id: ann.id.clone(),
        member_id: ann.boss.id.clone(),
        target_account_id: bo.id.clone(),
        validate_only: true,
        ..Default::default()
    };
    let answer = harness.operator().accounts.move_member(request).await.unwrap().into_inner();
    assert_eq!((answer.member.unwrap().account_id, answer.position), (bo.id, head));
    assert_eq!((harness.head().await, harness.member_now(&ann.boss).await), (head, ann.boss));
}
