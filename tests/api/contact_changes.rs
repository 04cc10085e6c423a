//! CreateGuest and DeleteContact (C7, C8), and what every mutation promises.

use crate::support::Harness;
use crate::support::refusal::{Refusal, reason};
use futures::future::join_all;
use partner_service::grpc::pb;
use pb::{ContactKind as Kind, ContactLink as Link};
use tonic::Code;

#[tokio::test]
async fn c8_a_deleted_contact_is_hidden_for_good_and_the_partner_notices_nothing() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    let contact = a.member_at(&kim.email).await.unwrap();
    a.drops(&contact.id).await.unwrap();
    assert_eq!(a.member_at(&kim.email).await, None);
    for answer in [a.contact(&contact.id).await.map(|_| 0), a.drops(&contact.id).await] {
        assert_eq!(answer.unwrap_err().code(), Code::NotFound);
    }
    assert_eq!(b.contacts_of(Kind::User).await.len(), 2);

    // neither a change, nor coming back, nor a renewal revives it
    let renamed =
        pb::Member { id: kim.id.clone(), display_name: "K".to_owned(), ..Default::default() };
    harness.updates(&b.id, renamed).await;
    let c = harness.organization("cy").await;
    harness.moves_by_id(&b.id, &kim.id, &c.id).await;
    harness.moves_by_id(&c.id, &kim.id, &b.id).await;
    a.deletes(&id).await.unwrap();
    a.joins(&b).await;
    assert_eq!(a.members().await.len(), 1);
}

#[tokio::test]
async fn c8_typing_the_address_in_brings_the_contact_back() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    let contact = a.member_at(&kim.email).await.unwrap();
    a.drops(&contact.id).await.unwrap();
    let back = a.types_in("KIM@bo.example").await.unwrap();
    assert_eq!(back, contact);
    assert_eq!(a.contact(&contact.id).await.unwrap(), contact);
    assert_eq!(a.contacts_of(Kind::Guest).await, []);
    a.drops(&contact.id).await.unwrap();
    assert_eq!(a.member_at(&kim.email).await, None, "and it can be deleted again");
    a.types_in(&kim.email).await.unwrap();
    assert!(a.member_at(&kim.email).await.is_some());
}

#[tokio::test]
async fn c8_a_deletion_is_about_the_person_as_a_member_of_that_account() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    let kim = b.hires(&harness, "kim").await;
    let old = a.member_at(&kim.email).await.unwrap();
    harness.moves_by_id(&b.id, &kim.id, &c.id).await;
    a.drops(&old.id).await.unwrap();
    let left = a.member_at(&kim.email).await.expect("the contact at the new account stays");
    assert_eq!((left.home_account_id.as_str(), left.link()), (c.id.as_str(), Link::Synced));
}

#[tokio::test]
async fn c8_an_own_member_cannot_be_deleted_as_a_contact() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let own = a.contacts().await.remove(0);
    let refusal = Refusal::of(&a.drops(&own.id).await.unwrap_err());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "USER_CONTACT"));
    assert_eq!(
        (refusal.metadata["contact_id"].as_str(), refusal.preconditions),
        (own.id.as_str(), 1)
    );
}

#[tokio::test]
async fn c8_an_address_is_typed_in_once_whatever_contact_has_it() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let guest = a.types_in("Gus@Else.example").await.unwrap();
    assert_eq!(
        (guest.kind(), guest.link, guest.member_state, guest.home_account_id.as_str()),
        (Kind::Guest, 0, 0, "")
    );
    let member = a.member_at(&b.email()).await.unwrap();
    let user = a.contacts_of(Kind::User).await.remove(0);
    for (email, existing) in
        [("gus@else.example", &guest), ("BOSS@bo.example", &member), ("boss@ann.example", &user)]
    {
        let refusal = Refusal::of(&a.types_in(email).await.unwrap_err());
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::AlreadyExists, "CONTACT_EXISTS")
        );
        assert_eq!(refusal.metadata["contact_id"], existing.id);
    }
    b.types_in("gus@else.example").await.expect("another account's guests are another matter");
    a.drops(&guest.id).await.unwrap();
    assert_eq!(a.contact(&guest.id).await.unwrap_err().code(), Code::NotFound);
    assert_ne!(a.types_in("gus@else.example").await.unwrap().id, guest.id);
}

#[tokio::test]
async fn c7_a_guest_who_becomes_a_partners_person_is_shown_as_that_person_until_the_contact_goes() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let guest = a.types_in("kim@bo.example").await.unwrap();
    assert_eq!(a.contacts_of(Kind::Guest).await, std::slice::from_ref(&guest));
    let kim = b.hires(&harness, "kim").await;
    let person = a.member_at(&kim.email).await.unwrap();
    assert_eq!(a.contacts_of(Kind::Guest).await, []);
    assert_eq!(a.contact(&guest.id).await.unwrap(), person);

    let renamed =
        pb::Member { id: kim.id.clone(), email: "kk@bo.example".to_owned(), ..Default::default() };
    harness.updates(&b.id, renamed).await;
    assert_eq!(
        a.contacts_of(Kind::Guest).await,
        std::slice::from_ref(&guest),
        "another address, another person"
    );
    let renamed = pb::Member { id: kim.id.clone(), email: kim.email.clone(), ..Default::default() };
    harness.updates(&b.id, renamed).await;
    assert_eq!(a.contacts_of(Kind::Guest).await, []);

    // kept contacts are still contacts; purged ones are not
    a.deletes(&id).await.unwrap();
    assert_eq!(a.contacts_of(Kind::Guest).await, []);
    let renewed = a.joins(&b).await;
    a.keeps(pb::ContactRetention::Purge).await;
    a.deletes(&renewed).await.unwrap();
    assert_eq!(a.contacts_of(Kind::Guest).await, [guest]);
}

#[tokio::test]
async fn c7_a_guest_is_itself_again_when_the_person_is_deleted_or_was_an_own_member_and_left() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let theirs = a.types_in("kim@bo.example").await.unwrap();
    let ours = a.types_in("amy@ann.example").await.unwrap();
    let kim = b.hires(&harness, "kim").await;
    let amy = a.hires(&harness, "amy").await;
    assert_eq!(a.contacts_of(Kind::Guest).await, []);
    a.drops(&a.member_at(&kim.email).await.unwrap().id).await.unwrap();
    harness.removes_by_id(&a.id, &amy.id).await;
    assert_eq!(a.contacts_of(Kind::Guest).await, [theirs, ours]);
}

#[tokio::test]
async fn only_managers_create_guests_and_delete_contacts() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let amy = a.hires(&harness, "amy").await;
    let mut by = harness.member(&amy.id).contacts;
    let create = pb::CreateGuestRequest {
        account_id: a.id.clone(),
        email: "x@y.example".to_owned(),
        ..Default::default()
    };
    assert_eq!(reason(by.create_guest(create).await), "MANAGE_PARTNERS_REQUIRED");
    let delete = pb::DeleteContactRequest {
        account_id: a.id.clone(),
        contact_id: amy.id.clone(),
        ..Default::default()
    };
    assert_eq!(reason(by.delete_contact(delete).await), "MANAGE_PARTNERS_REQUIRED");
}

#[tokio::test]
async fn a_request_id_answers_the_same_again_and_does_nothing_twice() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut contacts = a.by.clone().contacts;
    let create = pb::CreateGuestRequest {
        account_id: a.id.clone(),
        email: "x@y.example".to_owned(),
        request_id: "one".to_owned(),
        ..Default::default()
    };
    let first = contacts.create_guest(create.clone()).await.unwrap().into_inner();
    assert_eq!(contacts.create_guest(create.clone()).await.unwrap().into_inner(), first);
    let other = pb::CreateGuestRequest { email: "z@y.example".to_owned(), ..create };
    assert_eq!(reason(contacts.create_guest(other).await), "REQUEST_ID_REUSED");
    let delete = pb::DeleteContactRequest {
        account_id: a.id.clone(),
        contact_id: a.member_at(&b.email()).await.unwrap().id,
        request_id: "two".to_owned(),
        ..Default::default()
    };
    let gone = contacts.delete_contact(delete.clone()).await.unwrap().into_inner();
    assert_eq!(gone.position, first.position + 1);
    assert_eq!(contacts.delete_contact(delete).await.unwrap().into_inner(), gone);
}

#[tokio::test]
async fn i16_validate_only_answers_as_if_and_changes_nothing() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let before = a.contacts().await;
    let mut contacts = a.by.clone().contacts;
    let create = pb::CreateGuestRequest {
        account_id: a.id.clone(),
        email: "x@y.example".to_owned(),
        validate_only: true,
        ..Default::default()
    };
    let answer = contacts.create_guest(create.clone()).await.unwrap().into_inner();
    assert_eq!(answer.contact.unwrap().id, "");
    let delete = pb::DeleteContactRequest {
        account_id: a.id.clone(),
        contact_id: a.member_at(&b.email()).await.unwrap().id,
        validate_only: true,
        ..Default::default()
    };
    let position = contacts.delete_contact(delete).await.unwrap().into_inner().position;
    assert_eq!(position, answer.position);
    assert_eq!(a.contacts().await, before);
    let taken = pb::CreateGuestRequest { email: b.email(), ..create };
    assert_eq!(reason(contacts.create_guest(taken).await), "CONTACT_EXISTS");
}

#[tokio::test]
async fn every_bad_field_of_a_guest_is_told_at_once() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let request = pb::CreateGuestRequest {
        account_id: a.id.clone(),
        email: "nobody".to_owned(),
        display_name: "a\nb".to_owned(),
        phone: "1".repeat(201),
        title: "\u{7}".to_owned(),
        locale: "x".repeat(36),
        request_id: "a b".to_owned(),
        ..Default::default()
    };
    let refusal = Refusal::of(&a.by.clone().contacts.create_guest(request).await.unwrap_err());
    let mut fields = refusal.fields;
    fields.sort();
    assert_eq!(fields, ["display_name", "email", "locale", "phone", "request_id", "title"]);
}

#[tokio::test]
async fn of_calls_at_once_one_creates_the_guest_and_one_deletes_the_contact() {
    const AT_ONCE: usize = 6;
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let created = join_all((0..AT_ONCE).map(|_| a.types_in("x@y.example"))).await;
    assert_eq!(created.iter().filter(|answer| answer.is_ok()).count(), 1);
    let contact = a.member_at(&b.email()).await.unwrap();
    let deleted = join_all((0..AT_ONCE).map(|_| a.drops(&contact.id))).await;
    assert_eq!(deleted.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in deleted.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(refused.code(), Code::NotFound);
    }
    // one suppression, so that one restoration lifts it
    a.types_in(&b.email()).await.unwrap();
    assert_eq!(a.member_at(&b.email()).await, Some(contact));
}
