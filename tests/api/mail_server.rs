//! Letters and a mail server that is difficult: what is tried again, what is given up, and that none goes twice or lost.

use crate::calls::{DAY, HOUR};
use crate::support::postbox::round;
use crate::support::sink::{Mood, Sink, Step};
use crate::support::world::Organization;
use crate::support::{Harness, letters::Letter};
use futures::future::join_all;
use partner_service::domain::mail::MailState;
use partner_service::entity::mail;
use partner_service::mail::worker::{Counts, Pause};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

async fn stage() -> (Harness, Sink, Organization) {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    (harness, Sink::start().await, a)
}

async fn only(harness: &Harness) -> mail::Model {
    let rows = harness.outbox().await;
    let [row] = &rows[..] else { panic!("one letter: {rows:?}") };
    row.clone()
}

#[tokio::test]
async fn letters_reach_the_mail_server_each_with_one_recipient_over_one_connection() {
    let (harness, sink, a) = stage().await;
    for number in 0..3 {
        a.invites(&format!("p{number}@else.example")).await.unwrap();
    }
    let mut worker = harness.worker_to(&sink);
    assert_eq!(round(&mut worker).await, Pause::Idle);
    let received = sink.received();
    let to: Vec<_> = received.iter().map(|one| one.to.clone()).collect();
    assert_eq!(to, [["p0@else.example"], ["p1@else.example"], ["p2@else.example"]]);
    assert!(received.iter().all(|one| one.from == "partners@service.example"));
    for (one, to) in received.iter().zip(to) {
        let letter = Letter::read(&one.bytes);
        assert_eq!(
            (letter.to(), &*letter.headers["from"]),
            (&*to[0], "Partners <partners@service.example>")
        );
        assert_eq!(letter.headers["auto-submitted"], "auto-generated");
        assert!(letter.message_id().ends_with("@service.example"));
        assert_eq!(letter.headers["date"], "Tue, 15 Jan 2030 12:00:00 +0000");
    }
    assert_eq!(sink.connections(), 1);
    assert_eq!(worker.tally().counts(), Counts { sent: 3, ..Counts::default() });
    assert!(harness.outbox().await.iter().all(|row| row.state == MailState::Sent));
}

#[tokio::test]
async fn a_no_for_now_is_tried_again_later_and_holds_up_no_other_letter() {
    let (harness, sink, a) = stage().await;
    sink.becomes(Step::To, Mood::Answers("450 4.2.1 later"));
    a.invites("one@else.example").await.unwrap();
    a.invites("two@else.example").await.unwrap();
    let mut worker = harness.worker_to(&sink);
    assert_eq!(round(&mut worker).await, Pause::Idle);
    let rows = harness.outbox().await;
    assert!(rows.iter().all(|row| row.state == MailState::Queued && row.attempts == 1), "{rows:?}");
    assert_eq!(rows[0].last_error, "the server answered RCPT TO with 450 4.2.1");
    sink.calms_down();
    round(&mut worker).await;
    assert!(sink.received().is_empty(), "not at once");
    harness.clock.advance(Duration::from_secs(5));
    round(&mut worker).await;
    assert_eq!(sink.received().len(), 2);
    assert_eq!(worker.tally().counts(), Counts { sent: 2, postponed: 2, given_up: 0 });
}

#[tokio::test]
async fn a_no_for_good_to_the_recipient_or_the_message_gives_that_letter_up_at_once() {
    for (step, answer, error) in [
        (Step::To, "550 5.1.1 unknown", "RCPT TO with 550 5.1.1"),
        (Step::To, "553 bad name", "RCPT TO with 553"),
        (Step::Message, "554 5.7.1 spam", "the message with 554 5.7.1"),
        (Step::Message, "552 too much", "the message with 552"),
    ] {
        let (harness, sink, a) = stage().await;
        sink.becomes(step, Mood::Answers(answer));
        a.invites("one@else.example").await.unwrap();
        assert_eq!(round(&mut harness.worker_to(&sink)).await, Pause::Idle, "{answer}");
        let row = only(&harness).await;
        assert_eq!(row.state, MailState::Failed, "{answer}");
        assert_eq!(row.last_error, format!("the server answered {error}"));
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn a_no_to_us_makes_all_letters_wait_and_gives_none_up() {
    for (step, answer) in [
        (Step::Greeting, "554 no service"),
        (Step::From, "550 5.7.1 sender denied"),
        (Step::From, "530 authenticate first"),
        (Step::To, "554 5.7.1 relay access denied"),
        (Step::To, "530 authenticate first"),
        (Step::Greeting, "421 too busy"),
        (Step::From, "451 too busy"),
    ] {
        let (harness, sink, a) = stage().await;
        sink.becomes(step, Mood::Answers(answer));
        a.invites("one@else.example").await.unwrap();
        a.invites("two@else.example").await.unwrap();
        let mut worker = harness.worker_to(&sink);
        assert_eq!(round(&mut worker).await, Pause::Trouble, "{answer}");
        let rows = harness.outbox().await;
        assert!(rows.iter().all(|row| row.state == MailState::Queued), "{answer}: {rows:?}");
        assert_eq!(rows.iter().map(|row| row.attempts).sum::<i64>(), 1, "{answer}: one was enough");
        sink.calms_down();
        harness.clock.advance(Duration::from_secs(5));
        assert_eq!(round(&mut worker).await, Pause::Idle);
        assert_eq!(sink.received().len(), 2);
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_hangs_up_anywhere_costs_an_attempt_and_no_letter() {
    for step in [Step::Greeting, Step::From, Step::To] {
        for mood in [Mood::Hangs, Mood::Drops] {
            let (harness, sink, a) = stage().await;
            sink.becomes(step, mood);
            a.invites("one@else.example").await.unwrap();
            let mut worker = harness.worker_to(&sink);
            assert_eq!(round(&mut worker).await, Pause::Trouble, "{step:?} {mood:?}");
            let row = only(&harness).await;
            assert_eq!((row.state, row.attempts), (MailState::Queued, 1), "{step:?} {mood:?}");
            sink.calms_down();
            harness.clock.advance(Duration::from_secs(5));
            round(&mut worker).await;
            assert_eq!(sink.received().len(), 1, "{step:?} {mood:?}");
        }
    }
}

#[tokio::test]
async fn a_server_that_takes_a_letter_and_does_not_say_so_gets_it_again_under_the_same_message_id()
{
    for mood in [Mood::Hangs, Mood::Drops] {
        let (harness, sink, a) = stage().await;
        sink.becomes(Step::Message, mood);
        a.invites("one@else.example").await.unwrap();
        let mut worker = harness.worker_to(&sink);
        round(&mut worker).await;
        sink.calms_down();
        harness.clock.advance(Duration::from_secs(5));
        round(&mut worker).await;
        let ids: Vec<_> = sink
            .received()
            .iter()
            .map(|one| Letter::read(&one.bytes).message_id().to_owned())
            .collect();
        assert_eq!((ids.len(), &ids[0]), (2, &ids[1]), "{mood:?}");
        assert_eq!(only(&harness).await.state, MailState::Sent);
    }
}

#[tokio::test]
async fn where_no_server_listens_a_letter_waits_for_two_days_and_is_given_up() {
    let (harness, sink, a) = stage().await;
    let mut worker = harness.worker_to(&sink);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let unreachable = format!("smtp+plain://{gone}");
    let server = partner_service::mail::smtp::Server::parse(&unreachable, false).unwrap();
    let smtp =
        partner_service::mail::smtp::Smtp::new(server, "service.example", None, None).unwrap();
    let mut lost = harness.worker(partner_service::mail::post::Carrier::smtp(smtp));
    a.invites("one@else.example").await.unwrap();
    let mut waits = Vec::new();
    while harness.outbox().await[0].state == MailState::Queued {
        let before = only(&harness).await;
        assert_eq!(round(&mut lost).await, Pause::Trouble);
        let after = only(&harness).await;
        assert_eq!(after.attempts, before.attempts + 1);
        let Some(due_at) = after.due_at else { break };
        let wait = harness.backend.now().until(due_at);
        waits.push(wait);
        harness.clock.advance(wait);
    }
    let all: Duration = waits.iter().sum();
    assert!(all >= 2 * DAY && all < 2 * DAY + HOUR, "{all:?}");
    assert!(waits[0] <= Duration::from_secs(5) && waits.iter().all(|wait| *wait <= HOUR / 4));
    let row = only(&harness).await;
    assert_eq!(row.state, MailState::Failed);
    assert!(
        row.last_error.starts_with("the connection failed at connecting"),
        "{}",
        row.last_error
    );
    round(&mut worker).await;
    assert!(sink.received().is_empty(), "given up");
}

#[tokio::test]
async fn a_letter_is_in_one_workers_hands_at_a_time() {
    let (harness, sink, a) = stage().await;
    for number in 0..40 {
        a.invites(&format!("p{number}@else.example")).await.unwrap();
    }
    let mut workers: Vec<_> = (0..4).map(|_| harness.worker_to(&sink)).collect();
    join_all(workers.iter_mut().map(round)).await;
    let to: Vec<_> = sink.received().into_iter().flat_map(|one| one.to).collect();
    assert_eq!(to.len(), 40);
    assert_eq!(to.iter().collect::<BTreeSet<_>>().len(), 40);
    let counts: Vec<_> = workers.iter().map(|worker| worker.tally().counts().sent).collect();
    assert_eq!(counts.iter().sum::<u64>(), 40, "{counts:?}");
}

#[tokio::test]
async fn a_lease_that_runs_out_lets_another_worker_send_and_its_first_holder_marks_nothing() {
    let (harness, sink, a) = stage().await;
    a.invites("one@else.example").await.unwrap();
    sink.becomes(Step::To, Mood::Hangs);
    let mut slow = harness.worker_to(&sink).with_attempts_of(Duration::from_secs(2));
    let mut quick = harness.worker_to(&sink);
    let slow = tokio::spawn(async move { (round(&mut slow).await, slow.tally().counts()) });
    sink.has_somebody_waiting().await;
    round(&mut quick).await;
    assert!(sink.received().is_empty(), "it is in other hands");
    sink.calms_down();
    harness.clock.advance(Duration::from_secs(21));
    round(&mut quick).await;
    assert_eq!(only(&harness).await.state, MailState::Sent);
    let (_, counts) = slow.await.unwrap();
    assert_eq!(counts, Counts::default());
    let row = only(&harness).await;
    assert_eq!((row.state, row.attempts), (MailState::Sent, 2));
    assert_eq!(sink.received().len(), 1);
}

#[tokio::test]
async fn a_worker_is_woken_by_what_its_own_replica_commits_and_finishes_what_it_has_begun() {
    let (harness, sink, a) = stage().await;
    let shutdown = CancellationToken::new();
    let worker = harness.worker_to(&sink);
    let running = tokio::spawn(worker.run(shutdown.clone()));
    a.invites("one@else.example").await.unwrap();
    tokio::time::timeout(Duration::from_secs(20), sink.has(1)).await.expect("it is sent");
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("it ends").unwrap();
    assert_eq!(only(&harness).await.state, MailState::Sent);
    a.invites("two@else.example").await.unwrap();
    assert_eq!(sink.received().len(), 1);
}
