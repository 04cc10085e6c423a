//! Who is told of what, by page (C2, C4, C6, C10).

use crate::support::Harness;
use crate::support::refusal::reason;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use partner_service::grpc::pb::MemberEventKind as Kind;

async fn told(who: &Organization) -> Vec<(Kind, String)> {
    let (events, _) = who.all_events_after("", 50).await.unwrap();
    events
        .into_iter()
        .map(|event| {
            let subject = event
                .member
                .clone()
                .map_or(event.partner_account_id.clone(), |member| member.email);
            (event.kind(), subject)
        })
        .collect()
}

async fn joins(harness: &Harness, who: &Organization, name: &str) -> pb::Member {
    let email = who.address(name);
    harness.register(&who.id, &email, pb::MemberProfile::Observer).await.unwrap()
}

#[tokio::test]
async fn c2_a_new_member_is_told_to_every_partner_in_order_and_to_nobody_else() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let stranger = harness.organization("cy").await;
    joins(&harness, &a, "one").await;
    joins(&harness, &b, "two").await;
    joins(&harness, &a, "three").await;

    let (one, two, three) =
        ("one@ann.example".into(), "two@bo.example".into(), "three@ann.example".into());
    assert_eq!(
        told(&b).await,
        [
            (Kind::PartnerActivated, a.id.clone()),
            (Kind::MemberAdded, one),
            (Kind::MemberAdded, three)
        ]
    );
    assert_eq!(told(&a).await, [(Kind::PartnerActivated, b.id.clone()), (Kind::MemberAdded, two)]);
    assert_eq!(told(&stranger).await, []);
}

#[tokio::test]
async fn c3_changes_and_departures_follow_in_their_kinds() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let member = joins(&harness, &a, "one").await;
    let mut operator = harness.operator().accounts;
    let (account_id, member_id) = (a.id.clone(), member.id.clone());
    let renamed =
        pb::Member { id: member.id.clone(), display_name: "One".into(), ..Default::default() };
    operator
        .update_member(pb::UpdateMemberRequest {
            account_id: account_id.clone(),
            member: Some(renamed),
            ..Default::default()
        })
        .await
        .unwrap();
    operator
        .deactivate_member(pb::DeactivateMemberRequest {
            account_id: account_id.clone(),
            member_id: member_id.clone(),
            ..Default::default()
        })
        .await
        .unwrap();
    operator
        .reactivate_member(pb::ReactivateMemberRequest {
            account_id: account_id.clone(),
            member_id: member_id.clone(),
            ..Default::default()
        })
        .await
        .unwrap();
    operator
        .remove_member(pb::RemoveMemberRequest { account_id, member_id, ..Default::default() })
        .await
        .unwrap();
    let kinds: Vec<Kind> = told(&b).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(
        kinds,
        [
            Kind::PartnerActivated,
            Kind::MemberAdded,
            Kind::MemberUpdated,
            Kind::MemberDeactivated,
            Kind::MemberReactivated,
            Kind::MemberRemoved
        ]
    );
}

#[tokio::test]
async fn c4_nothing_at_or_after_the_end_is_told_however_late_one_reads() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    joins(&harness, &a, "before").await;
    let ended = b.deletes(&id).await.unwrap().into_inner().position;
    joins(&harness, &a, "after").await;

    let (events, _) = b.all_events_after("", 50).await.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.kind(), last.position), (Kind::PartnerEnded, ended));
    assert_eq!(last.partnership_id, id);
    assert!(events.iter().all(|event| event.position <= ended));
}

#[tokio::test]
async fn c5_after_a_renewal_newcomers_are_told_again_but_not_those_of_the_gap() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    a.deletes(&id).await.unwrap();
    joins(&harness, &a, "gap").await;
    let again = b.invites(&a.email()).await.unwrap().id;
    a.accepts(&again).await.unwrap();
    joins(&harness, &a, "new").await;
    let kinds: Vec<Kind> = told(&b).await.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(
        kinds,
        [Kind::PartnerActivated, Kind::PartnerEnded, Kind::PartnerActivated, Kind::MemberAdded]
    );
    assert_eq!(told(&b).await[3].1, "new@ann.example");
}

#[tokio::test]
async fn c10_what_only_the_own_account_sees_is_told_to_nobody() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let member = joins(&harness, &a, "one").await;
    let before = told(&b).await;
    let promoted = pb::Member {
        id: member.id.clone(),
        profile: pb::MemberProfile::Administrator.into(),
        manage_partners: Some(false),
        ..Default::default()
    };
    let request = pb::UpdateMemberRequest {
        account_id: a.id.clone(),
        member: Some(promoted),
        ..Default::default()
    };
    harness.operator().accounts.update_member(request).await.unwrap();
    assert_eq!(told(&b).await, before);

    let details = pb::Member { id: member.id, phone: "+46 8".into(), ..Default::default() };
    let request = pb::UpdateMemberRequest {
        account_id: a.id.clone(),
        member: Some(details),
        ..Default::default()
    };
    harness.operator().accounts.update_member(request).await.unwrap();
    let (events, _) = b.all_events_after("", 50).await.unwrap();
    assert!(
        events
            .iter()
            .filter_map(|event| event.member.as_ref())
            .all(|member| member.phone.is_empty())
    );
}

#[tokio::test]
async fn m6_a_move_is_told_as_a_departure_there_and_an_arrival_here() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let target = harness.organization("cy").await;
    let id = target.invites(&b.email()).await.unwrap().id;
    b.accepts(&id).await.unwrap();
    let member = joins(&harness, &a, "mover").await;
    let request = pb::MoveMemberRequest {
        account_id: a.id.clone(),
        member_id: member.id.clone(),
        target_account_id: target.id.clone(),
        ..Default::default()
    };
    let moved = harness.operator().accounts.move_member(request).await.unwrap().into_inner();
    let (events, _) = b.all_events_after("", 50).await.unwrap();
    let [.., left, joined] = events.as_slice() else { panic!("two events at least") };
    assert_eq!((left.kind(), &left.partner_account_id), (Kind::MemberRemoved, &a.id));
    assert_eq!((joined.kind(), &joined.partner_account_id), (Kind::MemberAdded, &target.id));
    assert_eq!((joined.position, left.position), (moved.position, moved.position - 1));
    assert_eq!(joined.member.as_ref().unwrap().home_account_id, target.id);
}

#[tokio::test]
async fn another_accounts_events_are_not_found() {
    let harness = Harness::start().await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    let request = pb::ListMemberEventsRequest { account_id: b.id.clone(), ..Default::default() };
    let answer = a.by.clone().sync.list_member_events(request).await;
    assert_eq!(reason(answer), "RESOURCE_NOT_FOUND");
}
