//! CheckPartnerAccess (A1): who may ask, in what order reasons answer, and how fresh the answer is.

use crate::calls::{refusal, why};
use crate::offers::{Offer, question};
use crate::support::database::{TestEngine, engine};
use crate::support::{Harness, Options};
use partner_service::grpc::pb;
use pb::{AccessDenialReason as Denied, PartnershipType as Kind, Permission};
use std::sync::Arc;
use tonic::Code;

#[tokio::test]
async fn a1_operators_and_members_of_either_account_may_ask_and_nobody_else() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.provides(&b, Offer::of(Kind::Reseller)).await;
    let observer = harness.colleague(&b, "observer@bo.example", pb::MemberProfile::Observer).await;
    for asker in [&a, &b, &observer] {
        let answer = asker
            .by
            .clone()
            .partners
            .check_partner_access(question(&b, &a, Permission::Sell))
            .await;
        assert!(answer.unwrap().into_inner().allowed);
    }
    let stranger = harness.organization("cy").await;
    let told = async |customer: &str| {
        let asked = pb::CheckPartnerAccessRequest {
            customer_account_id: customer.to_owned(),
            ..question(&b, &a, Permission::Sell)
        };
        let mut refused = refusal(stranger.by.clone().partners.check_partner_access(asked).await);
        assert_eq!((refused.code, &*refused.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        refused.metadata.remove("resource_id");
        refused.request_id.clear();
        format!("{refused:?}")
    };
    assert_eq!(told(&b.id).await, told(&uuid::Uuid::now_v7().to_string()).await);
}

#[tokio::test]
async fn a1_every_bad_field_is_named_at_once() {
    let harness = Harness::start().await;
    let bad = pb::CheckPartnerAccessRequest {
        customer_account_id: "x".to_owned(),
        partner_account_id: String::new(),
        permission: 99,
        purchases_of_account_id: "y".to_owned(),
        min_position: -1,
    };
    let mut refused = refusal(harness.asks(bad).await);
    refused.fields.sort();
    refused.fields.dedup();
    let fields = [
        "customer_account_id",
        "min_position",
        "partner_account_id",
        "permission",
        "purchases_of_account_id",
    ];
    assert_eq!(refused.fields, fields);
    let (a, b) = harness.strangers().await;
    let purchases = pb::CheckPartnerAccessRequest {
        purchases_of_account_id: a.id.clone(),
        ..question(&b, &a, Permission::Sell)
    };
    assert_eq!(refusal(harness.asks(purchases).await).fields, ["purchases_of_account_id"]);
}

#[tokio::test]
async fn a1_a_suspended_account_answers_before_everything_else() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.provides(&b, Offer::of(Kind::Reseller)).await;
    for account in [&a, &b] {
        harness.suspend(account).await;
        for permission in [Permission::Sell, Permission::Share] {
            let denied = harness.denial(&b, &a, permission).await;
            assert_eq!(denied, Some(Denied::AccountNotActive));
        }
        harness.resume(account).await;
        assert_eq!(harness.denial(&b, &a, Permission::Sell).await, None);
    }
    harness.close(&a).await;
    assert_eq!(harness.denial(&b, &a, Permission::Sell).await, Some(Denied::AccountNotActive));
}

#[tokio::test]
async fn a1_an_account_that_nobody_has_is_no_partner() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let unknown = pb::CheckPartnerAccessRequest {
        partner_account_id: uuid::Uuid::now_v7().to_string(),
        ..question(&b, &a, Permission::Sell)
    };
    assert_eq!(harness.asks(unknown).await.unwrap().reason(), Denied::NoPartnership);
}

#[tokio::test]
async fn a1_the_answer_is_never_from_before_min_position_nor_from_a_position_that_there_is_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(Kind::Advisor)).await;
    let fresh = async |min_position: i64| {
        let asked = question(&b, &a, Permission::ResetPasswords);
        harness.asks(pb::CheckPartnerAccessRequest { min_position, ..asked }).await
    };
    let before = fresh(0).await.unwrap();
    assert!(before.allowed && before.check_time.is_some());
    let (_, position) = b.takes_roles_of(&id).await.unwrap();
    let after = fresh(position).await.unwrap();
    assert_eq!(after.reason(), Denied::RolesRemoved);
    assert!(after.checked_position >= position && before.checked_position < position);
    assert_eq!(why(fresh(position + 100).await), "POSITION_UNKNOWN");
}

#[tokio::test]
async fn a1_revoking_bites_at_once_on_this_replica_and_after_one_look_at_the_log_on_another() {
    if engine() == TestEngine::Sqlite {
        println!("two replicas: PostgreSQL only");
        return;
    }
    let one = Harness::start().await;
    let options = Options {
        database: Some(Arc::clone(&one.database)),
        clock: Some(one.clock.clone()),
        ..Options::default()
    };
    let two = Harness::with(options).await;
    let (a, b) = one.strangers().await;
    for round in 0..20 {
        let id = a.provides(&b, Offer::of(Kind::Advisor)).await;
        let asked = || question(&b, &a, Permission::ResetPasswords);
        assert!(one.asks(asked()).await.unwrap().allowed, "round {round}");
        let there = one.log().await.last().unwrap().position;
        let fresh = pb::CheckPartnerAccessRequest { min_position: there, ..asked() };
        assert!(two.asks(fresh).await.unwrap().allowed);

        let (_, position) = b.takes_roles_of(&id).await.unwrap();
        assert!(!one.asks(asked()).await.unwrap().allowed, "at once, in round {round}");
        two.backend.feed.hub.reach(position).await;
        let fresh = pb::CheckPartnerAccessRequest { min_position: position, ..asked() };
        assert!(!two.asks(fresh).await.unwrap().allowed);
    }
}

#[tokio::test]
async fn a1_answers_from_memory_follow_every_kind_of_change() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let sells = async || harness.denial(&b, &a, Permission::Sell).await;
    assert_eq!(sells().await, Some(Denied::NoPartnership), "a negative answer is kept too");
    let id = a.provides(&b, Offer::of(Kind::Reseller)).await;
    assert_eq!(sells().await, None);
    harness.suspend(&a).await;
    assert_eq!(sells().await, Some(Denied::AccountNotActive));
    harness.resume(&a).await;
    harness.publishes("1").await;
    assert_eq!(sells().await, Some(Denied::AgreementRequired));
    b.agrees_to("1").await.unwrap();
    assert_eq!(sells().await, None);
    a.deletes(&id).await.unwrap();
    assert_eq!(sells().await, Some(Denied::NoPartnership));
}
