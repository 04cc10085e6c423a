//! Partners' people on the Contacts page: who is there, with what link, and as of when (C1-C7, C9, C10, M5, M6).

use crate::support::Harness;
use crate::support::contacts::list;
use partner_service::grpc::pb;
use pb::{ContactKind as Kind, ContactLink as Link, MemberState};
use std::time::Duration;

fn emails(contacts: &[pb::Contact]) -> Vec<&str> {
    let mut emails: Vec<&str> = contacts.iter().map(|contact| contact.email.as_str()).collect();
    emails.sort_unstable();
    emails
}

#[tokio::test]
async fn c1_on_activation_each_side_sees_every_member_of_the_other() {
    let harness = Harness::start().await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    b.hires(&harness, "kim").await;
    assert_eq!(a.members().await, []);
    a.joins(&b).await;
    assert_eq!(emails(&a.members().await), ["boss@bo.example", "kim@bo.example"]);
    assert_eq!(emails(&b.members().await), ["boss@ann.example"]);
    for contact in a.members().await {
        assert_eq!((contact.kind(), contact.link()), (Kind::Member, Link::Synced));
        assert_eq!(
            (contact.account_id.as_str(), contact.home_account_id.as_str()),
            (a.id.as_str(), b.id.as_str())
        );
        assert_eq!(
            (contact.partner_display_name.as_str(), contact.member_state()),
            ("bo", MemberState::Active)
        );
    }
}

#[tokio::test]
async fn c2_a_newcomer_is_a_contact_of_every_partner_and_of_nobody_else() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let (c, d) = (harness.organization("cy").await, harness.organization("di").await);
    c.joins(&b).await;
    let kim = b.hires(&harness, "kim").await;
    for partner in [&a, &c] {
        let contact = partner.member_at(&kim.email).await.expect("kim is a contact");
        assert_eq!((contact.member_id.as_str(), contact.link()), (kim.id.as_str(), Link::Synced));
    }
    assert_eq!(d.members().await, []);
}

#[tokio::test]
async fn c3_changes_follow_and_a_removed_person_stays_marked() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    let before = a.member_at(&kim.email).await.unwrap();
    harness.clock.advance(Duration::from_secs(60));
    let renamed = pb::Member { display_name: "Kim K".to_owned(), ..kim.clone() };
    harness.updates(&b.id, pb::Member { etag: String::new(), ..renamed }).await;
    harness.deactivates(&b.id, &kim.id).await;
    let after = a.member_at(&kim.email).await.unwrap();
    assert_eq!(
        (after.display_name.as_str(), after.member_state()),
        ("Kim K", MemberState::Deactivated)
    );
    assert_eq!(after.id, before.id);
    assert!(after.update_time.unwrap().seconds > before.update_time.unwrap().seconds);
    harness.removes_by_id(&b.id, &kim.id).await;
    let gone = a.contact(&before.id).await.unwrap();
    assert_eq!((gone.link(), gone.member_state()), (Link::RemovedAtSource, MemberState::Removed));
    assert_eq!(emails(&a.members().await), ["boss@bo.example", "kim@bo.example"]);
}

#[tokio::test]
async fn c3_who_left_before_the_partnership_was_never_seen() {
    let harness = Harness::start().await;
    let (a, b) = (harness.organization("ann").await, harness.organization("bo").await);
    let kim = b.hires(&harness, "kim").await;
    harness.removes_by_id(&b.id, &kim.id).await;
    a.joins(&b).await;
    assert_eq!(emails(&a.members().await), ["boss@bo.example"]);
}

#[tokio::test]
async fn c4_after_the_end_contacts_stand_as_they_were_for_both_sides() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (kim, lee) = (b.hires(&harness, "kim").await, b.hires(&harness, "lee").await);
    harness.removes_by_id(&b.id, &lee.id).await;
    a.deletes(&id).await.unwrap();
    let before = a.members().await;
    assert_eq!(a.member_at(&kim.email).await.unwrap().link(), Link::Detached);
    assert_eq!(a.member_at(&lee.email).await.unwrap().link(), Link::RemovedAtSource);
    assert_eq!(b.members().await[0].link(), Link::Detached);

    let renamed = pb::Member { display_name: "Kim K".to_owned(), ..kim.clone() };
    harness.updates(&b.id, pb::Member { etag: String::new(), ..renamed }).await;
    harness.removes_by_id(&b.id, &kim.id).await;
    b.hires(&harness, "max").await;
    let account = pb::Account { display_name: "bo renamed".to_owned(), ..Default::default() };
    let rename = pb::UpdateAccountRequest {
        account_id: b.id.clone(),
        account: Some(account),
        ..Default::default()
    };
    harness.operator().accounts.update_account(rename).await.unwrap();
    assert_eq!(a.members().await, before);
}

#[tokio::test]
async fn c5_a_renewal_links_again_adds_newcomers_and_marks_who_left_in_the_gap() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let (kim, lee) = (b.hires(&harness, "kim").await, b.hires(&harness, "lee").await);
    let ids =
        (a.member_at(&kim.email).await.unwrap().id, a.member_at(&lee.email).await.unwrap().id);
    b.deletes(&id).await.unwrap();
    let max = b.hires(&harness, "max").await;
    let pat = b.hires(&harness, "pat").await;
    harness.removes_by_id(&b.id, &pat.id).await;
    let renamed =
        pb::Member { display_name: "secret".to_owned(), etag: String::new(), ..lee.clone() };
    harness.updates(&b.id, renamed).await;
    harness.removes_by_id(&b.id, &lee.id).await;
    b.joins(&a).await;

    let linked = a.member_at(&kim.email).await.unwrap();
    assert_eq!((linked.link(), &linked.id), (Link::Synced, &ids.0));
    assert_eq!(a.member_at(&max.email).await.unwrap().link(), Link::Synced);
    let left = a.member_at(&lee.email).await.unwrap();
    assert_eq!(
        (left.link(), left.member_state(), &left.id),
        (Link::RemovedAtSource, MemberState::Removed, &ids.1)
    );
    // what changed in the gap is told of those who are shared again, and of nobody else
    assert_eq!(left.display_name, lee.email);
    assert_eq!(a.members().await.len(), 4, "no duplicates, and pat came and went unseen");
}

#[tokio::test]
async fn c6_a_partners_guests_and_partners_are_not_passed_on() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    b.joins(&c).await;
    b.types_in("guest@else.example").await.unwrap();
    assert_eq!(emails(&a.members().await), ["boss@bo.example"]);
    assert_eq!(emails(&c.members().await), ["boss@bo.example"]);
}

#[tokio::test]
async fn c9_purge_at_the_end_lets_the_contacts_go_and_a_renewal_brings_them_again() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    harness.removes_by_id(&b.id, &kim.id).await;
    let boss = a.member_at(&b.email()).await.unwrap();
    a.keeps(pb::ContactRetention::Purge).await;
    assert_eq!(a.members().await.len(), 2);
    b.deletes(&id).await.unwrap();
    assert_eq!(a.members().await, []);
    assert_eq!(a.contact(&boss.id).await.unwrap_err().code(), tonic::Code::NotFound);
    assert_eq!(b.members().await.len(), 1, "the other side keeps");
    // deciding otherwise later brings nothing back
    a.keeps(pb::ContactRetention::Keep).await;
    assert_eq!(a.members().await, []);
    a.deletes(&id).await.unwrap();
    a.joins(&b).await;
    assert_eq!(emails(&a.members().await), ["boss@bo.example"]);
}

#[tokio::test]
async fn c9_what_counts_is_the_preference_at_the_end() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    a.deletes(&id).await.unwrap();
    a.keeps(pb::ContactRetention::Purge).await;
    assert_eq!(a.members().await[0].link(), Link::Detached);
    // the account that closes decides nothing for the other one
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    b.joins(&c).await;
    harness.closes(&c.id).await;
    assert_eq!(emails(&a.members().await), ["boss@bo.example"]);
    assert_eq!(b.member_at(&c.email()).await.unwrap().link(), Link::RemovedAtSource);
}

#[tokio::test]
async fn c10_m5_partners_see_no_details_and_a_closed_accounts_people_read_removed_at_source() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let details = |id: &str| pb::Member {
        id: id.to_owned(),
        phone: "+46 1".to_owned(),
        title: "Dr".to_owned(),
        locale: "sv".to_owned(),
        ..Default::default()
    };
    harness.updates(&b.id, details(&b.boss.id)).await;
    let theirs = a.member_at(&b.email()).await.unwrap();
    assert_eq!([theirs.phone, theirs.title, theirs.locale], ["", "", ""]);
    let own = &b.contacts_of(Kind::User).await[0];
    assert_eq!([&own.phone, &own.title, &own.locale], ["+46 1", "Dr", "sv"]);
    assert_eq!(
        (own.link, own.member_id.as_str(), own.partner_display_name.as_str()),
        (0, b.boss.id.as_str(), "")
    );
    harness.closes(&b.id).await;
    assert_eq!(a.member_at(&b.email()).await.unwrap().link(), Link::RemovedAtSource);
}

#[tokio::test]
async fn m5_a_partner_that_ended_before_it_closed_stays_detached() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    a.deletes(&id).await.unwrap();
    harness.closes(&b.id).await;
    assert_eq!(a.members().await[0].link(), Link::Detached);
}

#[tokio::test]
async fn m6_who_moves_between_two_partners_is_two_contacts_and_who_comes_back_is_the_one_again() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    let kim = b.hires(&harness, "kim").await;
    let first = a.member_at(&kim.email).await.unwrap();
    harness.moves_by_id(&b.id, &kim.id, &c.id).await;
    let both: Vec<_> =
        a.members().await.into_iter().filter(|contact| contact.member_id == kim.id).collect();
    let at = |home: &str| both.iter().find(|contact| contact.home_account_id == home).unwrap();
    assert_eq!(
        (both.len(), at(&b.id).link(), at(&c.id).link()),
        (2, Link::RemovedAtSource, Link::Synced)
    );
    assert_ne!(at(&b.id).id, at(&c.id).id);
    harness.moves_by_id(&c.id, &kim.id, &b.id).await;
    let back = a.contact(&first.id).await.unwrap();
    assert_eq!((back.link(), back.member_state()), (Link::Synced, MemberState::Active));
    assert_eq!(a.contacts_of(Kind::User).await.len(), 1);
}

#[tokio::test]
async fn the_accounts_own_people_are_users_until_they_are_removed() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let kim = a.hires(&harness, "kim").await;
    harness.deactivates(&a.id, &kim.id).await;
    let users = a.contacts_of(Kind::User).await;
    assert_eq!(emails(&users), ["boss@ann.example", "kim@ann.example"]);
    let as_user = users.iter().find(|contact| contact.member_id == kim.id).unwrap();
    assert_eq!(as_user.member_state(), MemberState::Deactivated);
    assert_ne!(as_user.id, b.member_at(&kim.email).await.unwrap().id, "ids mean nothing elsewhere");
    harness.removes_by_id(&a.id, &kim.id).await;
    assert_eq!(emails(&a.contacts_of(Kind::User).await), ["boss@ann.example"]);
}

#[tokio::test]
async fn every_organisation_of_the_demo_sees_exactly_the_union_of_its_partners_members() {
    #[derive(serde::Deserialize)]
    struct File {
        organizations: Vec<Entry>,
    }
    #[derive(serde::Deserialize)]
    struct Entry {
        name: String,
        members: Vec<String>,
    }
    // a slice of each organisation is enough to tell them apart; registering is what takes the time
    const PEOPLE: usize = 12;
    let file: File = serde_json::from_str(include_str!("../data/organizations.json")).unwrap();
    let harness = Harness::start().await;
    let mut all = Vec::new();
    for entry in &file.organizations {
        let organization = harness.organization(&entry.name).await;
        for handle in entry.members.iter().take(PEOPLE) {
            organization.hires(&harness, handle).await;
        }
        all.push(organization);
    }
    for (index, one) in all.iter().enumerate() {
        for other in &all[index + 1..] {
            one.joins(other).await;
        }
    }
    let mut people = Vec::new();
    for one in &all {
        for user in one.contacts_of(Kind::User).await {
            people.push((one.id.clone(), user.member_id));
        }
    }
    people.sort();
    assert!(people.len() > all.len());
    for one in &all {
        let request = pb::ListContactsRequest { page_size: 7, ..one.contacts_request() };
        let seen =
            list(&one.by, pb::ListContactsRequest { kinds: vec![Kind::Member.into()], ..request });
        let seen: Vec<_> = seen
            .await
            .into_iter()
            .map(|contact| (contact.home_account_id, contact.member_id))
            .collect();
        let others: Vec<_> = people.iter().filter(|(home, _)| *home != one.id).cloned().collect();
        assert_eq!(seen, others, "in the order of home account and member");
    }
}
