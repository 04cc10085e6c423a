//! Provider profiles: who writes them, who reads them, and when they are published (P1).

use crate::calls::{refusal, why};
use crate::support::Harness;
use crate::support::providers::{listed, owned};
use partner_service::grpc::pb::{self, AuditAction, MemberProfile};
use partner_service::provider::store::contact_address;
use std::time::Duration;
use tonic::Code;
use uuid::Uuid;

fn full() -> pb::ProviderProfile {
    pb::ProviderProfile {
        display_name: "Northern Cloud".to_owned(),
        description: "We move mail.\nAnd more.".to_owned(),
        services: owned(&["mail migration", "backup"]),
        countries: owned(&["SE", "NO"]),
        cities: owned(&["Malm\u{f6}", "Oslo"]),
        customer_sizes: vec![pb::CustomerSize::From1To9.into(), pb::CustomerSize::From1000.into()],
        contact_email: "Hello@Northern.example".to_owned(),
        listed: Some(true),
        ..Default::default()
    }
}

#[tokio::test]
async fn p1_an_account_that_never_wrote_a_profile_has_a_blank_unlisted_one() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let profile = a.reads_profile("").await.unwrap();
    let blank = pb::ProviderProfile {
        account_id: a.id.clone(),
        listed: Some(false),
        etag: profile.etag.clone(),
        ..Default::default()
    };
    assert_eq!(profile, blank);
    assert!(!profile.etag.is_empty());
    assert_eq!(a.reads_profile(&a.id).await.unwrap(), profile, "by its own id it is its own");
}

#[tokio::test]
async fn p1_a_profile_is_kept_as_written_and_every_member_reads_it() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let answer = a.profiles(full()).await.unwrap();
    let written = answer.provider_profile.unwrap();
    let expected = pb::ProviderProfile {
        account_id: a.id.clone(),
        etag: written.etag.clone(),
        update_time: written.update_time,
        ..full()
    };
    assert_eq!(written, expected);
    assert_eq!(answer.position, harness.head().await);
    let clerk = harness.colleague(&a, "clerk@ann.example", MemberProfile::Visitor).await;
    assert_eq!(clerk.reads_profile("").await.unwrap(), written);
    assert_eq!(why(clerk.profiles(full()).await), "MANAGE_PARTNERS_REQUIRED");
}

#[tokio::test]
async fn p1_anybody_reads_a_listed_profile_without_its_etag() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let own = a.profiles(full()).await.unwrap().provider_profile.unwrap();
    let clerk = harness.colleague(&b, "clerk@bo.example", MemberProfile::Visitor).await;
    let read = clerk.reads_profile(&a.id).await.unwrap();
    assert_eq!(read, pb::ProviderProfile { etag: String::new(), ..own });
}

#[tokio::test]
async fn p1_an_unlisted_profile_of_another_account_is_not_found_like_one_of_nobody() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let nobody = Uuid::now_v7().to_string();
    let unknown = refusal(b.reads_profile(&nobody).await);
    assert_eq!((unknown.code, &*unknown.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    let blank = refusal(b.reads_profile(&a.id).await);
    a.profiles(full()).await.unwrap();
    b.reads_profile(&a.id).await.expect("it is listed");
    a.unlists().await;
    for refused in [blank, refusal(b.reads_profile(&a.id).await)] {
        assert_eq!(refused.message, unknown.message);
        let named = |id: &str| {
            [("resource_id", id), ("resource_type", "provider")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into()
        };
        assert_eq!((refused.metadata, unknown.metadata.clone()), (named(&a.id), named(&nobody)));
    }
    assert_eq!(a.reads_profile("").await.unwrap().display_name, "Northern Cloud");
}

#[tokio::test]
async fn p1_m4_m5_what_a_suspended_account_publishes_comes_back_and_a_closed_ones_does_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let written = a.profiles(full()).await.unwrap().provider_profile.unwrap();
    let published = pb::ProviderProfile { etag: String::new(), ..written };
    harness.suspend(&a).await;
    assert_eq!(why(b.reads_profile(&a.id).await), "RESOURCE_NOT_FOUND");
    assert!(b.finds("northern").await.is_empty());
    harness.resume(&a).await;
    assert_eq!(b.reads_profile(&a.id).await.unwrap(), published);
    assert_eq!(b.finds("northern").await, ["Northern Cloud"]);
    harness.close(&a).await;
    assert_eq!(why(b.reads_profile(&a.id).await), "RESOURCE_NOT_FOUND");
    assert!(b.finds("northern").await.is_empty());
    assert!(b.finds("").await.is_empty());
}

#[tokio::test]
async fn p1_suspending_an_account_of_an_unlisted_profile_and_resuming_it_publishes_nothing() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.publishes("Aurora").await;
    a.unlists().await;
    harness.suspend(&a).await;
    harness.resume(&a).await;
    assert!(b.finds("").await.is_empty());
    a.publishes("Aurora").await;
    harness.suspend(&a).await;
    harness.suspend(&a).await;
    harness.resume(&a).await;
    harness.resume(&a).await;
    assert_eq!(b.finds("").await, ["Aurora"]);
}

#[tokio::test]
async fn p1_a_mask_writes_what_it_names_and_without_one_what_is_set_is_written() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    a.profiles(full()).await.unwrap();
    let renamed = pb::ProviderProfile { display_name: "Aurora".to_owned(), ..Default::default() };
    let after = a.profiles(renamed.clone()).await.unwrap().provider_profile.unwrap();
    assert_eq!((&*after.display_name, after.services.len(), after.listed()), ("Aurora", 2, true));
    let emptied = a.profiles_masked(renamed, Some(&["services", "listed", "contact_email"])).await;
    let after = emptied.unwrap().provider_profile.unwrap();
    assert_eq!((after.services.len(), after.countries.len(), after.listed()), (0, 2, false));
    assert_eq!((&*after.contact_email, &*after.display_name), ("", "Aurora"));
    let refusal = refusal(a.profiles_masked(full(), Some(&["services", "nonsense"])).await);
    assert_eq!(refusal.fields, ["update_mask"]);
    let all = a.profiles_masked(full(), Some(&["*"])).await.unwrap().provider_profile.unwrap();
    assert_eq!(all.services, full().services);
}

#[tokio::test]
async fn p1_the_etag_changes_with_the_profile_and_only_then() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let blank = a.reads_profile("").await.unwrap();
    let first = pb::ProviderProfile { etag: blank.etag.clone(), ..full() };
    let written = a.profiles(first.clone()).await.unwrap();
    let profile = written.provider_profile.unwrap();
    assert_ne!(profile.etag, blank.etag);
    let refusal = refusal(a.profiles(first).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::Aborted, "ETAG_MISMATCH"));
    assert_eq!(refusal.metadata["current_etag"], profile.etag);
    harness.clock.advance(Duration::from_secs(60));
    let again = a.profiles(profile.clone()).await.unwrap();
    assert_eq!((again.provider_profile.unwrap(), again.position), (profile, written.position));
    assert_eq!(a.audit().await.len(), 1);
}

#[tokio::test]
async fn p1_a_listed_profile_needs_a_name() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let refused = refusal(a.profiles(listed("")).await);
    assert_eq!(
        (&*refused.reason, &*refused.fields[0]),
        ("FIELD_INVALID", "provider_profile.display_name")
    );
    assert_eq!(refusal(a.profiles(listed("  ")).await).reason, "FIELD_INVALID");
    a.publishes("Aurora").await;
    let unnamed = a.profiles_masked(listed(""), Some(&["display_name"])).await;
    assert_eq!(why(unnamed), "FIELD_INVALID");
    a.profiles_masked(listed(""), Some(&["display_name"])).await.unwrap_err();
    a.unlists().await;
    a.profiles_masked(listed(""), Some(&["display_name"])).await.expect("unlisted, it may");
}

#[tokio::test]
async fn p1_what_is_there_twice_is_dropped_and_countries_are_assigned_codes() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let doubled = pb::ProviderProfile {
        services: owned(&["backup", " backup ", "mail"]),
        countries: owned(&["SE", "SE"]),
        customer_sizes: vec![1, 1],
        ..Default::default()
    };
    let kept = a.profiles(doubled).await.unwrap().provider_profile.unwrap();
    assert_eq!((kept.services, kept.countries), (owned(&["backup", "mail"]), owned(&["SE"])));
    assert_eq!(kept.customer_sizes, [1]);
    let wrong = pb::ProviderProfile {
        countries: owned(&["SE", "XX", "UK"]),
        cities: owned(&[" "]),
        contact_email: "nobody".to_owned(),
        ..Default::default()
    };
    let refusal = refusal(a.profiles(wrong).await);
    let fields = ["countries[1]", "countries[2]", "cities[0]", "contact_email"];
    assert_eq!(refusal.fields, fields.map(|field| format!("provider_profile.{field}")));
}

#[tokio::test]
async fn p1_l1_a_change_of_the_profile_is_audited_for_its_own_account() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.profiles(full()).await.unwrap();
    let audit = a.audit().await;
    assert_eq!(audit.len(), 1);
    assert_eq!(audit[0].action(), AuditAction::ProviderProfileUpdated);
    assert_eq!((&*audit[0].actor_member_id, &*audit[0].partnership_id), (&*a.boss.id, ""));
    assert!(b.audit().await.is_empty());
}

#[tokio::test]
async fn p1_i16_a_dry_run_answers_as_the_real_call_and_publishes_nothing() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let (head, request_id) = (harness.head().await, "once".to_owned());
    let request = pb::UpdateProviderProfileRequest {
        account_id: a.id.clone(),
        provider_profile: Some(full()),
        request_id,
        ..Default::default()
    };
    let mut by = a.by.clone().providers;
    let dry = pb::UpdateProviderProfileRequest { validate_only: true, ..request.clone() };
    let dry = by.update_provider_profile(dry).await.unwrap().into_inner();
    assert_eq!((dry.position, harness.head().await), (head, head));
    assert!(b.finds("").await.is_empty());
    let real = by.update_provider_profile(request.clone()).await.unwrap().into_inner();
    assert_eq!(dry.provider_profile, real.provider_profile);
    let again = by.update_provider_profile(request).await.unwrap().into_inner();
    assert_eq!(again, real);
    assert_eq!(harness.head().await, real.position);
}

#[tokio::test]
async fn p1_the_address_for_customers_is_that_of_a_listed_profile() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let account = a.id.parse::<Uuid>().unwrap().into();
    let address = async || contact_address(harness.backend.reads(), account).await.unwrap();
    assert_eq!(address().await, None);
    a.profiles(full()).await.unwrap();
    assert_eq!(address().await.as_deref(), Some("Hello@Northern.example"));
    a.unlists().await;
    assert_eq!(address().await, None);
    a.publishes("Northern Cloud").await;
    a.profiles_masked(pb::ProviderProfile::default(), Some(&["contact_email"])).await.unwrap();
    assert_eq!(address().await, None, "an empty address is none");
    a.profiles(full()).await.unwrap();
    harness.close(&a).await;
    assert_eq!(address().await, None);
}
