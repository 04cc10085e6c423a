//! Agreements (G): published, accepted alone or with a partnership, and what rests while one is missing.

use crate::calls::{DAY, refusal, why};
use crate::offers::{Offer, agreement};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::{
    AccessDenialReason as Denied, PartnershipState as State, PartnershipType as Kind, Permission,
};
use tonic::Code;

async fn agreements(of: &Organization) -> Vec<pb::Agreement> {
    let request = pb::ListAgreementsRequest { account_id: of.id.clone(), ..Default::default() };
    let answer = of.by.clone().agreements.list_agreements(request).await.unwrap();
    answer.into_inner().agreements
}

async fn acceptances(of: &Organization) -> Vec<pb::AgreementAcceptance> {
    let request =
        pb::ListAgreementAcceptancesRequest { account_id: of.id.clone(), ..Default::default() };
    let answer = of.by.clone().agreements.list_agreement_acceptances(request).await.unwrap();
    answer.into_inner().agreement_acceptances
}

#[tokio::test]
async fn g1_a_version_is_published_once_and_the_last_that_came_into_force_is_in_force() {
    let harness = Harness::start().await;
    let bo = harness.organization("bo").await;
    let first = harness.publishes("1").await;
    assert!(first.in_force);
    assert_eq!(first.sha256, "0123456789abcdef".repeat(4));
    let later = harness.clock.now().plus(2 * DAY);
    let effective_time = prost_types::Timestamp { seconds: later.0 / 1_000_000, nanos: 0 };
    let third = pb::Agreement { effective_time: Some(effective_time), ..agreement("3") };
    assert!(!harness.publishes_this(third).await.unwrap().in_force);
    harness.publishes("2").await;

    let again = refusal(harness.publishes_this(agreement("1")).await);
    assert_eq!((again.code, &*again.reason), (Code::AlreadyExists, "AGREEMENT_EXISTS"));
    assert_eq!(again.metadata["version"], "1");
    let in_force = async || {
        let all = agreements(&bo).await;
        assert_eq!(all.iter().map(|one| &*one.version).collect::<Vec<_>>(), ["2", "3", "1"]);
        all.into_iter().filter(|one| one.in_force).map(|one| one.version).collect::<Vec<_>>()
    };
    assert_eq!(in_force().await, ["2"]);
    harness.clock.advance(2 * DAY);
    assert_eq!(in_force().await, ["3"]);
}

#[tokio::test]
async fn g1_what_is_published_is_checked_field_by_field() {
    let harness = Harness::start().await;
    let wrong = pb::Agreement {
        kind: 9,
        version: " ".to_owned(),
        locale: "x".repeat(36),
        url: "ftp://agreements.example/1".to_owned(),
        sha256: "g".repeat(64),
        effective_time: Some(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 }),
        ..Default::default()
    };
    let mut refused = refusal(harness.publishes_this(wrong).await);
    refused.fields.sort();
    let fields = ["effective_time", "kind", "locale", "sha256", "url", "version"];
    assert_eq!(refused.fields, fields.map(|field| format!("agreement.{field}")));
    for sha256 in ["", "0123", &"0".repeat(63), &"0".repeat(65), &"é".repeat(32)] {
        let wrong = pb::Agreement { sha256: sha256.to_owned(), ..agreement("1") };
        let refused = refusal(harness.publishes_this(wrong).await);
        assert_eq!(refused.fields, ["agreement.sha256"], "{sha256}");
    }
    let bo = harness.organization("bo").await;
    assert_eq!(agreements(&bo).await, []);
}

#[tokio::test]
async fn m2_only_operators_publish_and_only_managers_accept() {
    let harness = Harness::start().await;
    let bo = harness.organization("bo").await;
    let request =
        pb::PublishAgreementRequest { agreement: Some(agreement("1")), ..Default::default() };
    let published = bo.by.clone().agreements.publish_agreement(request).await;
    assert_eq!(why(published), "OPERATOR_REQUIRED");
    harness.publishes("1").await;
    let observer = harness.colleague(&bo, "observer@bo.example", pb::MemberProfile::Observer).await;
    assert_eq!(why(observer.agrees_to("1").await), "MANAGE_PARTNERS_REQUIRED");
    assert_eq!(agreements(&observer).await.len(), 1);
}

#[tokio::test]
async fn g1_where_none_is_in_force_nothing_is_asked() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    b.accepts_under(&id, "whatever").await.unwrap();
    assert_eq!(acceptances(&b).await, []);
    let none = refusal(b.agrees_to("1").await);
    assert_eq!((none.code, &*none.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
}

#[tokio::test]
async fn g2_accepting_needs_the_tick_with_the_version_in_force_and_refuses_without_changing_a_thing()
 {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.publishes("1").await;
    harness.publishes("2").await;
    let id = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    let before = (harness.log().await.len(), b.sees(&id).await.unwrap());

    let missing = refusal(b.accepts(&id).await);
    assert_eq!(
        (missing.code, &*missing.reason),
        (Code::InvalidArgument, "AGREEMENT_NOT_ACKNOWLEDGED")
    );
    assert_eq!(missing.metadata["current_version"], "2");
    for stale in ["1", "3"] {
        let refused = refusal(b.accepts_under(&id, stale).await);
        assert_eq!(
            (refused.code, &*refused.reason),
            (Code::FailedPrecondition, "AGREEMENT_VERSION_STALE")
        );
        assert_eq!(refused.metadata["current_version"], "2");
    }
    let observer = harness.colleague(&b, "observer@bo.example", pb::MemberProfile::Observer).await;
    assert_eq!(why(observer.accepts_under(&id, "2").await), "MANAGE_PARTNERS_REQUIRED");
    assert_eq!(harness.log().await.len(), before.0 + 1, "the observer alone was added");
    assert_eq!(b.sees(&id).await.unwrap(), before.1);
    assert_eq!(acceptances(&b).await, []);

    let log = harness.log().await.len();
    b.accepts_under(&id, "2").await.unwrap();
    let log = harness.log().await.split_off(log);
    let whole: Vec<bool> = log.iter().map(|entry| entry.last_of_change).collect();
    assert_eq!(whole, [false, true], "accepting and agreeing are one change");
    assert_eq!(acceptances(&b).await[0].version, "2");
}

#[tokio::test]
async fn g2_refusals_of_state_come_before_those_of_the_agreement() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.publishes("1").await;
    let id = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    harness.suspend(&a).await;
    assert_eq!(why(b.accepts(&id).await), "ACCOUNT_NOT_ACTIVE");
    harness.resume(&a).await;
    harness.clock.advance(30 * DAY);
    assert_eq!(why(b.accepts_under(&id, "stale").await), "INVITATION_EXPIRED");
    assert_eq!(acceptances(&b).await, []);
}

#[tokio::test]
async fn g2_collaboration_asks_for_no_agreement() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.publishes("1").await;
    let id = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&id).await.unwrap();
    assert_eq!(acceptances(&b).await, []);
}

#[tokio::test]
async fn g3_an_acceptance_counts_for_every_provider_and_says_who_when_and_what() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let published = harness.publishes("1").await;
    let (accepted, position) = b.agrees_to("1").await.unwrap();
    assert_eq!(accepted.account_id, b.id);
    assert_eq!(accepted.member_id, b.boss.id);
    assert_eq!(accepted.sha256, published.sha256);
    assert!(!accepted.by_operator && accepted.accept_time.is_some());
    harness.clock.advance(DAY);
    assert_eq!(b.agrees_to("1").await.unwrap(), (accepted.clone(), position), "again is a no-op");
    for kind in [Kind::Reseller, Kind::Advisor] {
        let id = a.offers(&b, Offer::of(kind)).await.unwrap().id;
        b.accepts(&id).await.unwrap();
    }
    assert_eq!(acceptances(&b).await, std::slice::from_ref(&accepted));
    assert_eq!(agreements(&b).await[0].accept_time, accepted.accept_time);
    assert_eq!(agreements(&a).await[0].accept_time, None, "the other account has not");
    assert_eq!(
        b.audit()
            .await
            .iter()
            .filter(|entry| entry.action() == pb::AuditAction::AgreementAccepted)
            .count(),
        1
    );
}

#[tokio::test]
async fn g4_selling_rests_while_a_new_version_is_not_accepted_and_the_partnership_stands() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let kind = Kind::ResellerAndDelegatedAdministrator;
    let id = a.provides(&b, Offer::of(kind)).await;
    assert_eq!(harness.denial(&b, &a, Permission::Sell).await, None);
    harness.publishes("1").await;
    for permission in [Permission::Sell, Permission::ManageSubscriptions] {
        let denied = harness.denial(&b, &a, permission).await;
        assert_eq!(denied, Some(Denied::AgreementRequired), "{permission:?}");
    }
    assert_eq!(harness.denial(&b, &a, Permission::ManageUsers).await, None);
    assert_eq!(b.shown(&id).await, Some(State::Active));
    let stale = refusal(b.agrees_to("0").await);
    assert_eq!(stale.reason, "AGREEMENT_VERSION_STALE");
    b.agrees_to("1").await.unwrap();
    assert_eq!(harness.denial(&b, &a, Permission::Sell).await, None);
}

#[tokio::test]
async fn g4_a_version_that_comes_into_force_by_the_clock_takes_selling_away_by_itself() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.provides(&b, Offer::of(Kind::Reseller)).await;
    let tomorrow = harness.clock.now().plus(DAY).0 / 1_000_000;
    let effective_time = Some(prost_types::Timestamp { seconds: tomorrow, nanos: 0 });
    harness.publishes_this(pb::Agreement { effective_time, ..agreement("1") }).await.unwrap();
    assert_eq!(harness.denial(&b, &a, Permission::Sell).await, None);
    harness.clock.advance(DAY);
    let denied = harness.denial(&b, &a, Permission::Sell).await;
    assert_eq!(denied, Some(Denied::AgreementRequired));
}

#[tokio::test]
async fn d5_of_two_acceptances_at_once_one_agrees_and_one_makes_partners() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.publishes("1").await;
    let id = a.offers(&b, Offer::of(Kind::Reseller)).await.unwrap().id;
    let other = harness.colleague(&b, "other@bo.example", pb::MemberProfile::Administrator).await;
    let (one, two) = tokio::join!(b.accepts_under(&id, "1"), other.accepts_under(&id, "1"));
    let late = [one, two]
        .into_iter()
        .filter_map(Result::err)
        .map(|status| crate::support::refusal::Refusal::of(&status).reason);
    assert_eq!(late.collect::<Vec<_>>(), ["INVITATION_NOT_PENDING"]);
    assert_eq!(acceptances(&b).await.len(), 1);
}
