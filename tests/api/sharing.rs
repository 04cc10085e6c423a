//! ShareItem, UnshareItem and ListSharedItems (S1, S3, S4): what may be shared with whom, and what each side lists.

use crate::calls::{HOUR, refusal, why};
use crate::offers::Offer;
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb;
use pb::{
    AuditAction, ItemType, MemberProfile, PartnershipType, ShareDirection as Direction,
    SharedItemState as State,
};
use tonic::Code;
use uuid::Uuid;

#[tokio::test]
async fn s1_s3_a_shared_item_is_one_row_and_one_event_seen_from_both_sides() {
    let harness = Harness::start().await;
    let (a, b, partnership) = harness.partners("ann", "bo").await;
    let head = harness.head().await;
    let request = pb::ShareItemRequest {
        title: "The plan".to_owned(),
        ..a.sharing(&b, ItemType::Proof, "plan 1")
    };
    let answer = a.share(request).await.unwrap();
    assert_eq!(answer.position, head + 1);
    let log = harness.log().await;
    let event = log.last().unwrap();
    assert_eq!((event.kind, event.position), (EventKind::ItemShared, head + 1));
    let own = answer.shared_item.unwrap();
    let expected = pb::SharedItem {
        id: own.id.clone(),
        account_id: a.id.clone(),
        direction: Direction::SharedByUs.into(),
        owner_account_id: a.id.clone(),
        partner_account_id: b.id.clone(),
        partnership_id: partnership,
        item_type: ItemType::Proof.into(),
        external_id: "plan 1".to_owned(),
        title: "The plan".to_owned(),
        state: State::Live.into(),
        shared_position: head + 1,
        sharer_member_id: a.boss.id.clone(),
        create_time: own.create_time,
        update_time: own.create_time,
        etag: own.etag.clone(),
        ..Default::default()
    };
    assert_eq!(own, expected);
    assert!(!own.etag.is_empty() && own.create_time.is_some());
    assert_eq!(a.shared(Direction::SharedByUs).await, std::slice::from_ref(&own));
    assert!(a.shared(Direction::SharedWithUs).await.is_empty());
    let theirs = pb::SharedItem {
        account_id: b.id.clone(),
        direction: Direction::SharedWithUs.into(),
        sharer_member_id: String::new(),
        etag: String::new(),
        ..own
    };
    assert_eq!(b.shared(Direction::SharedWithUs).await, [theirs]);
    assert!(b.shared(Direction::SharedByUs).await.is_empty());
}

#[tokio::test]
async fn s3_the_same_item_shared_twice_is_one_share_that_takes_the_new_title() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let first = a.shares_file(&b, "plan").await;
    let head = harness.head().await;
    let again = a.share(a.sharing(&b, ItemType::File, "plan")).await.unwrap();
    assert_eq!((again.position, again.shared_item.as_ref()), (head, Some(&first)));
    harness.clock.advance(HOUR);
    let title = "The plan".to_owned();
    let request = pb::ShareItemRequest { title, ..a.sharing(&b, ItemType::File, "plan") };
    let retitled = a.share(request).await.unwrap();
    assert_eq!(retitled.position, head + 1);
    let item = retitled.shared_item.unwrap();
    assert_eq!(
        (&*item.title, &item.id, item.shared_position),
        ("The plan", &first.id, first.shared_position)
    );
    assert!(item.etag != first.etag && item.update_time != first.update_time);
    // another type, another id and another partner are other items
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    a.shares(&b, ItemType::Proof, "plan").await;
    a.shares_file(&b, "Plan").await;
    a.shares_file(&c, "plan").await;
    assert_eq!(a.shared(Direction::SharedByUs).await.len(), 4);
    assert_eq!(b.shared(Direction::SharedWithUs).await.len(), 3);
}

#[tokio::test]
async fn s1_sharing_needs_an_active_partnership_of_a_type_that_shares() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let head = harness.head().await;
    let refused = refusal(a.share(a.sharing(&b, ItemType::Folder, "f")).await);
    let expected = (Code::FailedPrecondition, "PARTNERSHIP_REQUIRED");
    assert_eq!((refused.code, &*refused.reason), expected);
    assert_eq!(refused.metadata["account_id"], b.id);
    // nobody's account answers alike
    let partner_account_id = Uuid::now_v7().to_string();
    let nobody =
        pb::ShareItemRequest { partner_account_id, ..a.sharing(&b, ItemType::Folder, "f") };
    assert_eq!(why(a.share(nobody).await), "PARTNERSHIP_REQUIRED");
    assert_eq!(harness.head().await, head);
    // neither an invitation nor another type will do
    let id = a.invites(&b.email()).await.unwrap().id;
    assert_eq!(why(a.share(a.sharing(&b, ItemType::Folder, "f")).await), "PARTNERSHIP_REQUIRED");
    a.provides(&b, Offer::of(PartnershipType::Reseller)).await;
    assert_eq!(why(a.share(a.sharing(&b, ItemType::Folder, "f")).await), "PARTNERSHIP_REQUIRED");
    b.accepts(&id).await.unwrap();
    // both ways, whoever invited
    a.shares(&b, ItemType::Folder, "f").await;
    b.shares(&a, ItemType::Folder, "f").await;
    a.deletes(&id).await.unwrap();
    assert_eq!(why(a.share(a.sharing(&b, ItemType::Folder, "g")).await), "PARTNERSHIP_REQUIRED");
}

#[tokio::test]
async fn s1_s2_any_member_shares_items_and_only_managers_contact_details_or_take_back() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let observer = harness.colleague(&a, "eye@ann.example", MemberProfile::Observer).await;
    for item_type in [ItemType::Folder, ItemType::File, ItemType::Proof] {
        let item = observer.shares(&b, item_type, "1").await;
        assert_eq!(item.sharer_member_id, observer.boss.id);
        assert_eq!(why(observer.unshares(&item.id).await), "MANAGE_PARTNERS_REQUIRED");
        let refused = observer.takes_out(&item.id, &b.boss).await;
        assert_eq!(why(refused), "MANAGE_PARTNERS_REQUIRED");
    }
    let details = observer.sharing(&b, ItemType::ContactDetails, "");
    assert_eq!(why(observer.share(details.clone()).await), "MANAGE_PARTNERS_REQUIRED");
    a.share(details).await.unwrap();
    assert_eq!(observer.shared(Direction::SharedByUs).await.len(), 4);
}

#[tokio::test]
async fn what_is_taken_back_is_gone_on_both_sides_and_cannot_be_taken_back_again() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let item = a.shares_file(&b, "plan").await;
    // the other side has it on its list, and it is not theirs
    assert_eq!(why(b.unshares(&item.id).await), "RESOURCE_NOT_FOUND");
    assert_eq!(why(b.takes_out(&item.id, &b.boss).await), "RESOURCE_NOT_FOUND");
    let stale = pb::UnshareItemRequest { etag: "v9".to_owned(), ..a.unsharing(&item.id) };
    let refused = refusal(a.by.clone().sharing.unshare_item(stale).await);
    assert_eq!(
        (&*refused.reason, &*refused.metadata["current_etag"]),
        ("ETAG_MISMATCH", &*item.etag)
    );
    let head = harness.head().await;
    assert_eq!(a.unshares(&item.id).await.unwrap(), head + 1);
    assert_eq!(harness.log().await.last().unwrap().kind, EventKind::ItemUnshared);
    for side in [&a, &b] {
        assert!(side.lists_shared(side.shared_request()).await.is_empty());
        assert_eq!(why(side.audience_by(&item.id, 0).await), "RESOURCE_NOT_FOUND");
    }
    assert_eq!(why(a.unshares(&item.id).await), "RESOURCE_NOT_FOUND");
    let again = a.shares_file(&b, "plan").await;
    assert_ne!(again.id, item.id);
}

#[tokio::test]
async fn s4_a_frozen_item_stays_listed_through_a_renewal_until_it_is_shared_anew_or_taken_back() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (folder, file) = (a.shares(&b, ItemType::Folder, "f").await, a.shares_file(&b, "p").await);
    harness.clock.advance(HOUR);
    let ended = a.deletes(&id).await.unwrap().into_inner().position;
    let frozen = |item: &pb::SharedItem| (item.id.clone(), item.state(), item.frozen_position);
    let expected = [&file, &folder].map(|item| (item.id.clone(), State::Frozen, ended));
    for side in [&a, &b] {
        let listed = side.lists_shared(side.shared_request()).await;
        assert_eq!(listed.iter().map(frozen).collect::<Vec<_>>(), expected);
        assert!(
            listed
                .iter()
                .all(|item| item.freeze_time.is_some() && item.freeze_time != item.create_time)
        );
    }
    let renewed = a.joins(&b).await;
    assert_eq!(
        b.shared(Direction::SharedWithUs).await.iter().map(frozen).collect::<Vec<_>>(),
        expected
    );
    let anew = a.shares(&b, ItemType::Folder, "f").await;
    assert_eq!((anew.state(), &anew.partnership_id), (State::Live, &renewed));
    assert!(anew.id != folder.id && anew.shared_position > ended);
    let listed = b.shared(Direction::SharedWithUs).await;
    let listed: Vec<_> = listed.iter().map(|item| (&*item.id, item.state())).collect();
    assert_eq!(listed, [(&*anew.id, State::Live), (&*file.id, State::Frozen)]);
    assert_eq!(why(a.unshares(&folder.id).await), "RESOURCE_NOT_FOUND");
    a.unshares(&file.id).await.unwrap();
    assert_eq!(b.shared(Direction::SharedWithUs).await.len(), 1);
}

#[tokio::test]
async fn m5_closing_either_account_freezes_what_is_shared() {
    for owner_closes in [true, false] {
        let harness = Harness::start().await;
        let (a, b, _) = harness.partners("ann", "bo").await;
        let item = a.shares_file(&b, "plan").await;
        harness.close(if owner_closes { &a } else { &b }).await;
        let left = if owner_closes { &b } else { &a };
        let listed = left.lists_shared(left.shared_request()).await;
        let listed: Vec<_> = listed.iter().map(|item| (&*item.id, item.state())).collect();
        assert_eq!(listed, [(&*item.id, State::Frozen)]);
        if !owner_closes {
            a.unshares(&item.id).await.unwrap();
        }
    }
}

#[tokio::test]
async fn lists_are_narrowed_by_item_partner_and_direction_and_go_on_from_page_to_page() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    for n in 0..3 {
        a.shares_file(&b, &n.to_string()).await;
        a.shares_file(&c, &n.to_string()).await;
        b.shares_file(&a, &n.to_string()).await;
    }
    a.shares_details(&b).await;
    let told = |items: Vec<pb::SharedItem>| {
        let name =
            |account: &str| [&a, &b, &c].iter().find(|one| one.id == account).unwrap().name.clone();
        let told = items.iter().map(|item| {
            let (owner, partner) = (name(&item.owner_account_id), name(&item.partner_account_id));
            format!("{owner}>{partner}:{}", item.external_id)
        });
        told.collect::<Vec<_>>()
    };
    let all = a.shared_request();
    let file = |id: &str| pb::ListSharedItemsRequest {
        item_type: ItemType::File.into(),
        external_id: id.to_owned(),
        ..a.shared_request()
    };
    let with = |partner: &Organization, request: pb::ListSharedItemsRequest| {
        pb::ListSharedItemsRequest { partner_account_id: partner.id.clone(), ..request }
    };
    let going = |direction: Direction, request: pb::ListSharedItemsRequest| {
        pb::ListSharedItemsRequest { direction: direction.into(), ..request }
    };
    let everything = [
        "ann>bo:", "bo>ann:2", "ann>cy:2", "ann>bo:2", "bo>ann:1", "ann>cy:1", "ann>bo:1",
        "bo>ann:0", "ann>cy:0", "ann>bo:0",
    ];
    for (request, expected) in [
        (all.clone(), everything.to_vec()),
        (with(&c, all.clone()), vec!["ann>cy:2", "ann>cy:1", "ann>cy:0"]),
        (going(Direction::SharedWithUs, all.clone()), vec!["bo>ann:2", "bo>ann:1", "bo>ann:0"]),
        (file("1"), vec!["bo>ann:1", "ann>cy:1", "ann>bo:1"]),
        (with(&b, file("1")), vec!["bo>ann:1", "ann>bo:1"]),
        (going(Direction::SharedByUs, with(&b, file("1"))), vec!["ann>bo:1"]),
        (file("3"), vec![]),
        (
            pb::ListSharedItemsRequest { item_type: ItemType::ContactDetails.into(), ..all },
            vec!["ann>bo:"],
        ),
    ] {
        for page_size in [0, 1, 3] {
            let request = pb::ListSharedItemsRequest { page_size, ..request.clone() };
            assert_eq!(told(a.lists_shared(request.clone()).await), expected, "{request:?}");
        }
    }
}

#[tokio::test]
async fn every_bad_field_of_an_item_is_named() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let long = "\u{1f4c1}".repeat(1_024);
    let kept = a.shares_file(&b, &long).await;
    assert_eq!(kept.external_id, long);
    let request = |item_type: i32, external_id: &str| pb::ShareItemRequest {
        item_type,
        ..a.sharing(&b, ItemType::File, external_id)
    };
    let file: i32 = ItemType::File.into();
    let too_long = "x".repeat(1_025);
    let own = pb::ShareItemRequest { partner_account_id: a.id.clone(), ..request(file, "x") };
    let title = "t".repeat(201);
    for (request, field) in [
        (request(0, "x"), "item_type"),
        (request(99, "x"), "item_type"),
        (request(file, ""), "external_id"),
        (request(file, "  "), "external_id"),
        (request(file, "a\nb"), "external_id"),
        (request(file, &too_long), "external_id"),
        (request(ItemType::ContactDetails.into(), "x"), "external_id"),
        (pb::ShareItemRequest { title, ..request(file, "x") }, "title"),
        (own, "partner_account_id"),
    ] {
        let refused = refusal(a.share(request).await);
        assert_eq!(
            (&*refused.reason, &refused.fields[..]),
            ("FIELD_INVALID", &[field.to_owned()][..])
        );
    }
    for (item_type, external_id) in [(0, "x"), (file, ""), (ItemType::ContactDetails.into(), "x")] {
        let external_id = external_id.to_owned();
        let request = pb::ListSharedItemsRequest { item_type, external_id, ..a.shared_request() };
        assert_eq!(why(a.by.clone().sharing.list_shared_items(request).await), "FIELD_INVALID");
    }
}

#[tokio::test]
async fn i16_a_dry_run_answers_as_the_real_call_and_changes_nothing() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let request = a.sharing(&b, ItemType::File, "plan");
    let dry = pb::ShareItemRequest { validate_only: true, ..request.clone() };
    let head = harness.head().await;
    let would = a.share(dry.clone()).await.unwrap();
    let item = would.shared_item.unwrap();
    assert_eq!((would.position, &*item.id, item.shared_position), (head, "", 0));
    let item = a.share(request).await.unwrap().shared_item.unwrap();
    let head = harness.head().await;
    assert_eq!(a.share(dry).await.unwrap().shared_item, Some(item.clone()));
    let dry = pb::UnshareItemRequest { validate_only: true, ..a.unsharing(&item.id) };
    let answer = a.by.clone().sharing.unshare_item(dry).await.unwrap().into_inner();
    assert_eq!(answer.position, head);
    let dry = pb::RemoveFromAudienceRequest { validate_only: true, ..a.removal(&item.id, &b.boss) };
    let answer = a.by.clone().sharing.remove_from_audience(dry).await.unwrap().into_inner();
    assert_eq!(answer.position, head);
    assert_eq!(harness.head().await, head);
    assert_eq!(a.audience(&item.id).await, ["boss"]);
}

#[tokio::test]
async fn request_ids_answer_the_first_answer_again() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let named = |request: pb::ShareItemRequest| pb::ShareItemRequest {
        request_id: "once".to_owned(),
        ..request
    };
    let first = a.share(named(a.sharing(&b, ItemType::File, "1"))).await.unwrap();
    a.unshares(&first.shared_item.as_ref().unwrap().id).await.unwrap();
    let again = a.share(named(a.sharing(&b, ItemType::File, "1"))).await.unwrap();
    assert_eq!(again, first);
    assert!(a.shared(Direction::SharedByUs).await.is_empty());
    let other = a.share(named(a.sharing(&b, ItemType::File, "2"))).await;
    assert_eq!(why(other), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn l1_what_is_done_with_a_shared_item_is_in_both_sides_audits() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let item = a.shares_file(&b, "plan").await;
    let title = "The plan".to_owned();
    a.share(pb::ShareItemRequest { title, ..a.sharing(&b, ItemType::File, "plan") }).await.unwrap();
    a.takes_out(&item.id, &b.boss).await.unwrap();
    a.unshares(&item.id).await.unwrap();
    for (side, actor) in [(&a, &*a.boss.id), (&b, "")] {
        let entries = side.audit_of(&id).await;
        let told = entries.iter().filter(|entry| !entry.shared_item_id.is_empty());
        let told: Vec<_> = told
            .map(|entry| {
                assert_eq!((&*entry.shared_item_id, &*entry.actor_member_id), (&*item.id, actor));
                entry.action()
            })
            .collect();
        let expected = [
            AuditAction::ItemUnshared,
            AuditAction::AudienceMemberRemoved,
            AuditAction::ItemRetitled,
            AuditAction::ItemShared,
        ];
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn d5_twenty_who_share_the_same_item_at_once_make_one_share() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let head = harness.head().await;
    let calls = (0..20).map(|_| a.share(a.sharing(&b, ItemType::Folder, "f")));
    let answers = futures::future::join_all(calls).await;
    let ids: std::collections::HashSet<_> =
        answers.into_iter().map(|answer| answer.unwrap().shared_item.unwrap().id).collect();
    assert_eq!((ids.len(), harness.head().await), (1, head + 1));
}
