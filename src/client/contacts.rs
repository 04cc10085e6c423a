//! The partners' people as a consumer of `WatchMembers` holds them: the stream's messages applied one after the other.
//!
//! Store it as a whole, together with the token of the last message applied: then nothing is missed or applied twice.
//! What comes again, after a token older than what is held, changes nothing.

use crate::grpc::pb;
use pb::watch_members_response::Payload;
use pb::{ContactLink, EndedContacts, MemberEventKind, MemberState};
use std::collections::{BTreeMap, BTreeSet};

/// (home account, member).
pub type Key = (String, String);

/// A person, as the account knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub email: String,
    pub display_name: String,
    /// Empty while the partner shares no contact details, as are the next two.
    pub phone: String,
    pub title: String,
    pub locale: String,
    pub state: MemberState,
    pub link: ContactLink,
}

/// A snapshot that has begun: who was sent since.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snapshot {
    /// Only this partner's people; none for the whole account's.
    partner: Option<String>,
    position: i64,
    sent: BTreeSet<Key>,
}

impl Snapshot {
    fn covers(&self, home: &str) -> bool {
        self.partner.as_deref().is_none_or(|partner| partner == home)
    }
}

/// Everybody, and how far the stream was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    people: BTreeMap<Key, Person>,
    /// The highest position seen.
    position: i64,
    snapshot: Option<Snapshot>,
}

impl Contacts {
    /// Takes in one message; the order of the stream is the only order.
    pub fn apply(&mut self, message: &pb::WatchMembersResponse) {
        match &message.payload {
            Some(Payload::SnapshotBegin(begin)) => self.open(None, begin.position),
            Some(Payload::Contact(contact)) => self.take(contact, message.position),
            Some(Payload::Synced(synced)) => self.close(synced),
            Some(Payload::Event(event)) => self.follow(event),
            Some(Payload::Heartbeat(_)) | None => {}
        }
    }

    /// Everybody, by home account and member.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Person)> {
        self.people.iter()
    }

    /// The highest position seen: events at or below it change nothing.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.position
    }

    /// Whether a snapshot is being sent: what is held is then in part from before it.
    #[must_use]
    pub fn is_within_snapshot(&self) -> bool {
        self.snapshot.is_some()
    }

    fn open(&mut self, partner: Option<String>, position: i64) {
        self.snapshot = Some(Snapshot { partner, position, sent: BTreeSet::new() });
    }

    fn take(&mut self, contact: &pb::Contact, position: i64) {
        let is_of_all = self.snapshot.as_ref().is_some_and(|open| open.partner.is_none());
        // older than what is held; only a snapshot of the whole account may go back
        if position < self.position && !is_of_all {
            return;
        }
        let person = Person {
            email: contact.email.clone(),
            display_name: contact.display_name.clone(),
            phone: contact.phone.clone(),
            title: contact.title.clone(),
            locale: contact.locale.clone(),
            state: contact.member_state(),
            link: contact.link(),
        };
        self.put((contact.home_account_id.clone(), contact.member_id.clone()), person);
    }

    fn put(&mut self, key: Key, person: Person) {
        if let Some(snapshot) = self.snapshot.as_mut().filter(|snapshot| snapshot.covers(&key.0)) {
            snapshot.sent.insert(key.clone());
        }
        self.people.insert(key, person);
    }

    fn close(&mut self, synced: &pb::Synced) {
        let partner = Some(&synced.partner_account_id).filter(|id| !id.is_empty());
        let is_its = |open: &mut Snapshot| {
            open.partner.as_ref() == partner && open.position == synced.position
        };
        let Some(snapshot) = self.snapshot.take_if(is_its) else { return };
        self.people.retain(|key, _| !snapshot.covers(&key.0) || snapshot.sent.contains(key));
        if partner.is_none() {
            // also when it is lower: history was rewritten, or another replica is behind
            self.position = synced.position;
        }
    }

    fn follow(&mut self, event: &pb::MemberEvent) {
        let is_new = event.position > self.position;
        self.position = self.position.max(event.position);
        let partner = &event.partner_account_id;
        match event.kind() {
            MemberEventKind::MemberAdded
            | MemberEventKind::MemberUpdated
            | MemberEventKind::MemberDeactivated
            | MemberEventKind::MemberReactivated
                if is_new =>
            {
                self.tell(event, ContactLink::Synced);
            }
            MemberEventKind::MemberRemoved if is_new => {
                self.tell(event, ContactLink::RemovedAtSource);
            }
            MemberEventKind::PartnerActivated | MemberEventKind::PartnerUpdated
                if is_new || self.is_open(partner, event.position) =>
            {
                self.open(Some(partner.clone()), event.position);
            }
            MemberEventKind::PartnerEnded if is_new => self.end(partner, event.ended_contacts()),
            // seen before; or it says nothing about who is a contact
            _ => {}
        }
    }

    /// Whether the people of this very event were still being sent when the stream broke off.
    fn is_open(&self, partner: &str, position: i64) -> bool {
        self.snapshot.as_ref().is_some_and(|open| {
            open.partner.as_deref() == Some(partner) && open.position == position
        })
    }

    fn tell(&mut self, event: &pb::MemberEvent, link: ContactLink) {
        let Some(member) = &event.member else { return };
        let person = Person {
            email: member.email.clone(),
            display_name: member.display_name.clone(),
            phone: member.phone.clone(),
            title: member.title.clone(),
            locale: member.locale.clone(),
            state: match link {
                ContactLink::RemovedAtSource => MemberState::Removed,
                _ => member.state(),
            },
            link,
        };
        self.put((member.home_account_id.clone(), member.id.clone()), person);
    }

    fn end(&mut self, partner: &str, contacts: EndedContacts) {
        // its people were still being sent: those who were not are not told any more
        self.snapshot.take_if(|open| open.partner.as_deref() == Some(partner));
        let theirs = self.people.iter_mut().filter(|(key, _)| key.0 == partner);
        match contacts {
            EndedContacts::Unspecified => {}
            EndedContacts::Detached => theirs
                .filter(|(_, person)| person.link == ContactLink::Synced)
                .for_each(|(_, person)| person.link = ContactLink::Detached),
            EndedContacts::RemovedAtSource => {
                theirs.for_each(|(_, person)| person.link = ContactLink::RemovedAtSource);
            }
            EndedContacts::Purged => self.people.retain(|key, _| key.0 != partner),
        }
    }
}

#[cfg(test)]
mod tests;
