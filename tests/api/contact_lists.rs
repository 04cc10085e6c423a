//! ListContacts and GetContact: order, paging, filters, searching, who may ask (AIP-158, M4, tenancy).

use crate::support::Harness;
use crate::support::contacts::list;
use crate::support::refusal::{reason, refused};
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::{ContactKind as Kind, ContactLink as Link};

/// An account with two users, a partner of three and a former partner of two (one of whom had left), and a guest.
async fn full_page(harness: &Harness) -> [Organization; 3] {
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.hires(harness, "amy").await;
    b.hires(harness, "kim").await;
    b.hires(harness, "lee").await;
    let gone = c.hires(harness, "gone").await;
    let former = a.joins(&c).await;
    harness.removes_by_id(&c.id, &gone.id).await;
    a.deletes(&former).await.unwrap();
    a.types_in("kitty@else.example").await.unwrap();
    [a, b, c]
}

#[tokio::test]
async fn contacts_come_by_kind_then_home_account_then_member_whatever_the_size_of_a_page() {
    let harness = Harness::start().await;
    let [a, ..] = full_page(&harness).await;
    let all = a.contacts().await;
    let order: Vec<_> =
        all.iter().map(|c| (c.kind, c.home_account_id.clone(), c.member_id.clone())).collect();
    assert!(order.is_sorted(), "{order:?}");
    let count = |kind: Kind| all.iter().filter(|contact| contact.kind() == kind).count();
    assert_eq!([count(Kind::User), count(Kind::Member), count(Kind::Guest)], [2, 5, 1]);
    for page_size in 1..=8 {
        let pages =
            list(&a.by, pb::ListContactsRequest { page_size, ..a.contacts_request() }).await;
        assert_eq!(pages, all, "in pages of {page_size}");
    }
}

#[tokio::test]
async fn filters_narrow_to_kinds_links_and_a_partner() {
    let harness = Harness::start().await;
    let [a, b, c] = full_page(&harness).await;
    let count = async |kinds: &[Kind], links: &[Link], partner: &str| {
        let request = pb::ListContactsRequest {
            kinds: kinds.iter().map(|kind| i32::from(*kind)).collect(),
            links: links.iter().map(|link| i32::from(*link)).collect(),
            partner_account_id: partner.to_owned(),
            page_size: 2,
            ..a.contacts_request()
        };
        list(&a.by, request).await.len()
    };
    assert_eq!(count(&[Kind::User, Kind::Guest], &[], "").await, 3);
    assert_eq!(count(&[], &[Link::Synced], "").await, 3);
    assert_eq!(count(&[], &[Link::Detached], "").await, 1);
    assert_eq!(count(&[], &[Link::RemovedAtSource], "").await, 1);
    assert_eq!(count(&[], &[Link::Synced, Link::RemovedAtSource], "").await, 4);
    assert_eq!(count(&[], &[], &b.id).await, 3);
    assert_eq!(count(&[], &[Link::Synced], &c.id).await, 0);
    assert_eq!(count(&[Kind::User], &[Link::Synced], "").await, 0);
    assert_eq!(count(&[], &[], &a.id).await, 0, "an account is not its own partner");
}

#[tokio::test]
async fn a_query_is_the_beginning_of_a_name_or_address_in_any_case_and_unicode_form() {
    let harness = Harness::start().await;
    let [a, b, c] = full_page(&harness).await;
    let member = pb::Member {
        email: "x@bo.example".to_owned(),
        display_name: "JOSE\u{301} B\u{dc}CHER".to_owned(),
        ..Default::default()
    };
    let request = pb::RegisterMemberRequest {
        account_id: b.id.clone(),
        member: Some(member),
        ..Default::default()
    };
    harness.operator().accounts.register_member(request).await.unwrap();
    let found = async |query: &str| {
        let request = pb::ListContactsRequest {
            query: query.to_owned(),
            page_size: 1,
            ..a.contacts_request()
        };
        list(&a.by, request).await.into_iter().map(|contact| contact.email).collect::<Vec<_>>()
    };
    assert_eq!(found("KI").await, ["kim@bo.example", "kitty@else.example"]);
    assert_eq!(found("guest ki").await, ["kitty@else.example"]);
    assert_eq!(found("jos\u{e9} b\u{fc}").await, ["x@bo.example"]);
    assert_eq!(found("X@BO").await, ["x@bo.example"]);
    assert_eq!(found("bo").await.len(), 3, "all the bosses");
    assert_eq!(found("im@").await, Vec::<String>::new());
    assert_eq!(found("%").await, Vec::<String>::new());
    // a former name is no name: only what is shown is found, also of a former partner's people
    let boss =
        pb::Member { id: c.boss.id.clone(), display_name: "zz".to_owned(), ..Default::default() };
    harness.updates(&c.id, boss).await;
    assert_eq!(found("zz").await, Vec::<String>::new());
    let boss =
        pb::Member { id: b.boss.id.clone(), display_name: "zz".to_owned(), ..Default::default() };
    harness.updates(&b.id, boss).await;
    assert_eq!(found("zz").await, [b.email()]);
}

#[tokio::test]
async fn a_page_token_belongs_to_its_caller_and_arguments() {
    let harness = Harness::start().await;
    let [a, b, _] = full_page(&harness).await;
    let first = pb::ListContactsRequest { page_size: 2, ..a.contacts_request() };
    let answer = a.by.clone().contacts.list_contacts(first.clone()).await.unwrap().into_inner();
    let token = answer.next_page_token;
    let next = |request: pb::ListContactsRequest| pb::ListContactsRequest {
        page_token: token.clone(),
        ..request
    };
    let kinds = vec![Kind::Member.into()];
    let mut damaged = token.clone();
    damaged.replace_range(4..5, if &token[4..5] == "A" { "B" } else { "A" });
    for (by, request) in [
        (&a.by, next(pb::ListContactsRequest { kinds, ..first.clone() })),
        (&b.by, next(b.contacts_request())),
        (&a.by, pb::ListContactsRequest { page_token: damaged, ..first.clone() }),
        (&a.by, pb::ListContactsRequest { page_token: "AQ".to_owned(), ..first.clone() }),
    ] {
        let answer = by.clone().contacts.list_contacts(request).await;
        assert_eq!(reason(answer), "PAGE_TOKEN_INVALID");
    }
    let resized = next(pb::ListContactsRequest { page_size: 3, ..first });
    assert_eq!(
        a.by.clone().contacts.list_contacts(resized).await.unwrap().into_inner().contacts.len(),
        3
    );
}

#[tokio::test]
async fn every_bad_field_of_a_list_is_told_at_once() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let request = pb::ListContactsRequest {
        kinds: vec![0],
        links: vec![9],
        partner_account_id: "nobody".to_owned(),
        query: "x".repeat(255),
        page_size: -1,
        min_position: -1,
        ..a.contacts_request()
    };
    let refusal = refused(a.by.clone().contacts.list_contacts(request).await);
    let mut fields = refusal.fields;
    fields.sort();
    assert_eq!(
        fields,
        ["kinds", "links", "min_position", "page_size", "partner_account_id", "query"]
    );
}

#[tokio::test]
async fn any_active_member_reads_contacts_and_a_position_beyond_the_head_is_unknown() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let amy = a.hires(&harness, "amy").await;
    let by = harness.member(&amy.id);
    assert_eq!(list(&by, a.contacts_request()).await, a.contacts().await);
    let kim = b.hires(&harness, "kim").await;
    let fresh = pb::ListContactsRequest { min_position: kim.position, ..a.contacts_request() };
    assert_eq!(list(&by, fresh).await.len(), 4);
    let future = pb::ListContactsRequest { min_position: kim.position + 1, ..a.contacts_request() };
    assert_eq!(reason(by.clone().contacts.list_contacts(future).await), "POSITION_UNKNOWN");
    harness.deactivates(&a.id, &amy.id).await;
    let answer = by.clone().contacts.list_contacts(a.contacts_request()).await;
    assert_eq!(reason(answer), "MEMBER_NOT_ACTIVE");
}

#[tokio::test]
async fn another_accounts_contacts_and_contact_ids_are_not_found() {
    let harness = Harness::start().await;
    let [a, b, c] = full_page(&harness).await;
    let d = harness.organization("di").await;
    b.joins(&c).await;
    let foreign = d.by.clone().contacts.list_contacts(a.contacts_request()).await;
    assert_eq!(reason(foreign), "RESOURCE_NOT_FOUND");
    let never = uuid::Uuid::now_v7().to_string();
    for contact in a.contacts().await {
        // b knows the very same people, under ids of its own
        for other in [&b, &c, &d] {
            let refusals = [
                refused(other.contact(&contact.id).await.map(tonic::Response::new)),
                refused(other.drops(&contact.id).await.map(tonic::Response::new)),
                refused(other.contact(&never).await.map(tonic::Response::new)),
            ];
            for refusal in refusals {
                assert_eq!(refusal.reason, "RESOURCE_NOT_FOUND");
                assert_eq!(refusal.metadata["resource_type"], "contact");
            }
        }
        assert_eq!(a.contact(&contact.id).await.unwrap(), contact);
    }
}
