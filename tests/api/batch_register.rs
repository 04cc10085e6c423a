//! BatchRegisterMembers: many members in one call, each registered or refused by itself.

use crate::calls::refusal;
use crate::support::Harness;
use crate::support::refusal::{Refusal, refused};
use crate::support::world::Organization;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb::{self, PartnershipState as State};
use pb::batch_register_members_result::Outcome;
use prost::Message;
use tonic::{Code, Status};

fn person(email: &str) -> pb::Member {
    pb::Member { email: email.to_owned(), display_name: email.to_owned(), ..Default::default() }
}

fn batch(account_id: &str, members: Vec<pb::Member>) -> pb::BatchRegisterMembersRequest {
    let account_id = account_id.to_owned();
    pb::BatchRegisterMembersRequest { account_id, members, ..Default::default() }
}

impl Harness {
    async fn registers(
        &self,
        request: pb::BatchRegisterMembersRequest,
    ) -> Result<Vec<pb::BatchRegisterMembersResult>, Status> {
        let answer = self.operator().accounts.batch_register_members(request).await?;
        Ok(answer.into_inner().results)
    }
}

fn member(result: &pb::BatchRegisterMembersResult) -> &pb::Member {
    match &result.outcome {
        Some(Outcome::Member(member)) => member,
        other => panic!("should have been registered: {other:?}"),
    }
}

/// The refusal of one member, read as a client reads that of a call.
fn refused_alone(result: &pb::BatchRegisterMembersResult) -> Refusal {
    assert_eq!(result.position, 0);
    match &result.outcome {
        Some(Outcome::Status(status)) => {
            let code = Code::from(status.code);
            let details = status.encode_to_vec().into();
            Refusal::of(&Status::with_details(code, status.message.clone(), details))
        }
        other => panic!("should have been refused: {other:?}"),
    }
}

#[tokio::test]
async fn each_member_is_registered_in_order_with_a_position_of_its_own() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let head = harness.head().await;
    let people: Vec<_> = (0..1_000).map(|n| person(&format!("p{n}@ann.example"))).collect();
    let results = harness.registers(batch(&ann.id, people)).await.unwrap();
    let log = harness.log().await;
    for (result, position) in results.iter().zip(head + 1..) {
        let index = usize::try_from(position - head - 1).unwrap();
        let member = member(result);
        assert_eq!(member.email, format!("p{index}@ann.example"));
        assert_eq!((result.position, member.position), (position, position));
        let event = &log[usize::try_from(position - 1).unwrap()];
        assert_eq!(event.position, position);
        assert_eq!(event.subject_id.to_string(), member.id);
        assert_eq!((event.kind, event.last_of_change), (EventKind::MemberAdded, true));
    }
    assert_eq!((results.len(), harness.head().await), (1_000, head + 1_000));
    assert_eq!(harness.member_now(member(&results[999])).await, *member(&results[999]));
}

#[tokio::test]
async fn m1_a_member_that_cannot_be_registered_fails_alone_as_it_would_have_by_itself() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let named = |id: &str, email| pb::Member { id: id.to_owned(), ..person(email) };
    let people = vec![
        person("first@ann.example"),
        person("nobody"),
        person(&bo.email()),
        person("FIRST@ann.example"),
        named(&id, "second@ann.example"),
        named(&id, "third@ann.example"),
        named(&bo.boss.id, "fourth@ann.example"),
        pb::Member {
            display_name: "a\nb".to_owned(),
            phone: "\0".to_owned(),
            ..person("x@y.example")
        },
        person("last@ann.example"),
    ];
    let head = harness.head().await;
    let results = harness.registers(batch(&ann.id, people.clone())).await.unwrap();
    let positions: Vec<i64> = results.iter().map(|result| result.position).collect();
    assert_eq!(positions, [head + 1, 0, 0, 0, head + 2, 0, 0, 0, head + 3]);
    assert_eq!(member(&results[4]).id, id);

    let bad = refused_alone(&results[1]);
    assert_eq!((bad.code, &*bad.reason), (Code::InvalidArgument, "FIELD_INVALID"));
    assert_eq!(bad.fields, ["members[1].email"]);
    assert_eq!(refused_alone(&results[7]).fields, ["members[7].display_name", "members[7].phone"]);
    for (index, owner) in [(2, &bo.boss), (3, member(&results[0])), (6, &bo.boss)] {
        let alone = refused_alone(&results[index]);
        let request = pb::RegisterMemberRequest {
            account_id: ann.id.clone(),
            member: Some(people[index].clone()),
            ..Default::default()
        };
        let unary = refused(harness.operator().accounts.register_member(request).await);
        assert_eq!((alone.code, &alone.reason), (Code::AlreadyExists, &unary.reason));
        assert_eq!((&alone.message, &alone.metadata), (&unary.message, &unary.metadata));
        assert_eq!(alone.metadata["member_id"], owner.id);
        assert!(!alone.request_id.is_empty());
    }
    assert_eq!(refused_alone(&results[5]).metadata["member_id"], id);
}

#[tokio::test]
async fn a_call_without_members_or_with_too_many_is_refused_as_a_whole() {
    let harness = Harness::start().await;
    let ann = harness.account("ann").await;
    let head = harness.head().await;
    for count in [0, 1_001] {
        let people = (0..count).map(|n| person(&format!("p{n}@ann.example"))).collect();
        let refusal = refusal(harness.registers(batch(&ann.id, people)).await);
        assert_eq!(refusal.reason, "FIELD_INVALID");
        assert_eq!(refusal.fields, ["members"]);
    }
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn an_account_that_takes_nobody_refuses_the_call_even_if_no_member_could_be_registered() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    harness.close(&ann).await;
    for people in [vec![person("new@ann.example")], vec![person("nobody")]] {
        let closed = refusal(harness.registers(batch(&ann.id, people.clone())).await);
        assert_eq!(closed.reason, "ACCOUNT_NOT_ACTIVE");
        let unknown = refusal(harness.registers(batch(&bo.boss.id, people)).await);
        assert_eq!(unknown.reason, "RESOURCE_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_repeated_request_id_answers_every_result_again_refusals_included() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let people = vec![person("new@ann.example"), person("nobody"), person(&bo.email())];
    let request = pb::BatchRegisterMembersRequest {
        request_id: "import-1".to_owned(),
        ..batch(&ann.id, people.clone())
    };
    let first = harness.registers(request.clone()).await.unwrap();
    // the address is free now, and the member has changed
    harness.removes(&bo.boss).await;
    harness.readdresses(member(&first[0]), "other@ann.example").await;
    let head = harness.head().await;
    let again = harness.registers(request.clone()).await.unwrap();
    assert_eq!(member(&again[0]), member(&first[0]));
    assert_eq!(again[0].position, first[0].position);
    for index in [1, 2] {
        let (one, two) = (refused_alone(&first[index]), refused_alone(&again[index]));
        assert_eq!(
            (one.reason, one.message, one.metadata),
            (two.reason, two.message, two.metadata)
        );
    }
    assert_eq!(harness.head().await, head);

    let other =
        pb::BatchRegisterMembersRequest { members: people[1..].to_vec(), ..request.clone() };
    assert_eq!(refusal(harness.registers(other).await).reason, "REQUEST_ID_REUSED");
    let fresh = pb::BatchRegisterMembersRequest { request_id: "import-2".to_owned(), ..request };
    let fresh = harness.registers(fresh).await.unwrap();
    assert_eq!(member(&fresh[2]).email, bo.email());
}

#[tokio::test]
async fn a_call_whose_members_are_all_refused_is_remembered_and_leaves_no_event() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let head = harness.head().await;
    let request = pb::BatchRegisterMembersRequest {
        request_id: "import-1".to_owned(),
        ..batch(&ann.id, vec![person(&bo.email())])
    };
    let first = harness.registers(request.clone()).await.unwrap();
    assert_eq!(refused_alone(&first[0]).reason, "MEMBER_EXISTS");
    assert_eq!(harness.head().await, head);
    harness.removes(&bo.boss).await;
    let again = harness.registers(request).await.unwrap();
    assert_eq!(refused_alone(&again[0]).metadata, refused_alone(&first[0]).metadata);
    assert_eq!(harness.head().await, head + 1, "nothing but the removal");
}

#[tokio::test]
async fn i16_a_dry_run_answers_as_the_call_would_and_changes_nothing() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let head = harness.head().await;
    let dry = pb::BatchRegisterMembersRequest {
        validate_only: true,
        ..batch(&ann.id, vec![person("new@ann.example"), person(&bo.email())])
    };
    let results = harness.registers(dry).await.unwrap();
    assert_eq!((results[0].position, &*member(&results[0]).id), (head, ""));
    assert_eq!(refused_alone(&results[1]).reason, "MEMBER_EXISTS");
    assert_eq!(harness.head().await, head);
}

#[tokio::test]
async fn i9_invitations_that_wait_for_several_of_the_members_bind_each_before_its_members_event() {
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let cy = harness.organization("cy").await;
    let mut waiting = Vec::new();
    for (sender, email) in
        [(&ann, "p1@bo.example"), (&cy, "p1@bo.example"), (&ann, "p3@bo.example")]
    {
        waiting.push((email, sender.invites(email).await.unwrap().id));
    }
    let own = bo.invites("p2@bo.example").await.unwrap().id;
    let people = (0..5).map(|n| person(&format!("p{n}@bo.example"))).collect();
    let head = harness.head().await;
    let results = harness.registers(batch(&bo.id, people)).await.unwrap();
    for (email, id) in &waiting {
        let seen = bo.sees(id).await.unwrap();
        assert_eq!((seen.state(), &*seen.invitee_email), (State::Pending, *email));
    }
    assert_eq!(bo.shown(&own).await, None, "an invitation to one's own account is canceled");
    // p0 | two bindings, p1 | the cancellation, p2 | a binding, p3 | p4
    let positions: Vec<i64> = results.iter().map(|result| result.position - head).collect();
    assert_eq!(positions, [1, 4, 6, 8, 9]);
    let log = harness.log().await;
    let last: Vec<bool> =
        log.iter().rev().take(9).rev().map(|event| event.last_of_change).collect();
    assert_eq!(last, [true, false, false, true, false, true, false, true, true]);
    assert_eq!(harness.head().await, head + 9);
}

#[tokio::test]
async fn c2_partners_are_told_of_every_one_of_them_in_order() {
    let harness = Harness::start().await;
    let (ann, bo, _) = harness.partners("ann", "bo").await;
    let (_, token) = ann.all_events_after("", 50).await.unwrap();
    let people = (0..60).map(|n| person(&format!("p{n}@bo.example"))).collect();
    let results = harness.registers(batch(&bo.id, people)).await.unwrap();
    let (events, _) = ann.all_events_after(&token, 7).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.position, member_of(event))).collect();
    let done: Vec<_> =
        results.iter().map(|result| (result.position, member(result).id.clone())).collect();
    assert_eq!(told, done);
}

fn member_of(event: &pb::MemberEvent) -> String {
    event.member.as_ref().expect("a member in the event").id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn m1_crossing_batches_invitations_and_new_addresses_leave_one_owner_of_each_address() {
    const PEOPLE: usize = 20;
    let harness = Harness::start().await;
    let (ann, bo) = harness.strangers().await;
    let cy = harness.organization("cy").await;
    let email = |n: usize| format!("p{n}@x.example");
    let mut movers = Vec::new();
    for n in 0..3 {
        movers.push(
            harness.colleague(&cy, &format!("m{n}@cy.example"), pb::MemberProfile::Observer).await,
        );
    }
    let (forth, back) = ((0..PEOPLE).map(|n| person(&email(n))), (0..PEOPLE).rev());
    let forth = harness.registers(batch(&bo.id, forth.collect()));
    let back = harness.registers(batch(&cy.id, back.map(|n| person(&email(n))).collect()));
    let invited = futures::future::join_all((0..PEOPLE).map(|n| {
        let (ann, email) = (ann.clone(), email(n));
        async move { ann.invites(&email).await.unwrap().id }
    }));
    let moved = futures::future::join_all(movers.iter().enumerate().map(|(n, mover)| {
        let member = pb::Member { email: email(n), ..mover.boss.clone() };
        harness.update_member(member, Some(&["email"]))
    }));
    let (forth, back, invited, moved) = tokio::join!(forth, back, invited, moved);
    let owners =
        |results: &[pb::BatchRegisterMembersResult], n: usize| usize::from(results[n].position > 0);
    let (forth, back) = (forth.unwrap(), back.unwrap());
    for n in 0..PEOPLE {
        let moved = moved.get(n).is_some_and(Result::is_ok);
        let owners = owners(&forth, n) + owners(&back, PEOPLE - 1 - n) + usize::from(moved);
        assert_eq!(owners, 1, "{}", email(n));
    }
    for id in &invited {
        let sides: [&Organization; 2] = [&bo, &cy];
        let mut seen = 0;
        for side in sides {
            seen += usize::from(side.shown(id).await == Some(State::Pending));
        }
        assert_eq!(seen, 1, "an invitation reaches the account of whoever has the address");
    }
}
