//! Suspended accounts (M4).

use crate::support::Harness;
use crate::support::directory::{account_verbs, all_refused};
use crate::support::refusal::{Refusal, reason, refused};
use crate::support::world::Organization;
use partner_service::domain::time::DAY;
use partner_service::grpc::pb;
use pb::{MemberProfile as Profile, PartnershipState as View};
use tonic::{Code, Response};

const NOT_ACTIVE: &str = "ACCOUNT_NOT_ACTIVE";

fn why<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> String {
    reason(answer.map(Response::new))
}

#[tokio::test]
async fn m4_its_members_can_do_nothing_not_even_read() {
    let harness = Harness::start().await;
    let (ann, _, id) = harness.partners("ann", "bo").await;
    let observer = harness.register(&ann.id, "cy@ann.example", Profile::Observer).await.unwrap();
    harness.suspend_account(&ann.id).await.unwrap();
    for mut by in [ann.by.clone(), harness.member(&observer.id)] {
        let request = pb::GetAccountRequest { account_id: ann.id.clone(), ..Default::default() };
        let refusal = refused(by.accounts.get_account(request).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, NOT_ACTIVE));
        assert_eq!(refusal.metadata["account_id"], ann.id);
        assert_eq!(refusal.preconditions, 1);
        let request =
            pb::ListPartnershipsRequest { account_id: ann.id.clone(), ..Default::default() };
        assert_eq!(reason(by.partners.list_partnerships(request).await), NOT_ACTIVE);
        // the state of its own account is told before anything about the account that the call names
        let request =
            pb::GetAccountRequest { account_id: observer.id.clone(), ..Default::default() };
        assert_eq!(reason(by.accounts.get_account(request).await), NOT_ACTIVE);
        all_refused(&account_verbs(&by, &ann.id, "").await, NOT_ACTIVE);
    }
    assert_eq!(why(ann.invites("dee@dee.example").await), NOT_ACTIVE);
    assert_eq!(why(ann.sees(&id).await), NOT_ACTIVE);
}

#[tokio::test]
async fn m4_an_operator_acts_on_its_side_no_more_than_its_members_do() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    harness.suspend_account(&ann.id).await.unwrap();
    let by_operator = Organization { by: harness.operator(), ..ann };
    assert_eq!(why(by_operator.invites("dee@dee.example").await), NOT_ACTIVE);
    let request =
        pb::ListPartnershipsRequest { account_id: by_operator.id.clone(), ..Default::default() };
    assert_eq!(reason(harness.operator().partners.list_partnerships(request).await), NOT_ACTIVE);
    assert_eq!(harness.account_now(&by_operator.id).await.state(), pb::AccountState::Suspended);
    assert_eq!(harness.member_now(&by_operator.boss).await, by_operator.boss);
}

#[tokio::test]
async fn m4_an_invitation_to_it_waits_and_looks_like_one_to_nobody() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.suspend_account(&bo.id).await.unwrap();
    let start = harness.head().await;
    let to_bo = ann.invites(&bo.email()).await.unwrap();
    let middle = harness.head().await;
    let to_nobody = ann.invites("nobody@nowhere.example").await.unwrap();
    assert_eq!(middle - start, harness.head().await - middle);
    let alike = pb::Partnership {
        id: to_bo.id.clone(),
        invitee_email: to_bo.invitee_email.clone(),
        ..to_nobody
    };
    assert_eq!(alike, to_bo);

    harness.resume_account(&bo.id).await.unwrap();
    harness.clock.advance(DAY);
    ann.resends(&to_bo.id).await.unwrap();
    assert_eq!(bo.accepts(&to_bo.id).await.unwrap().state(), View::Active);
}

#[tokio::test]
async fn m4_a_person_who_appears_in_it_does_not_get_what_waits() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let waiting = ann.invites("dee@bo.example").await.unwrap();
    harness.suspend_account(&bo.id).await.unwrap();
    harness.register(&bo.id, "dee@bo.example", Profile::Observer).await.unwrap();
    harness.resume_account(&bo.id).await.unwrap();
    assert_eq!(ann.sees(&waiting.id).await.unwrap(), waiting);
    harness.clock.advance(DAY);
    ann.resends(&waiting.id).await.unwrap();
    assert_eq!(bo.sees(&waiting.id).await.unwrap().state(), View::Pending);
}

#[tokio::test]
async fn m4_what_it_sent_cannot_be_accepted_but_rejected_and_deleted() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let (bo, cy) = (harness.organization("bo").await, harness.organization("cy").await);
    let to_bo = ann.invites(&bo.email()).await.unwrap().id;
    let to_cy = ann.invites(&cy.email()).await.unwrap().id;
    harness.suspend_account(&ann.id).await.unwrap();
    let refusal = Refusal::of(&bo.accepts(&to_bo).await.unwrap_err());
    assert_eq!((refusal.code, &*refusal.reason), (Code::FailedPrecondition, NOT_ACTIVE));
    assert_eq!(bo.sees(&to_bo).await.unwrap().state(), View::Pending);
    assert_eq!(bo.rejects(&to_bo).await.unwrap().state(), View::Rejected);
    cy.deletes(&to_cy).await.unwrap();
    harness.resume_account(&ann.id).await.unwrap();
    assert_eq!(ann.sees(&to_bo).await.unwrap().state(), View::Rejected);
    assert_eq!(ann.sees(&to_cy).await.unwrap().state(), View::Rejected);
}

#[tokio::test]
async fn m4_its_partners_keep_it_and_may_end_it() {
    let harness = Harness::start().await;
    let (ann, bo, id) = harness.partners("ann", "bo").await;
    harness.suspend_account(&ann.id).await.unwrap();
    assert_eq!(bo.sees(&id).await.unwrap().state(), View::Active);
    bo.deletes(&id).await.unwrap();
    harness.resume_account(&ann.id).await.unwrap();
    assert_eq!(ann.sees(&id).await.unwrap().state(), View::Rejected);
}

#[tokio::test]
async fn m4_the_directory_still_writes_its_members() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    harness.suspend_account(&ann.id).await.unwrap();
    let head = harness.head().await;
    let cy = harness.register(&ann.id, "cy@ann.example", Profile::Observer).await.unwrap();
    harness.update_member(pb::Member { title: "Dr".to_owned(), ..cy.clone() }, None).await.unwrap();
    harness.deactivate(&cy).await.unwrap();
    harness.reactivate(&cy).await.unwrap();
    harness.rename(&ann.id, "Ann").await.unwrap();
    harness.remove(&cy).await.unwrap();
    assert_eq!(harness.head().await, head + 6);
}

#[tokio::test]
async fn m4_resuming_brings_everything_back() {
    let harness = Harness::start().await;
    let (ann, bo, partnership) = harness.partners("ann", "bo").await;
    let cy = harness.organization("cy").await;
    let received = cy.invites(&ann.email()).await.unwrap().id;
    let sent = ann.invites("dee@dee.example").await.unwrap();
    let before = ann.list().await;
    harness.suspend_account(&ann.id).await.unwrap();
    harness.resume_account(&ann.id).await.unwrap();
    assert_eq!(ann.list().await, before);
    assert_eq!(before.len(), 3);
    assert_eq!(ann.sees(&sent.id).await.unwrap(), sent);
    assert_eq!(ann.accepts(&received).await.unwrap().state(), View::Active);
    assert_eq!(bo.sees(&partnership).await.unwrap().state(), View::Active);
}
