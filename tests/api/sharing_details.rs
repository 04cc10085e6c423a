//! Contact details (S2, C10): phone, title and locale in the partner's contacts and on its streams, while they are shared.

use crate::support::Harness;
use crate::support::stream::Said::{Contact, Event, Synced};
use crate::support::stream::Subscriber;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::ContactLink::Synced as Linked;
use pb::MemberEventKind as Kind;
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;

/// Two partners and somebody of the second, who has details.
async fn stage() -> (Harness, Organization, Organization, pb::Member, String) {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let kim = b.hires(&harness, "kim").await;
    harness.details(&kim, "1").await;
    (harness, a, b, kim, id)
}

impl Harness {
    /// Gives somebody a phone, a title and a locale; the position.
    async fn details(&self, member: &pb::Member, mark: &str) -> i64 {
        let member = pb::Member {
            phone: format!("phone {mark}"),
            title: format!("title {mark}"),
            locale: format!("sv-{mark}"),
            etag: String::new(),
            ..member.clone()
        };
        let paths = Some(&["phone", "title", "locale"][..]);
        self.update_member(member, paths).await.expect("details").into_inner().position
    }
}

/// What somebody's phone, title and locale show, by their mark; empty where they show nothing.
fn mark([phone, title, locale]: [&str; 3]) -> String {
    let mark = phone.strip_prefix("phone ").unwrap_or_default().to_owned();
    if mark.is_empty() {
        assert_eq!([phone, title, locale], [""; 3], "all of it or nothing");
    } else {
        assert_eq!([title, locale], [format!("title {mark}"), format!("sv-{mark}")]);
    }
    mark
}

/// What an account is shown of somebody.
async fn shown(viewer: &Organization, email: &str) -> String {
    let listed = viewer.member_at(email).await.expect("a contact");
    let got = viewer.contact(&listed.id).await.expect("the same contact");
    assert_eq!(got, listed);
    mark([&listed.phone, &listed.title, &listed.locale])
}

/// The next events about members, and what each tells of details.
async fn told(stream: &mut Subscriber, count: usize) -> Vec<String> {
    let mut told = Vec::new();
    while told.len() < count {
        let message = stream.message().await.expect("the stream goes on").expect("a message");
        if let Some(Payload::Event(event)) = message.payload
            && let Some(member) = event.member
        {
            told.push(mark([&member.phone, &member.title, &member.locale]));
        }
    }
    told
}

#[tokio::test]
async fn s2_c10_details_show_in_the_partners_contacts_while_they_are_shared() {
    let (harness, a, b, kim, _) = stage().await;
    let c = harness.organization("cy").await;
    b.joins(&c).await;
    assert_eq!(shown(&a, &kim.email).await, "");
    let item = b.shares_details(&a).await;
    assert_eq!(shown(&a, &kim.email).await, "1");
    assert_eq!(shown(&c, &kim.email).await, "", "a third account sees none");
    assert_eq!(shown(&b, &a.boss.email).await, "", "nor does the one that shares");
    harness.details(&kim, "2").await;
    assert_eq!(shown(&a, &kim.email).await, "2");
    b.unshares(&item.id).await.unwrap();
    assert_eq!(shown(&a, &kim.email).await, "");
    b.shares_details(&a).await;
    harness.removes(&kim).await;
    assert_eq!(shown(&a, &kim.email).await, "2", "one who left while they are shared");
}

#[tokio::test]
async fn c4_s4_contacts_that_are_kept_show_what_was_shared_at_the_end_whatever_comes() {
    let (harness, a, b, kim, id) = stage().await;
    let item = b.shares_details(&a).await;
    a.deletes(&id).await.unwrap();
    harness.details(&kim, "2").await;
    assert_eq!(shown(&a, &kim.email).await, "1");
    b.unshares(&item.id).await.unwrap();
    assert_eq!(shown(&a, &kim.email).await, "1");
    // a renewal shares nothing by itself
    a.joins(&b).await;
    assert_eq!(shown(&a, &kim.email).await, "");
    b.shares_details(&a).await;
    assert_eq!(shown(&a, &kim.email).await, "2");
}

#[tokio::test]
async fn s4_details_that_froze_stay_frozen_through_a_renewal_until_they_are_shared_again() {
    let (_harness, a, b, kim, id) = stage().await;
    b.shares_details(&a).await;
    a.deletes(&id).await.unwrap();
    a.joins(&b).await;
    assert_eq!(shown(&a, &kim.email).await, "");
    b.shares_details(&a).await;
    assert_eq!(shown(&a, &kim.email).await, "1");
}

#[tokio::test]
async fn s2_sharing_and_unsharing_are_told_with_a_snapshot_of_the_partner_alone() {
    let (harness, a, b, kim, _) = stage().await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let mut owners = b.watches(Some(Start::Now(()))).await.unwrap();
    owners.message().await.unwrap();
    stream.message().await.unwrap();
    for (mark_shown, shares) in [("1", true), ("", false)] {
        if shares {
            b.shares_details(&a).await;
        } else {
            let item = b.shared(pb::ShareDirection::SharedByUs).await.remove(0);
            b.unshares(&item.id).await.unwrap();
        }
        assert_eq!(stream.said(1).await, [Event(Kind::PartnerUpdated, b.id.clone())]);
        let message = loop {
            let message = stream.message().await.unwrap().unwrap();
            match message.payload {
                Some(Payload::Contact(contact)) if contact.email == kim.email => break contact,
                Some(Payload::Contact(_) | Payload::Heartbeat(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(mark([&message.phone, &message.title, &message.locale]), mark_shown);
        let mut rest = stream.said(1).await.remove(0);
        if rest == Contact(b.boss.email.clone(), Linked) {
            rest = stream.said(1).await.remove(0);
        }
        assert_eq!(rest, Synced(b.id.clone()));
    }
    // other items are on nobody's stream
    b.shares_file(&a, "p").await;
    let head = b.hires(&harness, "later").await.position;
    assert_eq!(stream.said(1).await, [Event(Kind::MemberAdded, "later@bo.example".to_owned())]);
    owners.is_quiet_until(head).await;
}

#[tokio::test]
async fn s2_an_event_shows_what_was_shared_at_its_own_position_however_late_it_is_read() {
    let (harness, a, b, kim, id) = stage().await;
    let c = harness.organization("cy").await;
    b.joins(&c).await;
    let (mut a_live, mut c_live) = (
        a.watches(Some(Start::Now(()))).await.unwrap(),
        c.watches(Some(Start::Now(()))).await.unwrap(),
    );
    a_live.message().await.unwrap();
    c_live.message().await.unwrap();
    let (a_token, c_token) = (a_live.token.clone(), c_live.token.clone());
    harness.details(&kim, "2").await;
    let item = b.shares_details(&a).await;
    harness.details(&kim, "3").await;
    b.unshares(&item.id).await.unwrap();
    harness.details(&kim, "4").await;
    b.shares_details(&a).await;
    harness.details(&kim, "5").await;
    let to_a = ["", "3", "", "5"];
    assert_eq!(told(&mut a_live, 4).await, to_a);
    assert_eq!(told(&mut c_live, 4).await, ["", "", "", ""]);
    a.deletes(&id).await.unwrap();
    harness.details(&kim, "6").await;
    // the same once more from an old token, on a stream and by page, though nothing is shared any more
    assert_eq!(told(&mut a.resumes(&a_token).await.unwrap(), 4).await, to_a);
    assert_eq!(told(&mut c.resumes(&c_token).await.unwrap(), 5).await, ["", "", "", "", ""]);
    let (events, _) = a.all_events_after(&a_token, 2).await.unwrap();
    let members = events.iter().filter_map(|event| event.member.as_ref());
    let by_page: Vec<_> =
        members.map(|member| mark([&member.phone, &member.title, &member.locale])).collect();
    assert_eq!(by_page, to_a);
    let kinds: Vec<_> = events.iter().map(pb::MemberEvent::kind).collect();
    let updates = kinds.iter().filter(|kind| **kind == Kind::PartnerUpdated);
    assert_eq!((updates.count(), kinds.last()), (3, Some(&Kind::PartnerEnded)));
}

#[tokio::test]
async fn c4_unsharing_after_the_end_is_told_to_nobody_even_when_they_are_partners_again() {
    let (harness, a, b, _, id) = stage().await;
    let item = b.shares_details(&a).await;
    a.deletes(&id).await.unwrap();
    a.joins(&b).await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    stream.message().await.unwrap();
    b.unshares(&item.id).await.unwrap();
    b.hires(&harness, "later").await;
    assert_eq!(stream.said(1).await, [Event(Kind::MemberAdded, "later@bo.example".to_owned())]);
}
