//! ContactProviders and ListInquiries: one form to several providers, and both sides' lists of it (P3).

use crate::calls::{DAY, HOUR, refusal, why};
use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb::{
    self, AuditAction, CustomerSize, InquiryDirection as Direction, MemberProfile,
};
use tonic::Code;
use uuid::Uuid;

async fn stage() -> (Harness, Organization, Organization, Organization) {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    b.publishes("Bo's Cloud").await;
    c.publishes("Cy's Mail").await;
    (harness, a, b, c)
}

#[tokio::test]
async fn p3_one_form_reaches_every_provider_in_one_change_with_an_event_for_each() {
    let (harness, a, b, c) = stage().await;
    let head = harness.head().await;
    let form = pb::ContactProvidersRequest {
        country: "SE".to_owned(),
        customer_size: CustomerSize::From50To249.into(),
        ..a.form(&[&c, &b])
    };
    let answer = a.sends(form.clone()).await.unwrap();
    assert_eq!(answer.position, head + 2);
    let events: Vec<_> =
        harness.log().await.into_iter().filter(|row| row.position > head).collect();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|row| row.kind == EventKind::InquirySent));
    assert_eq!(events.iter().map(|row| row.last_of_change).collect::<Vec<_>>(), [false, true]);

    let sent = answer.inquiries;
    let named: Vec<_> = sent.iter().map(|one| one.provider_display_name.as_str()).collect();
    assert_eq!(named, ["Cy's Mail", "Bo's Cloud"], "in the order of the request");
    let to_bo = &sent[1];
    let expected = pb::Inquiry {
        id: to_bo.id.clone(),
        account_id: a.id.clone(),
        direction: Direction::Sent.into(),
        customer_account_id: a.id.clone(),
        customer_display_name: "ann".to_owned(),
        provider_account_id: b.id.clone(),
        provider_display_name: "Bo's Cloud".to_owned(),
        sender_member_id: a.boss.id.clone(),
        sender_display_name: a.boss.display_name.clone(),
        needs: form.needs,
        reply_to_email: "Buying@ann.example".to_owned(),
        country: "SE".to_owned(),
        customer_size: CustomerSize::From50To249.into(),
        create_time: to_bo.create_time,
    };
    assert_eq!(*to_bo, expected);
    let received =
        pb::Inquiry { account_id: b.id.clone(), direction: Direction::Received.into(), ..expected };
    assert_eq!(b.inquiries(Direction::Received).await, [received]);
    assert!(b.inquiries(Direction::Sent).await.is_empty());
    assert!(b.list().await.is_empty(), "no relationship comes of it");
}

#[tokio::test]
async fn p3_each_side_lists_its_own_newest_first_and_by_direction() {
    let (_harness, a, b, c) = stage().await;
    a.publishes("Ann's").await;
    a.asks(&[&b, &c]).await.unwrap();
    b.asks(&[&a]).await.unwrap();
    a.asks(&[&c]).await.unwrap();
    let of = |inquiries: Vec<pb::Inquiry>| -> Vec<(Direction, String)> {
        inquiries.into_iter().map(|one| (one.direction(), one.provider_display_name)).collect()
    };
    let sent = |name: &str| (Direction::Sent, name.to_owned());
    let received = (Direction::Received, "Ann's".to_owned());
    let all = vec![sent("Cy's Mail"), received.clone(), sent("Cy's Mail"), sent("Bo's Cloud")];
    assert_eq!(of(a.inquiries(Direction::Unspecified).await), all);
    assert_eq!(of(a.inquiries(Direction::Received).await), [received]);
    assert_eq!(of(a.inquiries(Direction::Sent).await).len(), 3);
    assert_eq!(c.inquiries(Direction::Received).await.len(), 2);

    let (mut met, mut page) = (Vec::new(), a.inquiries_request(Direction::Unspecified));
    page.page_size = 1;
    loop {
        let answer =
            a.by.clone().providers.list_inquiries(page.clone()).await.unwrap().into_inner();
        met.extend(of(answer.inquiries));
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    assert_eq!(met, all);
}

#[tokio::test]
async fn p3_what_was_asked_stays_whatever_becomes_of_the_profile_or_the_account() {
    let (harness, a, b, c) = stage().await;
    a.asks(&[&b, &c]).await.unwrap();
    let (before, received) =
        (a.inquiries(Direction::Sent).await, b.inquiries(Direction::Received).await);
    b.publishes("Another name").await;
    b.unlists().await;
    harness.close(&c).await;
    harness.rename(&a.id, "another ann").await.unwrap();
    assert_eq!(a.inquiries(Direction::Sent).await, before);
    assert_eq!(b.inquiries(Direction::Received).await, received);
}

#[tokio::test]
async fn p3_a_form_names_one_to_fifty_different_providers_and_not_its_own_account() {
    let (_harness, a, b, _) = stage().await;
    let ids =
        |count: usize| -> Vec<String> { (0..count).map(|_| Uuid::now_v7().to_string()).collect() };
    let to =
        |ids: Vec<String>| pb::ContactProvidersRequest { provider_account_ids: ids, ..a.form(&[]) };
    for (request, field) in [
        (to(ids(0)), "provider_account_ids"),
        (to(ids(51)), "provider_account_ids"),
        (to(ids(1_001)), "provider_account_ids"),
        (to(vec![b.id.clone(), b.id.clone()]), "provider_account_ids[1]"),
        (to(vec![b.id.clone(), b.id.to_uppercase()]), "provider_account_ids[1]"),
        (to(vec![b.id.clone(), a.id.clone()]), "provider_account_ids[1]"),
        (to(vec!["nobody".to_owned()]), "provider_account_ids[0]"),
        (pb::ContactProvidersRequest { needs: " \n ".to_owned(), ..a.form(&[&b]) }, "needs"),
        (pb::ContactProvidersRequest { needs: "x".repeat(4_001), ..a.form(&[&b]) }, "needs"),
        (
            pb::ContactProvidersRequest { reply_to_email: "us".to_owned(), ..a.form(&[&b]) },
            "reply_to_email",
        ),
        (pb::ContactProvidersRequest { country: "XX".to_owned(), ..a.form(&[&b]) }, "country"),
    ] {
        let refusal = refusal(a.sends(request).await);
        assert_eq!(
            (&*refusal.reason, &*refusal.fields),
            ("FIELD_INVALID", &[field.to_owned()][..])
        );
    }
    let fifty = refusal(a.sends(to(ids(50))).await);
    assert_eq!(fifty.reason, "RESOURCE_NOT_FOUND");
    assert!(b.inquiries(Direction::Received).await.is_empty());
}

#[tokio::test]
async fn p3_one_provider_that_is_not_published_and_nobody_is_asked() {
    let (harness, a, b, c) = stage().await;
    let (blank, suspended) = (harness.organization("di").await, harness.organization("ed").await);
    suspended.publishes("Ed's").await;
    harness.suspend(&suspended).await;
    c.unlists().await;
    let nobody = Organization { id: Uuid::now_v7().to_string(), ..b.clone() };
    let head = harness.head().await;
    let without_id = |refusal: Refusal, id: &str| {
        assert_eq!((refusal.code, &*refusal.metadata["resource_id"]), (Code::NotFound, id));
        (refusal.message, refusal.reason, refusal.metadata["resource_type"].clone())
    };
    let unknown = without_id(refusal(a.asks(&[&b, &nobody]).await), &nobody.id);
    for hidden in [&blank, &suspended, &c] {
        let refused = refusal(a.asks(&[&b, hidden, &nobody]).await);
        assert_eq!(without_id(refused, &hidden.id), unknown);
    }
    assert_eq!(harness.head().await, head);
    assert!(b.inquiries(Direction::Received).await.is_empty());
}

#[tokio::test]
async fn p3_only_managers_ask_and_list() {
    let (harness, a, b, _) = stage().await;
    let clerk = harness.colleague(&a, "clerk@ann.example", MemberProfile::Supervisor).await;
    assert_eq!(why(clerk.asks(&[&b]).await), "MANAGE_PARTNERS_REQUIRED");
    let request = clerk.inquiries_request(Direction::Received);
    let listed = clerk.by.clone().providers.list_inquiries(request).await;
    assert_eq!(why(listed), "MANAGE_PARTNERS_REQUIRED");
}

#[tokio::test]
async fn p3_an_account_may_contact_so_many_providers_a_day() {
    let limits = Limits { providers_per_day: 3, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    b.publishes("Bo's").await;
    c.publishes("Cy's").await;
    a.asks(&[&b, &c]).await.unwrap();
    let refused = refusal(a.asks(&[&b, &c]).await);
    assert_eq!((refused.code, &*refused.reason), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert_eq!(
        (&*refused.metadata["quota"], &*refused.metadata["limit"]),
        ("providers_per_day", "3")
    );
    assert_eq!(refused.retry_after, Some(12 * HOUR), "the tests' clock starts at noon");
    let dry = pb::ContactProvidersRequest { validate_only: true, ..a.form(&[&b]) };
    a.sends(dry.clone()).await.expect("a dry run uses nothing up");
    a.asks(&[&b]).await.expect("one is left");
    assert_eq!(why(a.sends(dry).await), "RATE_LIMITED");
    b.asks(&[&c]).await.expect("every account has its own day");
    harness.clock.advance(DAY / 2);
    a.asks(&[&b, &c]).await.expect("the next day");
}

#[tokio::test]
async fn p3_forms_sent_at_the_same_time_are_counted_one_by_one() {
    let limits = Limits { providers_per_day: 4, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    b.publishes("Bo's").await;
    let asked = (0..12).map(|_| a.sends(a.form(&[&b])));
    let answers = futures::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    assert_eq!(b.inquiries(Direction::Received).await.len(), 4);
}

#[tokio::test]
async fn p3_i16_a_dry_run_has_empty_ids_and_a_repeated_request_is_done_once() {
    let (harness, a, b, c) = stage().await;
    let head = harness.head().await;
    let form = pb::ContactProvidersRequest { request_id: "once".to_owned(), ..a.form(&[&b, &c]) };
    let dry = a.sends(pb::ContactProvidersRequest { validate_only: true, ..form.clone() }).await;
    let dry = dry.unwrap();
    assert_eq!((dry.position, harness.head().await), (head, head));
    let real = a.sends(form.clone()).await.unwrap();
    let blank = |one: &pb::Inquiry| pb::Inquiry { id: String::new(), ..one.clone() };
    assert_eq!(dry.inquiries, real.inquiries.iter().map(blank).collect::<Vec<_>>());
    assert_eq!(a.sends(form.clone()).await.unwrap(), real);
    assert_eq!(b.inquiries(Direction::Received).await.len(), 1);
    let other = pb::ContactProvidersRequest { needs: "Other".to_owned(), ..form };
    assert_eq!(why(a.sends(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn p3_l1_an_inquiry_is_audited_on_both_sides_and_names_its_actor_to_its_own() {
    let (_harness, a, b, c) = stage().await;
    a.asks(&[&b, &c]).await.unwrap();
    let (mine, theirs) = (a.audit().await, b.audit().await);
    assert_eq!(mine.len(), 2);
    assert_eq!((mine[0].action(), &*mine[0].actor_member_id), (AuditAction::Inquired, &*a.boss.id));
    assert_eq!((theirs[0].action(), &*theirs[0].actor_member_id), (AuditAction::Inquired, ""));
    assert_eq!(theirs.len(), 2, "its own profile, and the inquiry");
}
