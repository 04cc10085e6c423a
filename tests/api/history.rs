//! The history tables: stays and versions are intervals of log positions, without gaps, that the log explains.

use crate::support::Harness;
use partner_service::domain::event::EventKind;
use partner_service::entity::{log, member_version, membership};
use partner_service::grpc::pb;
use pb::MemberProfile as Profile;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

struct Stay {
    row: membership::Model,
    versions: Vec<member_version::Model>,
}

/// Every stay of a person, checked: versions follow one another without a gap from joining on, each begins at an event
/// about that person, and of the person's events only those that partners cannot see begin none.
async fn stays(harness: &Harness, member_id: &str) -> Vec<Stay> {
    let db = harness.backend.reads();
    let id = Uuid::parse_str(member_id).unwrap();
    let events = log::Entity::find()
        .filter(log::Column::SubjectId.eq(id))
        .order_by_asc(log::Column::Position)
        .all(db)
        .await
        .unwrap();
    let rows = membership::Entity::find()
        .filter(membership::Column::MemberId.eq(id))
        .order_by_asc(membership::Column::JoinedPosition)
        .all(db)
        .await
        .unwrap();
    let mut stays = Vec::new();
    let mut begun = Vec::new();
    for row in rows {
        let versions = member_version::Entity::find()
            .filter(member_version::Column::MembershipId.eq(row.id))
            .order_by_asc(member_version::Column::FromPosition)
            .all(db)
            .await
            .unwrap();
        assert_eq!(versions[0].from_position, row.joined_position);
        for pair in versions.windows(2) {
            assert_eq!(pair[0].to_position, Some(pair[1].from_position));
            assert_ne!(what_partners_see(&pair[0]), what_partners_see(&pair[1]));
        }
        let last = versions.last().unwrap();
        assert_eq!(last.to_position, None);
        if let Some(left) = row.left_position {
            assert_eq!((last.from_position, last.state), (left, partner_state("REMOVED")));
        }
        begun.extend(versions.iter().map(|version| (version.from_position, row.account_id)));
        stays.push(Stay { row, versions });
    }
    for (position, account) in &begun {
        let event = events
            .iter()
            .find(|event| event.position == *position)
            .expect("an event begins each version");
        assert_eq!(event.account_id, *account);
    }
    for event in &events {
        let seen = begun.contains(&(event.position, event.account_id));
        let private = event.kind == EventKind::MemberPrivatelyUpdated;
        assert_ne!(seen, private, "{event:?} begins a version exactly when partners see it");
    }
    assert!(
        stays.iter().rev().skip(1).all(|stay| stay.row.left_position.is_some()),
        "one stay at a time"
    );
    stays
}

fn what_partners_see(version: &member_version::Model) -> member_version::Model {
    member_version::Model { from_position: 0, to_position: None, ..version.clone() }
}

fn partner_state(name: &str) -> partner_service::domain::account::MemberState {
    serde_json::from_value(name.into()).unwrap()
}

#[tokio::test]
async fn a_registration_begins_a_stay_and_its_first_version() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let stays = stays(&harness, &ann.boss.id).await;
    assert_eq!(stays.len(), 1);
    assert_eq!(
        (stays[0].row.joined_position, stays[0].row.left_position),
        (ann.boss.position, None)
    );
    assert_eq!((stays[0].versions.len(), &*stays[0].versions[0].email), (1, "boss@ann.example"));
}

#[tokio::test]
async fn what_partners_see_gets_a_new_version_and_what_they_do_not_see_gets_none() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let seen = [
        pb::Member { email: "new@ann.example".to_owned(), ..Default::default() },
        pb::Member { display_name: "Boss".to_owned(), ..Default::default() },
        pb::Member { phone: "1".to_owned(), ..Default::default() },
        pb::Member { title: "Dr".to_owned(), ..Default::default() },
        pb::Member { locale: "sv".to_owned(), ..Default::default() },
    ];
    let unseen = [
        pb::Member { profile: Profile::Supervisor.into(), ..Default::default() },
        pb::Member { manage_partners: Some(true), ..Default::default() },
        // the same again is no change at all
        pb::Member { title: "Dr".to_owned(), ..Default::default() },
    ];
    for (updates, versions) in [(&seen[..], 6), (&unseen[..], 6)] {
        for update in updates {
            let member = pb::Member {
                id: ann.boss.id.clone(),
                account_id: ann.id.clone(),
                ..update.clone()
            };
            harness.update_member(member, None).await.unwrap();
        }
        let stays = stays(&harness, &ann.boss.id).await;
        assert_eq!((stays.len(), stays[0].versions.len()), (1, versions));
    }
    let last = stays(&harness, &ann.boss.id).await.pop().unwrap().versions.pop().unwrap();
    assert_eq!(
        (&*last.email, &*last.display_name, &*last.title),
        ("new@ann.example", "Boss", "Dr")
    );
}

#[tokio::test]
async fn states_are_versions_and_removal_ends_the_stay() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    harness.deactivate(&ann.boss).await.unwrap();
    harness.deactivate(&ann.boss).await.unwrap();
    harness.reactivate(&ann.boss).await.unwrap();
    assert_eq!(stays(&harness, &ann.boss.id).await[0].row.left_position, None);
    let removed = harness.remove(&ann.boss).await.unwrap().into_inner().position;
    let stays = stays(&harness, &ann.boss.id).await;
    assert_eq!(stays[0].row.left_position, Some(removed));
    let states: Vec<_> = stays[0].versions.iter().map(|version| version.state).collect();
    assert_eq!(states, ["ACTIVE", "DEACTIVATED", "ACTIVE", "REMOVED"].map(partner_state));
}

#[tokio::test]
async fn m6_a_move_ends_one_stay_right_before_the_next_begins_also_there_and_back() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let there = harness.move_member(&ann.boss, &bo.id).await.unwrap().into_inner();
    let back = harness.move_member(&there.member.unwrap(), &ann.id).await.unwrap().into_inner();
    let stays = stays(&harness, &ann.boss.id).await;
    let accounts: Vec<_> = stays.iter().map(|stay| stay.row.account_id.to_string()).collect();
    assert_eq!(accounts, [&*ann.id, &*bo.id, &*ann.id]);
    for (pair, position) in stays.windows(2).zip([there.position, back.position]) {
        assert_eq!(pair[1].row.joined_position, position);
        assert_eq!(pair[0].row.left_position, Some(position - 1));
    }
    assert_eq!(stays[2].row.left_position, None);
}

#[tokio::test]
async fn history_follows_the_log_also_when_waiting_invitations_push_its_positions_on() {
    let harness = Harness::start().await;
    let (ann, bo) = (harness.organization("ann").await, harness.organization("bo").await);
    let cy = harness.organization("cy").await;
    ann.invites("dee@bo.example").await.unwrap();
    cy.invites("dee@bo.example").await.unwrap();
    let head = harness.head().await;
    let dee = harness.register(&bo.id, "dee@bo.example", Profile::Observer).await.unwrap();
    assert_eq!(dee.position, head + 3);
    ann.invites("ed@bo.example").await.unwrap();
    let renamed = pb::Member { email: "ed@bo.example".to_owned(), ..dee.clone() };
    let renamed = harness.update_member(renamed, Some(&["email"])).await.unwrap().into_inner();
    assert_eq!(renamed.position, head + 6);
    let stays = stays(&harness, &dee.id).await;
    let from: Vec<_> = stays[0].versions.iter().map(|version| version.from_position).collect();
    assert_eq!(from, [head + 3, head + 6]);
}
