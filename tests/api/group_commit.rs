//! Registrations that come at the same time share a commit, and hinder each other no more than if each had its own.

use crate::behind::Session;
use crate::calls::{refusal, why};
use crate::holding::{call, ended, holding, queued, request, together};
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::refusal::Refusal;
use futures::future::join_all;
use partner_service::grpc::pb::{self, PartnershipState as State};
use std::sync::Arc;

const CALLS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_queues_while_a_batch_commits_shares_the_next_commit() {
    let (harness, hold) = holding().await;
    let accounts = [harness.account("ann").await.id, harness.account("bo").await.id];
    let head = harness.head().await;
    let requests = (0..CALLS).map(|n| request(&accounts[n % 2], &format!("p{n}@x.example")));
    let answers = together((&harness, &hold), &accounts[0], requests.collect()).await;
    assert_eq!(hold.commits(), 2, "the held call's, and one for all the others");
    let log = harness.log().await;
    for (answer, position) in answers.into_iter().zip(head + 2..) {
        let answer = answer.unwrap();
        let (event, member) =
            (&log[usize::try_from(position - 1).unwrap()], answer.member.unwrap());
        assert_eq!(
            (answer.position, member.position, event.position),
            (position, position, position)
        );
        assert_eq!(event.subject_id.to_string(), member.id);
        assert!(event.last_of_change);
        assert_eq!(harness.member_now(&member).await, member);
    }
    assert_eq!(log.len(), usize::try_from(head).unwrap() + 1 + CALLS);
}

#[tokio::test(flavor = "multi_thread")]
async fn m1_what_is_refused_is_refused_alone() {
    let (harness, hold) = holding().await;
    let (ann, bo) = harness.strangers().await;
    let gone = harness.organization("gone").await;
    harness.close(&gone).await;
    let requests = vec![
        request(&ann.id, "one@x.example"),
        request(&ann.id, &bo.email()),
        request(&gone.id, "two@x.example"),
        request(&bo.boss.id, "three@x.example"),
        request(&bo.id, "ONE@x.example"),
        request(&bo.id, "two@x.example"),
    ];
    let head = harness.head().await;
    let mut answers = together((&harness, &hold), &ann.id, requests).await;
    let last = answers.pop().unwrap().unwrap();
    let one = answers.remove(0).unwrap();
    assert_eq!((one.position, last.position), (head + 2, head + 3));
    let reasons: Vec<String> = answers.into_iter().map(why).collect();
    let expected = ["MEMBER_EXISTS", "ACCOUNT_NOT_ACTIVE", "RESOURCE_NOT_FOUND", "MEMBER_EXISTS"];
    assert_eq!(reasons, expected);
    assert_eq!(hold.commits(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_one_request_id_in_one_queue_are_done_once_and_answered_alike() {
    let (harness, hold) = holding().await;
    let (ann, bo) = harness.strangers().await;
    let named = |id: &str, email: &str| pb::RegisterMemberRequest {
        request_id: id.to_owned(),
        ..request(&ann.id, email)
    };
    let requests = vec![
        named("r1", "one@x.example"),
        named("r1", "one@x.example"),
        named("r2", &bo.email()),
        named("r1", "two@x.example"),
        named("r2", "three@x.example"),
        named("r1", "one@x.example"),
    ];
    let answers = together((&harness, &hold), &ann.id, requests).await;
    let first = answers[0].clone().unwrap();
    assert_eq!(answers[1].clone().unwrap(), first);
    assert_eq!(answers[5].clone().unwrap(), first);
    assert_eq!(why(answers[2].clone()), "MEMBER_EXISTS");
    assert_eq!(why(answers[3].clone()), "REQUEST_ID_REUSED");
    // what was refused has not used up its id
    let three = answers[4].clone().unwrap();
    let head = harness.head().await;
    assert_eq!(ended(call(&harness, named("r1", "one@x.example"))).await.unwrap(), first);
    assert_eq!(ended(call(&harness, named("r2", "three@x.example"))).await.unwrap(), three);
    assert_eq!(harness.head().await, head);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_fails_alone_however_many_it_came_with() {
    let (harness, hold) = holding().await;
    let ann = harness.account("ann").await;
    let refuses = match engine() {
        TestEngine::Postgres => {
            "ALTER TABLE member ADD CONSTRAINT lucky CHECK (email NOT LIKE 'unlucky%')"
        }
        TestEngine::Sqlite => {
            "CREATE TRIGGER lucky BEFORE INSERT ON member WHEN NEW.email LIKE 'unlucky%' \
             BEGIN SELECT RAISE(ABORT, 'unlucky'); END"
        }
    };
    Session::open(&harness.database).await.run(refuses).await;
    let unlucky = |n: usize| [3, 4, 17].contains(&n);
    let named = |n: usize| pb::RegisterMemberRequest {
        request_id: format!("r{n}"),
        ..request(&ann.id, &format!("{}lucky{n}@x.example", if unlucky(n) { "un" } else { "" }))
    };
    let head = harness.head().await;
    let requests = (0..CALLS).map(named).collect();
    let answers = together((&harness, &hold), &ann.id, requests).await;
    let mut positions = Vec::new();
    for (n, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok(answer) => positions.push(answer.position),
            Err(status) => {
                assert!(unlucky(n), "{n}: {status:?}");
                assert_eq!(refusal(Err::<(), _>(status)).reason, "INTERNAL");
            }
        }
    }
    let last = head + 1 + i64::try_from(CALLS - 3).unwrap();
    assert_eq!(positions, (head + 2..=last).collect::<Vec<_>>());
    assert_eq!(harness.head().await, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_locked_waits_for_them_and_keeps_nobody_else_waiting() {
    if engine() == TestEngine::Sqlite {
        return; // one writer: nothing is locked by others
    }
    let harness = Arc::new(Harness::start().await);
    let (ann, bo) = (harness.account("ann").await.id, harness.account("bo").await.id);
    let claim = "INSERT INTO remembered_request (caller, request_id, fingerprint, position, created_at) \
                 VALUES ('operator ', 'r1', '', 0, 1)";
    let locks = [
        format!("SELECT id FROM account WHERE id = '{ann}' FOR UPDATE"),
        "INSERT INTO address (email_key) VALUES ('late1@x.example')".to_owned(),
        claim.to_owned(),
    ];
    for (number, lock) in locks.iter().enumerate() {
        let mut session = Session::open(&harness.database).await;
        session.run(&format!("BEGIN; {lock}")).await;
        let late = pb::RegisterMemberRequest {
            request_id: "r1".to_owned(),
            ..request(&ann, &format!("late{number}@x.example"))
        };
        let late = call(&harness, late);
        for other in 0..3 {
            let other = request(&bo, &format!("p{number}{other}@x.example"));
            ended(call(&harness, other)).await.expect("nobody keeps it waiting");
        }
        assert!(!late.is_finished(), "{lock}");
        session.run("ROLLBACK").await;
        ended(late).await.expect("it is done once it can be");
        session.run("DELETE FROM remembered_request").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_never_let_go_of_is_turned_away_after_a_while() {
    if engine() == TestEngine::Sqlite {
        return; // one writer: nothing is locked by others
    }
    let harness = Arc::new(Harness::start().await);
    let ann = harness.account("ann").await.id;
    let mut session = Session::open(&harness.database).await;
    session.run(&format!("BEGIN; SELECT id FROM account WHERE id = '{ann}' FOR UPDATE")).await;
    let refusal = refusal(ended(call(&harness, request(&ann, "late@x.example"))).await);
    assert_eq!(refusal.reason, "OVERLOADED");
    assert!(refusal.retry_after.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_full_turns_calls_away_and_callers_who_left_are_no_trouble() {
    const MOST: usize = 8_192;
    let (harness, hold) = holding().await;
    let ann = harness.account("ann").await.id;
    let head = harness.head().await;
    let held = hold.begin(&harness, &ann).await;
    let (actor, registration) = someone(&ann);
    {
        let full =
            (0..MOST).map(|_| harness.registrations.add(actor.clone(), registration.clone()));
        let full = join_all(full);
        tokio::pin!(full);
        assert!(futures::poll!(&mut full).is_pending());
        assert_eq!(harness.registrations.waiting(), MOST);
        let refusal = refusal(ended(call(&harness, request(&ann, "more@x.example"))).await);
        assert_eq!(refusal.reason, "OVERLOADED");
        // and now all of them leave
    }
    held.abort();
    hold.release();
    queued(&harness, 0).await;
    let next = ended(call(&harness, request(&ann, "next@x.example"))).await.unwrap();
    assert_eq!(
        next.position,
        head + 2,
        "the one that had begun was finished, the others never began"
    );
}

fn someone(
    account: &str,
) -> (partner_service::backend::Ask, Arc<partner_service::account::register::Registration>) {
    use partner_service::account::register::{NewMember, Registration};
    use partner_service::backend::Ask;
    use partner_service::caller::{Actor, Need};
    use partner_service::domain::account::Profile;
    use partner_service::domain::email::Email;
    use partner_service::domain::ids::AccountId;
    let account = AccountId(account.parse().unwrap());
    let actor = Actor {
        account: Some(account),
        member: None,
        operator: Some(String::new()),
        need: Need::Operator,
    };
    let new = NewMember {
        id: None,
        email: Email::parse("someone@x.example").unwrap(),
        display_name: String::new(),
        profile: Profile::Observer,
        manage_partners: None,
        phone: String::new(),
        title: String::new(),
        locale: String::new(),
    };
    let ask = Ask { actor, request: None, validate_only: false };
    (ask, Arc::new(Registration { account, new }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_is_drained_answers_everybody_in_it_and_nobody_new() {
    let (harness, hold) = holding().await;
    let ann = harness.account("ann").await.id;
    let held = hold.begin(&harness, &ann).await;
    let calls: Vec<_> =
        (0..CALLS).map(|n| call(&harness, request(&ann, &format!("p{n}@x.example")))).collect();
    queued(&harness, CALLS).await;
    let draining = {
        let harness = Arc::clone(&harness);
        tokio::spawn(async move { harness.registrations.drain().await })
    };
    let turned_away = async {
        let answer = ended(call(&harness, request(&ann, "new@x.example"))).await;
        answer.is_err_and(|status| Refusal::of(&status).reason == "SHUTTING_DOWN")
    };
    hold.release();
    for answer in join_all(calls.into_iter().map(ended)).await {
        answer.expect("what was in the queue is done");
    }
    ended(held).await.expect("so is what was held");
    ended(draining).await;
    assert!(turned_away.await);
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_invitations_that_wait_for_several_newcomers_of_one_commit_bind_each() {
    let (harness, hold) = holding().await;
    let (ann, bo) = harness.strangers().await;
    let cy = harness.organization("cy").await;
    let email = |n: usize| format!("p{n}@x.example");
    let mut waiting = Vec::new();
    for n in 0..6 {
        waiting.push(ann.invites(&email(n)).await.unwrap().id);
    }
    let home = |n: usize| [&bo, &cy][n % 2];
    let requests = (0..6).map(|n| request(&home(n).id, &email(n))).collect();
    for answer in together((&harness, &hold), &bo.id, requests).await {
        answer.unwrap();
    }
    assert_eq!(hold.commits(), 2);
    for (n, id) in waiting.iter().enumerate() {
        assert_eq!(home(n).shown(id).await, Some(State::Pending));
        assert_eq!(home(n + 1).shown(id).await, None);
        assert_eq!(home(n).story(id).await.len(), 1);
    }
    let log = harness.log().await;
    let last: Vec<bool> = log.iter().rev().take(12).map(|event| event.last_of_change).collect();
    assert_eq!(last, [true, false].repeat(6), "each binding stands right before its member");
}
