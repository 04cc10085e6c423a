//! AccountService: members, by RPC and refusal (M1-M3).

use crate::support::directory::{all_refused, member_verbs};
use crate::support::refusal::{reason, refused};
use crate::support::{Harness, NOON};
use partner_service::grpc::pb;
use pb::{MemberProfile as Profile, MemberState as State};
use std::time::Duration;
use tonic::{Code, Response};

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn register(
    harness: &Harness,
    account_id: &str,
    member: pb::Member,
) -> super::Answer<pb::RegisterMemberResponse> {
    let request = pb::RegisterMemberRequest {
        account_id: account_id.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    harness.operator().accounts.register_member(request).await
}

fn person(email: &str) -> pb::Member {
    pb::Member { email: email.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_member_begins_active_with_everything_as_given() {
    let harness = Harness::start().await;
    let account = harness.account("ann").await;
    let given = pb::Member {
        id: NOBODY.to_owned(),
        email: " Cy@Ann.example".to_owned(),
        display_name: "Cy".to_owned(),
        profile: Profile::Supervisor.into(),
        manage_partners: Some(true),
        phone: "+46 1".to_owned(),
        title: "Dr".to_owned(),
        locale: "sv".to_owned(),
        // output only, and so of no effect
        account_id: NOBODY.to_owned(),
        state: State::Removed.into(),
        position: 99,
        etag: "nonsense".to_owned(),
        can_manage_partners: false,
        ..Default::default()
    };
    let answer = register(&harness, &account.id, given.clone()).await.unwrap().into_inner();
    let member = answer.member.unwrap();
    assert_eq!(member.create_time.unwrap().seconds, NOON.0 / 1_000_000);
    let expected = pb::Member {
        email: "Cy@Ann.example".to_owned(),
        account_id: account.id,
        state: State::Active.into(),
        position: harness.head().await,
        etag: member.etag.clone(),
        can_manage_partners: true,
        create_time: member.create_time,
        update_time: member.create_time,
        ..given
    };
    assert_eq!(member, expected);
    assert_eq!(answer.position, member.position);
    assert_eq!(harness.member_now(&member).await, member);
}

#[tokio::test]
async fn a_member_of_whom_nothing_is_said_is_an_observer_who_manages_no_partners() {
    let harness = Harness::start().await;
    let account = harness.account("ann").await;
    let member = register(&harness, &account.id, person("cy@ann.example"))
        .await
        .unwrap()
        .into_inner()
        .member
        .unwrap();
    assert_eq!((member.profile(), member.manage_partners), (Profile::Observer, None));
    assert!(!member.can_manage_partners);
}

#[tokio::test]
async fn a_member_id_is_taken_for_good_in_every_account() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    for (account, email) in [(&ann.id, "cy@ann.example"), (&bo.id, "cy@bo.example")] {
        let taken = pb::Member { id: ann.boss.id.clone(), ..person(email) };
        let refusal = refused(register(&harness, account, taken).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::AlreadyExists, "MEMBER_EXISTS"));
        assert_eq!(refusal.metadata["member_id"], ann.boss.id);
    }
    harness.remove(&ann.boss).await.unwrap();
    let taken = pb::Member { id: ann.boss.id.clone(), ..person(&ann.email()) };
    assert_eq!(reason(register(&harness, &ann.id, taken).await), "MEMBER_EXISTS");
}

#[tokio::test]
async fn m1_an_address_has_one_member_however_it_is_spelled() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let cy = harness.register(&ann.id, "José+a@Bücher.example", Profile::Observer).await.unwrap();
    for spelling in [
        "José+a@Bücher.example",
        "JOSÉ+A@BÜCHER.EXAMPLE",
        "jose\u{301}+a@xn--bcher-kva.example",
        " josé+a@bücher.example ",
    ] {
        for account in [&ann.id, &bo.id] {
            let refusal = refused(register(&harness, account, person(spelling)).await);
            assert_eq!(
                (refusal.code, &*refusal.reason),
                (Code::AlreadyExists, "MEMBER_EXISTS"),
                "{spelling}"
            );
            assert_eq!(refusal.metadata["member_id"], cy.id);
            assert_eq!(refusal.metadata["account_id"], ann.id);
        }
    }
    register(&harness, &bo.id, person("josé+b@bücher.example")).await.unwrap();
}

#[tokio::test]
async fn m1_an_address_stays_taken_while_its_member_is_deactivated_or_its_account_suspended() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.deactivate(&ann.boss).await.unwrap();
    assert_eq!(reason(register(&harness, &bo.id, person(&ann.email())).await), "MEMBER_EXISTS");
    harness.suspend_account(&ann.id).await.unwrap();
    assert_eq!(reason(register(&harness, &bo.id, person(&ann.email())).await), "MEMBER_EXISTS");
}

#[tokio::test]
async fn m1_an_address_is_free_once_its_member_is_removed_or_has_another() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    harness.remove(&ann.boss).await.unwrap();
    register(&harness, &bo.id, person(&ann.email())).await.unwrap();
    let moved = pb::Member { email: "new@bo.example".to_owned(), ..bo.boss.clone() };
    harness.update_member(moved, Some(&["email"])).await.unwrap();
    register(&harness, &ann.id, person(&bo.email())).await.unwrap();
    assert_eq!(
        reason(register(&harness, &ann.id, person("NEW@bo.example")).await),
        "MEMBER_EXISTS"
    );
}

#[tokio::test]
async fn m1_an_update_cannot_take_an_address_but_may_spell_its_own_anew() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let take = pb::Member { email: bo.email().to_uppercase(), ..ann.boss.clone() };
    let refusal = refused(harness.update_member(take, Some(&["email"])).await);
    assert_eq!(
        (&*refusal.reason, &*refusal.metadata["member_id"]),
        ("MEMBER_EXISTS", &*bo.boss.id)
    );
    let spell = pb::Member { email: ann.email().to_uppercase(), ..ann.boss.clone() };
    let member =
        harness.update_member(spell, Some(&["email"])).await.unwrap().into_inner().member.unwrap();
    assert_eq!(member.email, ann.email().to_uppercase());
    assert_eq!(reason(register(&harness, &bo.id, person(&ann.email())).await), "MEMBER_EXISTS");
}

#[tokio::test]
async fn m1_of_parallel_registrations_of_one_person_one_succeeds() {
    let harness = Harness::start().await;
    let accounts = [harness.account("ann").await.id, harness.account("bo").await.id];
    let head = harness.head().await;
    let calls = (0..12).map(|n| register(&harness, &accounts[n % 2], person("cy@cy.example")));
    let (made, refused): (Vec<_>, Vec<_>) =
        futures::future::join_all(calls).await.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for answer in refused {
        assert_eq!(reason(answer), "MEMBER_EXISTS");
    }
    assert_eq!(harness.head().await, head + 1);
}

#[tokio::test]
async fn m3_a_deactivated_member_cannot_act_until_reactivated() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let answer = harness.deactivate(&ann.boss).await.unwrap().into_inner();
    assert_eq!(answer.member.unwrap().state(), State::Deactivated);
    let request = pb::GetAccountRequest { account_id: ann.id.clone(), ..Default::default() };
    let refusal = refused(ann.by.clone().accounts.get_account(request.clone()).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::PermissionDenied, "MEMBER_NOT_ACTIVE"));
    let answer = harness.reactivate(&ann.boss).await.unwrap().into_inner();
    assert_eq!(answer.member.unwrap().state(), State::Active);
    ann.by.clone().accounts.get_account(request).await.unwrap();
}

#[tokio::test]
async fn m3_a_removed_member_cannot_act_and_is_told_so_even_if_its_account_is_closed() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    harness.remove(&ann.boss).await.unwrap();
    harness.close_account(&ann.id).await.unwrap();
    let request = pb::GetAccountRequest { account_id: ann.id, ..Default::default() };
    assert_eq!(reason(ann.by.clone().accounts.get_account(request).await), "MEMBER_NOT_ACTIVE");
}

#[tokio::test]
async fn m3_deactivating_or_reactivating_twice_changes_nothing_and_answers_the_head() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let head = harness.head().await;
    let answer = harness.reactivate(&ann.boss).await.unwrap().into_inner();
    assert_eq!((answer.member.unwrap(), answer.position), (ann.boss.clone(), head));
    harness.clock.advance(Duration::from_secs(60));
    let first = harness.deactivate(&ann.boss).await.unwrap().into_inner();
    harness.account("somebody else").await;
    harness.clock.advance(Duration::from_secs(60));
    let second = harness.deactivate(&ann.boss).await.unwrap().into_inner();
    assert_eq!((second.member, second.position), (first.member, head + 2));
    assert_eq!(harness.head().await, head + 2);
}

#[tokio::test]
async fn m3_no_verb_brings_a_removed_member_back() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let removed = harness.remove(&ann.boss).await.unwrap().into_inner().member.unwrap();
    assert_eq!(removed.state(), State::Removed);
    let verbs = member_verbs(&harness.operator(), (&ann.id, &ann.boss.id), "", &bo.id).await;
    all_refused(&verbs, "MEMBER_REMOVED");
    let refusal = refused(harness.remove(&ann.boss).await);
    assert_eq!((refusal.code, refusal.preconditions), (Code::FailedPrecondition, 1));
    assert_eq!(refusal.metadata["member_id"], ann.boss.id);
    assert_eq!(harness.member_now(&ann.boss).await, removed);
}

#[tokio::test]
async fn a_stale_etag_of_a_member_changes_nothing_and_tells_the_current_one() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let title = pb::Member { title: "Dr".to_owned(), ..ann.boss.clone() };
    let current = harness.update_member(title, None).await.unwrap().into_inner().member.unwrap();
    let who = (&*ann.id, &*ann.boss.id);
    let operator = harness.operator();
    all_refused(&member_verbs(&operator, who, &ann.boss.etag, &bo.id).await, "ETAG_MISMATCH");
    assert_eq!(harness.member_now(&ann.boss).await, current);
    let request = pb::RemoveMemberRequest {
        account_id: ann.id.clone(),
        member_id: ann.boss.id.clone(),
        etag: ann.boss.etag.clone(),
        ..Default::default()
    };
    let refusal = refused(operator.clone().accounts.remove_member(request.clone()).await);
    assert_eq!((refusal.code, &refusal.metadata["current_etag"]), (Code::Aborted, &current.etag));
    let request = pb::RemoveMemberRequest { etag: current.etag, ..request };
    operator.clone().accounts.remove_member(request).await.unwrap();
}

#[tokio::test]
async fn a_member_is_found_only_in_its_own_account() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let operator = harness.operator();
    for member in [&*bo.boss.id, NOBODY] {
        all_refused(
            &member_verbs(&operator, (&ann.id, member), "", &bo.id).await,
            "RESOURCE_NOT_FOUND",
        );
        let request = pb::GetMemberRequest {
            account_id: ann.id.clone(),
            member_id: member.to_owned(),
            ..Default::default()
        };
        for by in [&operator, &ann.by] {
            let refusal = refused(by.clone().accounts.get_member(request.clone()).await);
            assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        }
    }
}

#[tokio::test]
async fn m2_any_member_reads_the_members_of_its_own_account_and_of_no_other() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let visitor = harness.register(&ann.id, "cy@ann.example", Profile::Visitor).await.unwrap();
    let mut by = harness.member(&visitor.id).accounts;
    let get = |account: &str| pb::GetMemberRequest {
        account_id: account.to_owned(),
        member_id: ann.boss.id.clone(),
        ..Default::default()
    };
    assert_eq!(by.get_member(get(&ann.id)).await.unwrap().into_inner().member.unwrap(), ann.boss);
    assert_eq!(reason(by.get_member(get(&bo.id)).await), "RESOURCE_NOT_FOUND");
    let list = |account: &str| pb::ListMembersRequest {
        account_id: account.to_owned(),
        ..Default::default()
    };
    let listed = by.list_members(list(&ann.id)).await.unwrap().into_inner().members;
    assert_eq!(listed, [visitor, ann.boss.clone()]);
    assert_eq!(reason(by.list_members(list(&bo.id)).await), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn members_are_listed_by_state_removed_ones_included() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let cy = harness.register(&ann.id, "cy@ann.example", Profile::Observer).await.unwrap();
    let dee = harness.register(&ann.id, "dee@ann.example", Profile::Observer).await.unwrap();
    harness.deactivate(&cy).await.unwrap();
    harness.remove(&dee).await.unwrap();
    let list = async |states: &[State]| -> Vec<String> {
        let request = pb::ListMembersRequest {
            account_id: ann.id.clone(),
            states: states.iter().map(|&state| state.into()).collect(),
            ..Default::default()
        };
        let answer = ann.by.clone().accounts.list_members(request).await.unwrap();
        answer.into_inner().members.into_iter().map(|member| member.id).collect()
    };
    assert_eq!(list(&[]).await, [&*dee.id, &*cy.id, &*ann.boss.id]);
    assert_eq!(list(&[State::Active]).await, [&*ann.boss.id]);
    assert_eq!(list(&[State::Removed, State::Deactivated]).await, [&*dee.id, &*cy.id]);
}

#[tokio::test]
async fn i9_waiting_invitations_reach_whoever_registers_or_takes_the_address() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let first = ann.invites("cy@bo.example").await.unwrap();
    let cy = register(&harness, &bo.id, person("cy@bo.example")).await.unwrap().into_inner();
    assert_eq!(cy.position, harness.head().await);
    assert_eq!(bo.sees(&first.id).await.unwrap().state(), pb::PartnershipState::Pending);
    let second = ann.invites("dee@bo.example").await.unwrap();
    let renamed = pb::Member { email: "Dee@bo.example".to_owned(), ..cy.member.unwrap() };
    let answer = harness.update_member(renamed, Some(&["email"])).await.unwrap().into_inner();
    assert_eq!(answer.position, harness.head().await);
    assert_eq!(answer.member.unwrap().position, answer.position);
    assert_eq!(bo.sees(&second.id).await.unwrap().state(), pb::PartnershipState::Pending);
}

#[tokio::test]
async fn i16_validate_only_of_a_registration_answers_without_an_id_and_changes_nothing() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let head = harness.head().await;
    let request = pb::RegisterMemberRequest {
        account_id: ann.id.clone(),
        member: Some(person("cy@ann.example")),
        validate_only: true,
        ..Default::default()
    };
    let mut by = harness.operator().accounts;
    let answer = by.register_member(request.clone()).await.unwrap().into_inner();
    let member = answer.member.unwrap();
    assert_eq!((&*member.id, &*member.email, answer.position), ("", "cy@ann.example", head));
    assert_eq!(harness.head().await, head);
    let taken = pb::RegisterMemberRequest { member: Some(person(&ann.email())), ..request };
    assert_eq!(reason(by.register_member(taken).await.map(|_| Response::new(()))), "MEMBER_EXISTS");
}
