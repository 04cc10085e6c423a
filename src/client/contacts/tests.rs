//! Each kind of message, applied.

use super::*;
use ContactLink::{Detached, RemovedAtSource, Synced};
use MemberEventKind as Kind;
use MemberState::{Active, Deactivated, Removed};

/// As the service sends them: a contact has the position of what it follows.
fn messages(payloads: impl IntoIterator<Item = Payload>) -> Vec<pb::WatchMembersResponse> {
    let mut position = 0;
    let message = |payload| {
        position = match &payload {
            Payload::SnapshotBegin(begin) => begin.position,
            Payload::Synced(synced) => synced.position,
            Payload::Event(event) => event.position,
            Payload::Heartbeat(beat) => beat.position,
            Payload::Contact(_) => position,
        };
        pb::WatchMembersResponse { payload: Some(payload), position, ..Default::default() }
    };
    payloads.into_iter().map(message).collect()
}

fn apply(contacts: &mut Contacts, payloads: impl IntoIterator<Item = Payload>) {
    messages(payloads).iter().for_each(|message| contacts.apply(message));
}

fn snapshot_at(position: i64) -> Payload {
    Payload::SnapshotBegin(pb::SnapshotBegin { position })
}

fn synced(position: i64, partner: &str) -> Payload {
    Payload::Synced(pb::Synced { position, partner_account_id: partner.to_owned() })
}

fn contact(home: &str, member: &str, link: ContactLink) -> Payload {
    Payload::Contact(pb::Contact {
        home_account_id: home.to_owned(),
        member_id: member.to_owned(),
        email: format!("{member}@{home}.example"),
        display_name: member.to_owned(),
        member_state: Active.into(),
        link: link.into(),
        ..Default::default()
    })
}

fn of_partner(position: i64, kind: Kind, partner: &str) -> pb::MemberEvent {
    pb::MemberEvent {
        position,
        kind: kind.into(),
        partner_account_id: partner.to_owned(),
        ..Default::default()
    }
}

fn activated(position: i64, partner: &str) -> Payload {
    Payload::Event(of_partner(position, Kind::PartnerActivated, partner))
}

fn ended(position: i64, partner: &str, contacts: EndedContacts) -> Payload {
    let event = of_partner(position, Kind::PartnerEnded, partner);
    Payload::Event(pb::MemberEvent { ended_contacts: contacts.into(), ..event })
}

fn of_member(position: i64, kind: Kind, member: &str, state: MemberState) -> Payload {
    let member = pb::PartnerMember {
        id: member.to_owned(),
        home_account_id: "b".to_owned(),
        email: format!("{member}@new.example"),
        display_name: member.to_owned(),
        state: state.into(),
        ..Default::default()
    };
    Payload::Event(pb::MemberEvent { member: Some(member), ..of_partner(position, kind, "b") })
}

fn after(payloads: impl IntoIterator<Item = Payload>) -> Contacts {
    let mut contacts = Contacts::default();
    apply(&mut contacts, payloads);
    contacts
}

/// `home/member`, e-mail's domain, state and link of everybody.
fn lines(contacts: &Contacts) -> Vec<(String, String, MemberState, ContactLink)> {
    let domain = |person: &Person| person.email.split('@').next_back().map(str::to_owned);
    contacts
        .iter()
        .map(|((home, member), person)| {
            let domain = domain(person).unwrap_or_default();
            (format!("{home}/{member}"), domain, person.state, person.link)
        })
        .collect()
}

fn keys(contacts: &Contacts) -> Vec<String> {
    lines(contacts).into_iter().map(|(key, ..)| key).collect()
}

#[test]
fn a_snapshot_replaces_everything_but_only_once_it_is_complete() {
    let mut contacts = after([
        snapshot_at(3),
        contact("b", "1", Synced),
        contact("c", "2", Synced),
        synced(3, ""),
    ]);
    assert_eq!(keys(&contacts), ["b/1", "c/2"]);
    apply(&mut contacts, [snapshot_at(9), contact("c", "3", Synced)]);
    assert_eq!(keys(&contacts), ["b/1", "c/2", "c/3"]);
    assert!(contacts.is_within_snapshot());
    apply(&mut contacts, [synced(9, "")]);
    assert_eq!((keys(&contacts), contacts.position()), (vec!["c/3".to_owned()], 9));
    assert!(!contacts.is_within_snapshot());
}

#[test]
fn a_snapshot_that_begins_again_forgets_what_the_first_attempt_sent() {
    let contacts = after([
        snapshot_at(3),
        contact("b", "1", Synced),
        snapshot_at(5),
        contact("b", "2", Synced),
        synced(5, ""),
    ]);
    assert_eq!(keys(&contacts), ["b/2"]);
}

#[test]
fn after_history_was_rewritten_the_snapshots_position_counts_though_it_is_lower() {
    let contacts = after([
        of_member(90, Kind::MemberAdded, "1", Active),
        snapshot_at(40),
        synced(40, ""),
        of_member(41, Kind::MemberAdded, "2", Active),
    ]);
    assert_eq!((keys(&contacts), contacts.position()), (vec!["b/2".to_owned()], 41));
}

#[test]
fn a_members_event_is_an_upsert_with_a_synced_link_also_of_a_stranger() {
    for (kind, state) in [
        (Kind::MemberAdded, Active),
        (Kind::MemberUpdated, Active),
        (Kind::MemberDeactivated, Deactivated),
        (Kind::MemberReactivated, Active),
    ] {
        let known = after([
            snapshot_at(1),
            contact("b", "1", RemovedAtSource),
            synced(1, ""),
            of_member(2, kind, "1", state),
        ]);
        let expected = ("b/1".to_owned(), "new.example".to_owned(), state, Synced);
        assert_eq!(lines(&known), std::slice::from_ref(&expected), "{kind:?}");
        let stranger = after([of_member(2, kind, "1", state)]);
        assert_eq!(lines(&stranger), [expected], "{kind:?}");
    }
}

#[test]
fn who_leaves_stays_as_removed_at_source() {
    let contacts = after([
        of_member(1, Kind::MemberAdded, "1", Active),
        of_member(2, Kind::MemberRemoved, "1", Removed),
    ]);
    let expected = ("b/1".to_owned(), "new.example".to_owned(), Removed, RemovedAtSource);
    assert_eq!(lines(&contacts), [expected]);
}

#[test]
fn events_at_or_below_the_highest_position_seen_change_nothing() {
    let contacts = after([
        of_member(5, Kind::MemberDeactivated, "1", Deactivated),
        of_member(5, Kind::MemberReactivated, "1", Active),
        of_member(4, Kind::MemberRemoved, "1", Removed),
        ended(3, "b", EndedContacts::Purged),
    ]);
    let expected = ("b/1".to_owned(), "new.example".to_owned(), Deactivated, Synced);
    assert_eq!((lines(&contacts), contacts.position()), (vec![expected], 5));
}

#[test]
fn a_partners_own_snapshot_replaces_that_partners_people_alone() {
    let contacts = after([
        snapshot_at(1),
        contact("b", "1", Detached),
        contact("c", "2", Detached),
        synced(1, ""),
        activated(4, "b"),
        contact("b", "3", Synced),
        contact("c", "4", Synced),
        synced(4, "b"),
    ]);
    assert_eq!(
        (keys(&contacts), contacts.position()),
        (["b/3", "c/2", "c/4"].map(str::to_owned).to_vec(), 4)
    );
}

#[test]
fn a_partners_snapshot_that_broke_off_goes_on_or_begins_again() {
    let beginning = [contact("b", "1", Detached), activated(4, "b"), contact("b", "2", Synced)];
    let rest = [contact("b", "3", Synced), synced(4, "b")];
    let resumed_inside = after(beginning.iter().chain(&rest).cloned());
    let resumed_before = after(beginning.iter().chain(&beginning[1..]).chain(&rest).cloned());
    for contacts in [resumed_inside, resumed_before] {
        assert_eq!(
            (keys(&contacts), contacts.is_within_snapshot()),
            (["b/2", "b/3"].map(str::to_owned).to_vec(), false)
        );
    }
}

#[test]
fn a_partners_snapshot_that_comes_again_takes_nothing_back() {
    let mut contacts = after([
        activated(4, "b"),
        contact("b", "1", Synced),
        synced(4, "b"),
        of_member(5, Kind::MemberRemoved, "1", Removed),
        of_member(6, Kind::MemberAdded, "2", Active),
    ]);
    let before = contacts.clone();
    apply(&mut contacts, [activated(4, "b"), contact("b", "1", Synced), synced(4, "b")]);
    assert_eq!(contacts, before);
}

#[test]
fn an_ending_says_what_becomes_of_that_partners_people() {
    let people =
        [contact("b", "1", Synced), contact("b", "2", RemovedAtSource), contact("c", "3", Synced)];
    let links = |how: EndedContacts| {
        let contacts = after(people.iter().cloned().chain([ended(7, "b", how)]));
        let link = |(key, _, _, link)| (key, link);
        lines(&contacts).into_iter().map(link).collect::<Vec<(String, ContactLink)>>()
    };
    let line = |key: &str, link| (key.to_owned(), link);
    assert_eq!(
        links(EndedContacts::Detached),
        [line("b/1", Detached), line("b/2", RemovedAtSource), line("c/3", Synced)]
    );
    assert_eq!(
        links(EndedContacts::RemovedAtSource),
        [line("b/1", RemovedAtSource), line("b/2", RemovedAtSource), line("c/3", Synced)]
    );
    assert_eq!(links(EndedContacts::Purged), [line("c/3", Synced)]);
}

#[test]
fn a_contact_outside_a_snapshot_is_one_that_is_back() {
    let mut contacts = after([snapshot_at(1), synced(1, ""), contact("b", "1", Detached)]);
    assert_eq!(keys(&contacts), ["b/1"]);
    let restored = messages([synced(3, "b"), contact("b", "1", Synced)]).remove(1);
    contacts.apply(&restored);
    assert_eq!(lines(&contacts)[0].3, Synced);
    // and once more, after what happened to it since
    apply(&mut contacts, [of_member(4, Kind::MemberDeactivated, "1", Deactivated)]);
    let before = contacts.clone();
    contacts.apply(&restored);
    assert_eq!(contacts, before);
}

#[test]
fn heartbeats_and_what_a_partner_shares_change_nobody() {
    let before = after([contact("b", "1", Synced)]);
    let mut contacts = before.clone();
    apply(&mut contacts, [Payload::Heartbeat(pb::Heartbeat { position: 9, lag: None })]);
    assert_eq!(contacts, before);
    apply(&mut contacts, [Payload::Event(of_partner(2, Kind::PartnerUpdated, "b"))]);
    assert_eq!(keys(&contacts), ["b/1"]);
}
