//! Fifty callers at once: the first commit wins, the others get what the new state answers (D5), and the log has no gap.

use crate::calls::{refusal, why};
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use futures::future::join_all;
use partner_service::backend::Limits;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb::{self, MemberProfile, PartnershipState as State};
use std::fmt::Debug;
use tonic::{Code, Status};

const CALLERS: usize = 50;
/// Pairs of calls at once, few enough that none waits for a connection.
const ROUNDS: usize = 10;

/// Exactly so many calls succeeded, and every other one was refused for one of `reasons`. A call that found no free
/// connection in time is turned away instead: a published reason too, with the time to wait before trying again.
fn settled<T: Debug>(
    answers: impl IntoIterator<Item = Result<T, Status>>,
    successes: usize,
    reasons: &[&str],
) {
    let (mut succeeded, mut refused) = (0, 0);
    for answer in answers {
        if answer.is_ok() {
            succeeded += 1;
            continue;
        }
        let refusal = refusal(answer);
        if refusal.code == Code::Unavailable {
            assert!(["DATABASE_UNAVAILABLE", "OVERLOADED"].contains(&&*refusal.reason));
            assert!(refusal.retry_after.is_some());
        } else {
            assert!(reasons.contains(&&*refusal.reason), "{refusal:?}");
            refused += 1;
        }
    }
    assert_eq!(succeeded, successes);
    assert!(refused > 0, "somebody came second");
}

/// Positions run from 1 to the highest, and every answer's position was its own.
async fn events(harness: &Harness, kind: EventKind, of: &[&str]) -> usize {
    let log = harness.log().await;
    let positions: Vec<i64> = log.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=i64::try_from(log.len()).unwrap()).collect::<Vec<_>>());
    let about = |subject: &uuid::Uuid| of.is_empty() || of.contains(&&*subject.to_string());
    log.iter().filter(|event| event.kind == kind && about(&event.subject_id)).count()
}

async fn at_once<T>(calls: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    join_all(calls).await
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_fifty_parallel_accepts_make_one_partnership_and_one_event() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let answers = at_once((0..CALLERS).map(|_| b.accepts(&id))).await;
    settled(answers, 1, &["INVITATION_NOT_PENDING"]);
    assert_eq!(events(&harness, EventKind::PartnerActivated, &[]).await, 1);
    assert_eq!(a.list().await.len(), 1);
    assert_eq!(a.shown(&id).await, Some(State::Active));
    assert_eq!(b.story(&id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn d5_of_parallel_accepts_and_rejects_the_first_commit_decides_for_all() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let accepts = at_once((0..CALLERS / 2).map(|_| b.accepts(&id)));
    let rejects = at_once((0..CALLERS / 2).map(|_| b.rejects(&id)));
    let (accepts, rejects) = tokio::join!(accepts, rejects);
    let accepted = accepts.iter().filter(|answer| answer.is_ok()).count();
    settled(accepts.into_iter().chain(rejects), 1, &["INVITATION_NOT_PENDING"]);
    assert_eq!(events(&harness, EventKind::PartnerActivated, &[]).await, accepted);
    let state = if accepted == 1 { State::Active } else { State::Rejected };
    assert_eq!((a.shown(&id).await, b.shown(&id).await), (Some(state), Some(state)));
    assert_eq!(b.story(&id).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn i6_i7_fifty_parallel_crossed_invitations_leave_one_pending() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let (to_b, to_a) = (b.email(), a.email());
    let ours = at_once((0..CALLERS / 2).map(|_| a.invites(&to_b)));
    let theirs = at_once((0..CALLERS / 2).map(|_| b.invites(&to_a)));
    let (ours, theirs) = tokio::join!(ours, theirs);
    let winner = ours.iter().chain(&theirs).find_map(|answer| answer.as_ref().ok()).cloned();
    let (winners, losers) =
        if ours.iter().any(Result::is_ok) { (ours, theirs) } else { (theirs, ours) };
    settled(winners, 1, &["DUPLICATE_INVITATION"]);
    settled(losers, 0, &["INCOMING_INVITATION_PENDING"]);
    let winner = winner.expect("one was sent").id;
    assert_eq!(events(&harness, EventKind::PartnershipChanged, &[]).await, 1);
    for side in [&a, &b] {
        let listed: Vec<String> = side.list().await.into_iter().map(|seen| seen.id).collect();
        assert_eq!(listed, std::slice::from_ref(&winner));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i6_fifty_parallel_duplicates_send_one_invitation_known_person_or_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    for (round, address) in [b.email(), "nobody@nowhere.example".to_owned()].iter().enumerate() {
        let answers = at_once((0..CALLERS).map(|_| a.invites(address))).await;
        settled(answers, 1, &["DUPLICATE_INVITATION"]);
        assert_eq!(events(&harness, EventKind::PartnershipChanged, &[]).await, round + 1);
        assert_eq!(a.list().await.len(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_fifty_parallel_invitations_with_a_quota_of_ten_send_ten() {
    for (limits, reason) in [
        (Limits { invitations_per_day: 10, ..Limits::default() }, "INVITATIONS_PER_DAY"),
        (Limits { open_invitations: 10, ..Limits::default() }, "OPEN_INVITATIONS"),
    ] {
        let harness = Harness::with(Options { limits, ..Options::default() }).await;
        let a = harness.organization("ann").await;
        let to = |number: usize| a.invitation(&format!("nobody{number}@nowhere.example"));
        let answers = at_once((0..CALLERS).map(|number| a.invite(to(number)))).await;
        let mut positions: Vec<i64> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().ok())
            .map(|sent| sent.position)
            .collect();
        positions.sort_unstable();
        positions.dedup();
        assert_eq!(positions.len(), 10, "each has a position of its own");
        settled(answers, 10, &[reason]);
        assert_eq!(events(&harness, EventKind::PartnershipChanged, &[]).await, 10);
        assert_eq!(a.list().await.len(), 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn x_fifty_parallel_deletes_from_both_sides_end_a_partnership_once() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let sides = [&a, &b];
    let answers = at_once((0..CALLERS).map(|number| sides[number % 2].deletes(&id))).await;
    // ended by the recipient first, the sender still sees it and may hide it
    let ended = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!([1, 2].contains(&ended), "{ended}");
    settled(answers, ended, &["RESOURCE_NOT_FOUND"]);
    let missing = pb::DeletePartnershipRequest { allow_missing: true, ..a.deletion(&id) };
    a.delete(missing).await.unwrap();
    assert_eq!(events(&harness, EventKind::PartnerEnded, &[&id]).await, 1);
    assert_eq!((a.shown(&id).await, b.shown(&id).await), (None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_an_invitation_and_the_persons_registration_at_once_never_leave_it_waiting() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let (harness, a, b) = (&harness, &a, &b);
    let round = async |number: usize| {
        let address = format!("newcomer{number}@bo.example");
        let (sent, registered) = tokio::join!(
            a.invites(&address),
            harness.register(&b.id, &address, MemberProfile::Observer)
        );
        registered.unwrap();
        sent.unwrap().id
    };
    for id in at_once((0..ROUNDS).map(round)).await {
        assert_eq!(b.shown(&id).await, Some(State::Pending));
    }
    events(harness, EventKind::PartnershipChanged, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_i9_accepting_and_the_arrival_of_another_invited_person_at_once_leave_nothing_pending() {
    let harness = Harness::start().await;
    let mut pairs = Vec::new();
    for number in 0..ROUNDS {
        let a = harness.organization(&format!("a{number}")).await;
        let b = harness.organization(&format!("b{number}")).await;
        let id = a.invites(&b.email()).await.unwrap().id;
        let waiting = a.invites(&format!("newcomer@b{number}.example")).await.unwrap().id;
        pairs.push((a, b, id, waiting));
    }
    let harness = &harness;
    let round = async |pair: &(Organization, Organization, String, String)| {
        let (_, b, id, _) = pair;
        let address = b.address("newcomer");
        let (accepted, registered) =
            tokio::join!(b.accepts(id), harness.register(&b.id, &address, MemberProfile::Observer));
        registered.unwrap();
        accepted.unwrap();
    };
    at_once(pairs.iter().map(round)).await;
    for (a, b, id, waiting) in &pairs {
        for side in [a, b] {
            assert_eq!(side.shown(id).await, Some(State::Active));
            assert_eq!(side.shown(waiting).await, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn request_id_fifty_parallel_repetitions_are_one_invitation_and_one_answer() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let request =
        pb::InvitePartnerRequest { request_id: "the-one".to_owned(), ..a.invitation(&b.email()) };
    let answers = at_once((0..CALLERS).map(|_| a.invite(request.clone()))).await;
    let first = answers.iter().find_map(|answer| answer.as_ref().ok()).expect("one was sent");
    for answer in &answers {
        match answer {
            Ok(answer) => assert_eq!(answer, first),
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
    assert_eq!(events(&harness, EventKind::PartnershipChanged, &[]).await, 1);
    assert_eq!(why(a.invites(&b.email()).await), "DUPLICATE_INVITATION");
}
