//! CheckItemAccess (S5): who may see an item, who may ask, and how fresh the answer is.

use crate::calls::{refusal, why};
use crate::support::database::{TestEngine, engine};
use crate::support::{Harness, Options};
use partner_service::grpc::pb;
use pb::{ItemDenialReason as Denied, ItemType};
use std::sync::Arc;
use tonic::Code;

const TYPES: [ItemType; 3] = [ItemType::Folder, ItemType::File, ItemType::Proof];

#[tokio::test]
async fn s5_the_audience_and_the_owners_own_people_may_see_an_item_and_nobody_else() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let colleague = a.hires(&harness, "colleague").await;
    let early = b.hires(&harness, "early").await;
    let stranger = harness.organization("cy").await;
    for item_type in TYPES {
        // what nobody shares is the owner's own
        let asked = async |member: &pb::Member| harness.denies(&a, item_type, "1", member).await;
        assert_eq!(asked(&a.boss).await, None);
        assert_eq!(asked(&early).await, Some(Denied::NotShared));
        let item = a.shares(&b, item_type, "1").await;
        let late = b.hires(&harness, &format!("late{}", item_type as i32)).await;
        for (member, expected) in [
            (&a.boss, None),
            (&colleague, None),
            (&b.boss, None),
            (&early, None),
            (&late, Some(Denied::NotInAudience).filter(|_| item_type != ItemType::Folder)),
            (&stranger.boss, Some(Denied::NotShared)),
        ] {
            assert_eq!(asked(member).await, expected, "{item_type:?} {}", member.email);
        }
        if item_type != ItemType::Folder {
            a.takes_out(&item.id, &early).await.unwrap();
            assert_eq!(asked(&early).await, Some(Denied::NotInAudience));
        }
        a.unshares(&item.id).await.unwrap();
        assert_eq!(asked(&b.boss).await, Some(Denied::NotShared));
        assert_eq!(asked(&a.boss).await, None);
    }
    assert_eq!(harness.denies(&b, ItemType::File, "1", &a.boss).await, Some(Denied::NotShared));
    let nobody = pb::Member { id: uuid::Uuid::now_v7().to_string(), ..Default::default() };
    assert_eq!(harness.denies(&a, ItemType::File, "1", &nobody).await, Some(Denied::NotShared));
}

#[tokio::test]
async fn s5_deactivated_removed_and_moved_people_see_nothing_of_it() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    for item_type in TYPES {
        let name = |name: &str| format!("{name}{}", item_type as i32);
        let (kim, lee) =
            (b.hires(&harness, &name("kim")).await, b.hires(&harness, &name("lee")).await);
        let own = a.hires(&harness, &name("own")).await;
        a.shares(&b, item_type, "1").await;
        let asked = async |member: &pb::Member| harness.denies(&a, item_type, "1", member).await;
        for member in [&kim, &own] {
            assert_eq!(asked(member).await, None);
            harness.deactivate(member).await.unwrap();
            assert_eq!(asked(member).await, Some(Denied::MemberNotActive));
            harness.reactivate(member).await.unwrap();
            assert_eq!(asked(member).await, None);
            harness.removes(member).await;
            assert_eq!(asked(member).await, Some(Denied::MemberNotActive));
        }
        assert_eq!(asked(&lee).await, None);
        harness.moves_by_id(&b.id, &lee.id, &c.id).await;
        assert_eq!(asked(&lee).await, Some(Denied::NotShared));
        // where it is now, it has what is shared there
        a.shares(&c, item_type, "1").await;
        assert_eq!(asked(&lee).await, None);
        harness.moves_by_id(&c.id, &lee.id, &b.id).await;
        let back = Some(Denied::NotInAudience).filter(|_| item_type != ItemType::Folder);
        assert_eq!(asked(&lee).await, back, "{item_type:?}");
    }
}

#[tokio::test]
async fn s4_what_is_frozen_goes_on_for_those_whom_it_reached_and_for_nobody_else() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (folder, _) = (a.shares(&b, ItemType::Folder, "f").await, a.shares_file(&b, "p").await);
    let late = b.hires(&harness, "late").await;
    // an answer kept in memory must not outlive the end
    assert_eq!(harness.denies(&a, ItemType::Folder, "f", &late).await, None);
    b.deletes(&id).await.unwrap();
    let later = b.hires(&harness, "later").await;
    let outsider = Some(Denied::NotInAudience);
    let asked = async |item_type, id: &str, member: &pb::Member| {
        harness.denies(&a, item_type, id, member).await
    };
    for renewed in [false, true] {
        if renewed {
            a.joins(&b).await;
        }
        for (member, in_folder, in_file) in
            [(&b.boss, None, None), (&late, None, outsider), (&later, outsider, outsider)]
        {
            assert_eq!(asked(ItemType::Folder, "f", member).await, in_folder, "{}", member.email);
            assert_eq!(asked(ItemType::File, "p", member).await, in_file, "{}", member.email);
        }
    }
    a.takes_out(&folder.id, &late).await.unwrap();
    assert_eq!(asked(ItemType::Folder, "f", &late).await, outsider);
    a.shares(&b, ItemType::Folder, "f").await;
    for member in [&late, &later] {
        assert_eq!(asked(ItemType::Folder, "f", member).await, None);
    }
}

#[tokio::test]
async fn m4_m5_nobody_sees_anything_while_one_of_the_accounts_is_not_active() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    a.shares(&b, ItemType::Folder, "f").await;
    let asked = async |member: &pb::Member| harness.denies(&a, ItemType::Folder, "f", member).await;
    for account in [&a, &b] {
        assert_eq!(asked(&b.boss).await, None);
        harness.suspend(account).await;
        assert_eq!(asked(&b.boss).await, Some(Denied::AccountNotActive));
        harness.resume(account).await;
    }
    harness.suspend(&a).await;
    assert_eq!(asked(&a.boss).await, Some(Denied::AccountNotActive));
    harness.resume(&a).await;
    harness.close(&b).await;
    assert_eq!(asked(&b.boss).await, Some(Denied::AccountNotActive));
    assert_eq!(asked(&a.boss).await, None);
}

#[tokio::test]
async fn s5_operators_and_members_of_either_account_may_ask_and_nobody_else() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let colleague = harness.colleague(&b, "eye@bo.example", pb::MemberProfile::Observer).await;
    a.shares_file(&b, "p").await;
    let question = a.question(ItemType::File, "p", &b.boss);
    for asker in [&a, &b, &colleague] {
        assert!(asker.asks_about(question.clone()).await.unwrap().allowed);
    }
    let stranger = harness.organization("cy").await;
    let told = async |owner: &str| {
        let owner_account_id = owner.to_owned();
        let asked = pb::CheckItemAccessRequest { owner_account_id, ..question.clone() };
        let mut refused = refusal(stranger.asks_about(asked).await);
        assert_eq!((refused.code, &*refused.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        refused.metadata.remove("resource_id");
        refused.request_id.clear();
        format!("{refused:?}")
    };
    assert_eq!(told(&a.id).await, told(&uuid::Uuid::now_v7().to_string()).await);
    // before its fields are looked at
    let bad = pb::CheckItemAccessRequest { item_type: 0, ..question.clone() };
    assert_eq!(why(stranger.asks_about(bad).await), "RESOURCE_NOT_FOUND");
    // about its own people it may ask, whoever's item it is
    let own = a.question(ItemType::File, "p", &stranger.boss);
    assert!(!stranger.asks_about(own).await.unwrap().allowed);
}

#[tokio::test]
async fn s5_every_bad_field_is_named_at_once() {
    let harness = Harness::start().await;
    let bad = pb::CheckItemAccessRequest {
        owner_account_id: "x".to_owned(),
        item_type: 0,
        external_id: "\u{7}".to_owned(),
        member_id: String::new(),
        min_position: -1,
    };
    let mut refused = refusal(harness.operator().sharing.check_item_access(bad).await);
    refused.fields.sort();
    let fields = ["external_id", "item_type", "member_id", "min_position", "owner_account_id"];
    assert_eq!(refused.fields, fields);
}

#[tokio::test]
async fn a_position_beyond_the_log_is_refused_and_an_answer_names_one_that_is_fresh_enough() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let question = a.question(ItemType::File, "p", &b.boss);
    assert!(!a.asks_about(question.clone()).await.unwrap().allowed);
    let shared = a.share(a.sharing(&b, ItemType::File, "p")).await.unwrap().position;
    let fresh = pb::CheckItemAccessRequest { min_position: shared, ..question.clone() };
    let answer = a.asks_about(fresh).await.unwrap();
    assert!(answer.allowed && answer.checked_position >= shared && answer.check_time.is_some());
    let beyond = pb::CheckItemAccessRequest { min_position: shared + 1_000, ..question };
    assert_eq!(why(a.asks_about(beyond).await), "POSITION_UNKNOWN");
}

#[tokio::test]
async fn an_answer_follows_another_replicas_write_when_asked_for_its_position() {
    if engine() == TestEngine::Sqlite {
        // one process serves a file
        return;
    }
    let one = Harness::start().await;
    let database = Some(Arc::clone(&one.database));
    let clock = Some(one.clock.clone());
    let other = Harness::with(Options { database, clock, ..Options::default() }).await;
    let (a, b, id) = one.partners("ann", "bo").await;
    let folder = a.shares(&b, ItemType::Folder, "f").await;
    let ask = async |harness: &Harness, min_position: i64| {
        let question = a.question(ItemType::Folder, "f", &b.boss);
        let request = pb::CheckItemAccessRequest { min_position, ..question };
        harness.operator().sharing.check_item_access(request).await.unwrap().into_inner()
    };
    assert!(ask(&other, folder.shared_position).await.allowed);
    let position = a.unshares(&folder.id).await.unwrap();
    assert!(!ask(&other, position).await.allowed);
    assert!(!ask(&one, 0).await.allowed, "the replica that wrote knows at once");
    a.deletes(&id).await.unwrap();
}
