//! Request ids (AIP-155): the same answer, and nothing twice.

use crate::support::database::{TestEngine, engine};
use crate::support::refusal::{reason, refused};
use crate::support::{Caller, Harness, Options};
use partner_service::domain::time::DAY;
use partner_service::grpc::pb;
use std::time::Duration;
use tonic::Code;

async fn create(by: &Caller, id: &str, name: &str) -> crate::Answer<pb::CreateAccountResponse> {
    let request = pb::CreateAccountRequest {
        account: Some(pb::Account { display_name: name.to_owned(), ..Default::default() }),
        request_id: id.to_owned(),
        ..Default::default()
    };
    by.clone().accounts.create_account(request).await
}

fn invitation(account_id: &str, request_id: &str, email: &str) -> pb::InvitePartnerRequest {
    pb::InvitePartnerRequest {
        account_id: account_id.to_owned(),
        invitee_email: email.to_owned(),
        request_id: request_id.to_owned(),
        ..Default::default()
    }
}

async fn again(harness: Harness) -> Harness {
    let (database, clock) = harness.stop().await;
    Harness::with(Options { database: Some(database), clock: Some(clock), ..Default::default() })
        .await
}

#[tokio::test]
async fn the_same_call_again_answers_the_same_and_does_nothing() {
    let harness = Harness::start().await;
    let first = create(&harness.operator(), "r1", "ann").await.unwrap().into_inner();
    harness.account("somebody else").await;
    harness.rename(&first.account.as_ref().unwrap().id, "Ann").await.unwrap();
    harness.clock.advance(Duration::from_secs(60));
    let head = harness.head().await;
    let second = create(&harness.operator(), "r1", "ann").await.unwrap().into_inner();
    assert_eq!(second, first);
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn every_mutation_of_a_member_is_remembered() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let (account_id, member_id) = (ann.id.clone(), ann.boss.id.clone());
    let mut by = harness.operator().accounts;
    macro_rules! twice {
        ($verb:ident, $request:expr) => {{
            let request = $request;
            let first = by.$verb(request.clone()).await.unwrap().into_inner();
            let head = harness.head().await;
            assert_eq!(by.$verb(request).await.unwrap().into_inner(), first, stringify!($verb));
            assert_eq!(harness.head().await, head, stringify!($verb));
        }};
    }
    let request_id = |id: &str| id.to_owned();
    let member = pb::Member { email: "cy@ann.example".to_owned(), ..Default::default() };
    twice!(
        register_member,
        pb::RegisterMemberRequest {
            account_id: account_id.clone(),
            member: Some(member),
            request_id: request_id("1"),
            ..Default::default()
        }
    );
    let member = pb::Member { id: member_id.clone(), title: "Dr".to_owned(), ..Default::default() };
    twice!(
        update_member,
        pb::UpdateMemberRequest {
            account_id: account_id.clone(),
            member: Some(member),
            request_id: request_id("2"),
            ..Default::default()
        }
    );
    twice!(
        deactivate_member,
        pb::DeactivateMemberRequest {
            account_id: account_id.clone(),
            member_id: member_id.clone(),
            request_id: request_id("3"),
            ..Default::default()
        }
    );
    twice!(
        reactivate_member,
        pb::ReactivateMemberRequest {
            account_id: account_id.clone(),
            member_id: member_id.clone(),
            request_id: request_id("4"),
            ..Default::default()
        }
    );
    twice!(
        move_member,
        pb::MoveMemberRequest {
            account_id: account_id.clone(),
            member_id: member_id.clone(),
            target_account_id: bo.id.clone(),
            request_id: request_id("5"),
            ..Default::default()
        }
    );
    twice!(
        remove_member,
        pb::RemoveMemberRequest {
            account_id: bo.id.clone(),
            member_id: member_id.clone(),
            request_id: request_id("6"),
            ..Default::default()
        }
    );
    twice!(
        suspend_account,
        pb::SuspendAccountRequest {
            account_id: account_id.clone(),
            request_id: request_id("7"),
            ..Default::default()
        }
    );
    twice!(
        resume_account,
        pb::ResumeAccountRequest {
            account_id: account_id.clone(),
            request_id: request_id("8"),
            ..Default::default()
        }
    );
    twice!(
        close_account,
        pb::CloseAccountRequest {
            account_id: account_id.clone(),
            request_id: request_id("9"),
            ..Default::default()
        }
    );
}

#[tokio::test]
async fn a_call_that_changed_nothing_is_remembered_too() {
    let harness = Harness::start().await;
    let ann = harness.account("ann").await;
    let resume = pb::ResumeAccountRequest {
        account_id: ann.id.clone(),
        request_id: "r1".to_owned(),
        ..Default::default()
    };
    let mut by = harness.operator().accounts;
    let first = by.resume_account(resume.clone()).await.unwrap().into_inner();
    harness.suspend_account(&ann.id).await.unwrap();
    assert_eq!(by.resume_account(resume).await.unwrap().into_inner(), first);
    assert_eq!(harness.account_now(&ann.id).await.state(), pb::AccountState::Suspended);
}

#[tokio::test]
async fn other_fields_or_another_rpc_under_the_same_id_are_refused() {
    let harness = Harness::start().await;
    let ann = create(&harness.operator(), "r1", "ann").await.unwrap().into_inner().account.unwrap();
    let head = harness.head().await;
    let refusal = refused(create(&harness.operator(), "r1", "Ann").await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let suspend = pb::SuspendAccountRequest {
        account_id: ann.id,
        request_id: "r1".to_owned(),
        ..Default::default()
    };
    let refusal = refused(harness.operator().accounts.suspend_account(suspend).await);
    assert_eq!(refusal.reason, "REQUEST_ID_REUSED");
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn an_answer_is_remembered_over_a_restart() {
    let harness = Harness::start().await;
    let first = create(&harness.operator(), "r1", "ann").await.unwrap().into_inner();
    let harness = again(harness).await;
    let head = harness.head().await;
    assert_eq!(create(&harness.operator(), "r1", "ann").await.unwrap().into_inner(), first);
    assert_eq!(reason(create(&harness.operator(), "r1", "bo").await), "REQUEST_ID_REUSED");
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn an_answer_is_remembered_on_every_replica() {
    let first = Harness::start().await;
    let answer = create(&first.operator(), "r1", "ann").await.unwrap().into_inner();
    let second = match engine() {
        TestEngine::Postgres => {
            let database = Some(std::sync::Arc::clone(&first.database));
            Harness::with(Options {
                database,
                clock: Some(first.clock.clone()),
                ..Default::default()
            })
            .await
        }
        // SQLite serves one process: its next replica is its successor
        TestEngine::Sqlite => again(first).await,
    };
    assert_eq!(create(&second.operator(), "r1", "ann").await.unwrap().into_inner(), answer);
}

#[tokio::test]
async fn refusals_are_not_remembered() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let id = harness.organization("bo").await.boss.email;
    let register = pb::RegisterMemberRequest {
        account_id: ann.id.clone(),
        member: Some(pb::Member { email: id, ..Default::default() }),
        request_id: "r1".to_owned(),
        ..Default::default()
    };
    let mut by = harness.operator().accounts;
    assert_eq!(reason(by.register_member(register.clone()).await), "MEMBER_EXISTS");
    // the id is still free, also for other fields
    create(&harness.operator(), "r1", "cy").await.unwrap();
    assert_eq!(reason(by.register_member(register).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn i16_validate_only_neither_uses_up_an_id_nor_reads_what_is_remembered_under_it() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let dry = pb::InvitePartnerRequest {
        validate_only: true,
        ..invitation(&ann.id, "r1", "dee@dee.example")
    };
    let mut by = ann.by.clone().partners;
    by.invite_partner(dry.clone()).await.unwrap();
    by.invite_partner(invitation(&ann.id, "r1", "ed@ed.example")).await.unwrap();
    let answer = by.invite_partner(dry).await.unwrap().into_inner();
    assert_eq!(answer.partnership.unwrap().invitee_email, "dee@dee.example");
}

#[tokio::test]
async fn an_id_is_remembered_for_24_hours_and_then_free() {
    let harness = Harness::start().await;
    let first = create(&harness.operator(), "r1", "ann").await.unwrap().into_inner();
    harness.clock.advance(DAY);
    assert_eq!(create(&harness.operator(), "r1", "ann").await.unwrap().into_inner(), first);
    harness.clock.advance(Duration::from_micros(1));
    let second = create(&harness.operator(), "r1", "bo").await.unwrap().into_inner();
    assert_ne!(second.account.as_ref().unwrap().id, first.account.unwrap().id);
    // and counts anew from there
    harness.clock.advance(DAY);
    assert_eq!(create(&harness.operator(), "r1", "bo").await.unwrap().into_inner(), second);
}

#[tokio::test]
async fn forgetting_old_answers_spares_those_that_still_count() {
    let harness = Harness::start().await;
    create(&harness.operator(), "old", "ann").await.unwrap();
    harness.clock.advance(Duration::from_secs(1));
    let young = create(&harness.operator(), "young", "bo").await.unwrap().into_inner();
    harness.clock.advance(DAY);
    harness.backend.forget_old_requests().await.unwrap();
    assert_eq!(create(&harness.operator(), "young", "bo").await.unwrap().into_inner(), young);
    create(&harness.operator(), "old", "another name").await.unwrap();
}

#[tokio::test]
async fn ids_of_one_caller_are_nothing_to_another() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let deputy = harness
        .register(&ann.id, "deputy@ann.example", pb::MemberProfile::Administrator)
        .await
        .unwrap();
    let mut ids = Vec::new();
    for (n, by) in
        [ann.by.clone(), harness.member(&deputy.id), harness.operator()].iter().enumerate()
    {
        let request = invitation(&ann.id, "r1", &format!("p{n}@nowhere.example"));
        let sent = by.clone().partners.invite_partner(request).await.unwrap().into_inner();
        ids.push(sent.partnership.unwrap().id);
    }
    assert_eq!(ann.list().await.len(), 3);
    let request = invitation(&ann.id, "r1", "p0@nowhere.example");
    let sent = ann.by.clone().partners.invite_partner(request).await.unwrap().into_inner();
    assert_eq!(sent.partnership.unwrap().id, ids[0]);
}

#[tokio::test]
async fn of_twenty_parallel_calls_with_one_id_one_is_done_and_all_answer_it() {
    let harness = Harness::start().await;
    let head = harness.head().await;
    let operator = harness.operator();
    let calls = (0..20).map(|_| create(&operator, "r1", "ann"));
    let answers: Vec<_> = futures::future::join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().into_inner())
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(harness.head().await, head + 1);
}

#[tokio::test]
async fn authorisation_and_fields_are_checked_before_what_is_remembered() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let request = invitation(&ann.id, "r1", "dee@dee.example");
    let mut by = ann.by.clone().partners;
    let first = by.invite_partner(request.clone()).await.unwrap().into_inner();
    let bad = pb::InvitePartnerRequest { invitee_email: "nobody".to_owned(), ..request.clone() };
    assert_eq!(reason(by.invite_partner(bad).await), "FIELD_INVALID");

    let withheld = pb::Member {
        id: ann.boss.id.clone(),
        account_id: ann.id.clone(),
        manage_partners: Some(false),
        ..Default::default()
    };
    harness.update_member(withheld.clone(), None).await.unwrap();
    assert_eq!(reason(by.invite_partner(request.clone()).await), "MANAGE_PARTNERS_REQUIRED");
    harness.deactivate(&ann.boss).await.unwrap();
    assert_eq!(reason(by.invite_partner(request.clone()).await), "MEMBER_NOT_ACTIVE");
    harness.reactivate(&ann.boss).await.unwrap();
    harness.suspend_account(&ann.id).await.unwrap();
    assert_eq!(reason(by.invite_partner(request.clone()).await), "ACCOUNT_NOT_ACTIVE");
    harness.resume_account(&ann.id).await.unwrap();
    harness.update_member(withheld, Some(&["title"])).await.unwrap();
    let granted = pb::Member {
        id: ann.boss.id.clone(),
        account_id: ann.id.clone(),
        manage_partners: Some(true),
        ..Default::default()
    };
    harness.update_member(granted, None).await.unwrap();
    assert_eq!(by.invite_partner(request).await.unwrap().into_inner(), first);
}

#[tokio::test]
async fn an_id_has_1_to_64_visible_ascii_characters() {
    let harness = Harness::start().await;
    for good in ["!", "~", &"x".repeat(64), "7f0c-{a}/b:c\"'\\"] {
        create(&harness.operator(), good, "ann").await.unwrap();
    }
    for bad in [&*"x".repeat(65), " ", "a b", "a\n", "\u{7f}", "é", "\0"] {
        let refusal = refused(create(&harness.operator(), bad, "ann").await);
        assert_eq!(
            (&*refusal.reason, &*refusal.fields),
            ("FIELD_INVALID", &["request_id".to_owned()][..])
        );
    }
}
