//! The log, folded the naive way: each account's contacts are copies, and every event is carried to the pages it concerns
//! when it comes by. Every copy keeps all it ever was, so that a page can be read as of any position.

use super::Key;
use super::log::{Log, LogRow};
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb::{ContactLink as Link, EndedContacts, MemberEventKind, MemberState};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What partners may know of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub email: String,
    pub display_name: String,
    pub state: MemberState,
    /// Phone, title and locale; empty where they are not shared.
    pub details: [String; 3],
}

impl Person {
    /// As one is told who is not told the details.
    fn plain(self) -> Self {
        Self { details: Default::default(), ..self }
    }
}

/// A person on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub person: Person,
    pub link: Link,
}

/// Contacts by home and member.
pub type Contacts = BTreeMap<Key, Copy>;

/// One thing that an account must be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling {
    pub position: i64,
    pub event_id: Uuid,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Member {
        home: Uuid,
        member: Uuid,
        kind: MemberEventKind,
        after: Person,
    },
    Activated {
        partner: Uuid,
        partnership: Uuid,
    },
    Ended {
        partner: Uuid,
        partnership: Uuid,
        contacts: EndedContacts,
    },
    /// The partner changed what it shares of its people.
    Updated {
        partner: Uuid,
    },
    /// A contact that the account had deleted is there again.
    Restored(Key),
}

/// One account's side.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// In the order of positions.
    pub tellings: Vec<Telling>,
    copies: BTreeMap<Key, Vec<(i64, Option<Copy>)>>,
    hidden: BTreeMap<Key, Vec<(i64, bool)>>,
    /// People of partners that have lasted since they were last told of, with all their details.
    following: BTreeMap<Key, Person>,
    purges: bool,
}

/// Where an account set `contact_retention`, and whether to PURGE: the log says that it changed, not to what.
pub type Retentions = BTreeMap<(i64, Uuid), bool>;

/// Every account's side.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    pages: BTreeMap<Uuid, Page>,
    people: BTreeMap<Key, Person>,
    active: BTreeSet<(Uuid, Uuid)>,
    /// Who shares contact details with whom.
    detailed: BTreeSet<(Uuid, Uuid)>,
}

impl Oracle {
    /// Folds a log, from its first row on.
    pub fn of(log: &Log, retentions: &Retentions) -> Self {
        let mut oracle = Self::default();
        let mut change = 0;
        for (index, row) in log.rows.iter().enumerate() {
            if row.last_of_change || index + 1 == log.rows.len() {
                let rows = &log.rows[change..=index];
                rows.iter().for_each(|row| oracle.row(row, rows, retentions));
                change = index + 1;
            }
        }
        oracle
    }

    /// An account's side; empty if the log does not know it.
    pub fn page(&self, account: Uuid) -> Page {
        self.pages.get(&account).cloned().unwrap_or_default()
    }

    fn row(&mut self, row: &LogRow, change: &[LogRow], retentions: &Retentions) {
        use EventKind as Kind;
        match row.kind {
            Kind::MemberAdded => self.member(row, MemberEventKind::MemberAdded),
            Kind::MemberUpdated => self.member(row, MemberEventKind::MemberUpdated),
            Kind::MemberDeactivated => self.member(row, MemberEventKind::MemberDeactivated),
            Kind::MemberReactivated => self.member(row, MemberEventKind::MemberReactivated),
            Kind::MemberRemoved => self.member(row, MemberEventKind::MemberRemoved),
            Kind::PartnerActivated if shares(row) => self.activated(row),
            Kind::PartnerEnded if shares(row) => {
                let closed = change.iter().any(|other| other.kind == Kind::AccountClosed);
                self.ended(row, closed);
            }
            Kind::ItemShared | Kind::ItemUnshared if details(row) => self.updated(row),
            Kind::ContactSuppressed => self.hide(row, true),
            Kind::ContactRestored => self.hide(row, false),
            Kind::PreferencesUpdated => {
                if let Some(purges) = retentions.get(&(row.position, row.account)) {
                    self.at(row.account).purges = *purges;
                }
            }
            Kind::PartnerActivated
            | Kind::PartnerEnded
            | Kind::LogOpened
            | Kind::LogImported
            | Kind::AccountCreated
            | Kind::AccountUpdated
            | Kind::AccountSuspended
            | Kind::AccountResumed
            | Kind::AccountClosed
            | Kind::MemberPrivatelyUpdated
            | Kind::PartnershipChanged
            | Kind::AgreementPublished
            | Kind::AgreementAccepted
            | Kind::GuestCreated
            | Kind::GuestDeleted
            | Kind::ProviderProfileUpdated
            | Kind::InquirySent
            | Kind::ItemShared
            | Kind::ItemUnshared
            | Kind::SharedItemUpdated => {}
        }
    }

    fn member(&mut self, row: &LogRow, kind: MemberEventKind) {
        let (home, member) = (row.account, row.subject);
        let after = person(row);
        let left = kind == MemberEventKind::MemberRemoved;
        if left {
            self.people.remove(&(home, member));
        } else {
            self.people.insert((home, member), after.clone());
        }
        for viewer in self.partners(home) {
            let full = after.clone();
            let is_detailed = self.detailed.contains(&(home, viewer));
            let after = if is_detailed { full.clone() } else { full.clone().plain() };
            let page = self.at(viewer);
            page.following.insert((home, member), full);
            let link = if left { Link::RemovedAtSource } else { Link::Synced };
            page.put((home, member), row.position, Some(Copy { person: after.clone(), link }));
            if !page.hides((home, member)) {
                page.tell(row, What::Member { home, member, kind, after: after.clone() });
            }
        }
    }

    fn activated(&mut self, row: &LogRow) {
        let (a, b) = parties(row);
        self.active.insert((a, b));
        for (viewer, partner) in [(a, b), (b, a)] {
            let there: Vec<(Key, Person)> = self
                .people
                .range((partner, Uuid::nil())..=(partner, Uuid::max()))
                .map(|(key, person)| (*key, person.clone()))
                .collect();
            let page = self.at(viewer);
            let present: BTreeSet<Key> = there.iter().map(|(key, _)| *key).collect();
            for (key, mut copy) in page.of_partner(partner) {
                if !present.contains(&key) {
                    // who left while nobody looked
                    copy.link = Link::RemovedAtSource;
                    copy.person.state = MemberState::Removed;
                    page.put(key, row.position, Some(copy));
                }
            }
            page.following.retain(|key, _| key.0 != partner);
            for (key, person) in there {
                page.following.insert(key, person.clone());
                let person = person.plain();
                page.put(key, row.position, Some(Copy { person, link: Link::Synced }));
            }
            page.tell(row, What::Activated { partner, partnership: row.subject });
        }
    }

    fn ended(&mut self, row: &LogRow, closed: bool) {
        let (a, b) = parties(row);
        self.active.retain(|pair| *pair != (a, b) && *pair != (b, a));
        self.detailed.retain(|pair| *pair != (a, b) && *pair != (b, a));
        for (viewer, partner) in [(a, b), (b, a)] {
            let page = self.at(viewer);
            let contacts = match (page.purges, closed) {
                (true, _) => EndedContacts::Purged,
                (false, true) => EndedContacts::RemovedAtSource,
                (false, false) => EndedContacts::Detached,
            };
            for (key, mut copy) in page.of_partner(partner) {
                let after = match contacts {
                    EndedContacts::Purged => None,
                    EndedContacts::RemovedAtSource => {
                        copy.link = Link::RemovedAtSource;
                        Some(copy)
                    }
                    _ if copy.link == Link::Synced => {
                        copy.link = Link::Detached;
                        Some(copy)
                    }
                    _ => Some(copy),
                };
                page.put(key, row.position, after);
            }
            page.tell(row, What::Ended { partner, partnership: row.subject, contacts });
        }
    }

    /// Everybody whom the partner's end has met since it began is told of anew; who left before stays as it was.
    fn updated(&mut self, row: &LogRow) {
        let (partner, viewer) = parties(row);
        let shown = row.kind == EventKind::ItemShared;
        if shown {
            self.detailed.insert((partner, viewer));
        } else {
            self.detailed.remove(&(partner, viewer));
        }
        let page = self.at(viewer);
        for (key, mut copy) in page.of_partner(partner) {
            if let Some(full) = page.following.get(&key) {
                let details = if shown { full.details.clone() } else { Default::default() };
                copy.person.details = details;
                page.put(key, row.position, Some(copy));
            }
        }
        page.tell(row, What::Updated { partner });
    }

    fn hide(&mut self, row: &LogRow, hidden: bool) {
        let key = (id(&row.payload["home_account"]), id(&row.payload["contact_member"]));
        let page = self.at(row.account);
        page.hidden.entry(key).or_default().push((row.position, hidden));
        if !hidden && page.now(key).is_some() {
            page.tell(row, What::Restored(key));
        }
    }

    fn partners(&self, account: Uuid) -> Vec<Uuid> {
        let other = |(a, b): &(Uuid, Uuid)| match (*a == account, *b == account) {
            (true, _) => Some(*b),
            (_, true) => Some(*a),
            _ => None,
        };
        self.active.iter().filter_map(other).collect()
    }

    fn at(&mut self, account: Uuid) -> &mut Page {
        self.pages.entry(account).or_default()
    }
}

impl Page {
    /// The contacts that are shown as of a position.
    pub fn contacts(&self, position: i64) -> Contacts {
        let shown = |(key, versions): (&Key, &Vec<(i64, Option<Copy>)>)| {
            let copy = as_of(versions, position)?.clone()?;
            (!self.hidden_at(*key, position)).then_some((*key, copy))
        };
        self.copies.iter().filter_map(shown).collect()
    }

    /// Whether the account had deleted this contact as of a position.
    pub fn hidden_at(&self, key: Key, position: i64) -> bool {
        self.hidden.get(&key).and_then(|marks| as_of(marks, position)).is_some_and(|hidden| *hidden)
    }

    fn tell(&mut self, row: &LogRow, what: What) {
        self.tellings.push(Telling { position: row.position, event_id: row.event_id, what });
    }

    fn put(&mut self, key: Key, position: i64, copy: Option<Copy>) {
        self.copies.entry(key).or_default().push((position, copy));
    }

    fn now(&self, key: Key) -> Option<&Copy> {
        self.copies.get(&key)?.last()?.1.as_ref()
    }

    fn hides(&self, key: Key) -> bool {
        self.hidden_at(key, i64::MAX)
    }

    fn of_partner(&self, partner: Uuid) -> Vec<(Key, Copy)> {
        let range = (partner, Uuid::nil())..=(partner, Uuid::max());
        let last = |(key, versions): (&Key, &Vec<(i64, Option<Copy>)>)| {
            Some((*key, versions.last()?.1.clone()?))
        };
        self.copies.range(range).filter_map(last).collect()
    }
}

fn as_of<T>(versions: &[(i64, T)], position: i64) -> Option<&T> {
    let upto = versions.partition_point(|(at, _)| *at <= position);
    versions[..upto].last().map(|(_, version)| version)
}

/// Only collaborators share people (T).
fn shares(row: &LogRow) -> bool {
    row.payload["kind"] == "COLLABORATION"
}

/// Contact details, shared or not any more while the partnership lasts.
fn details(row: &LogRow) -> bool {
    row.payload["item_type"] == "CONTACT_DETAILS" && row.payload["is_live"] == true
}

fn parties(row: &LogRow) -> (Uuid, Uuid) {
    (row.account, row.counterpart.expect("there are two parties"))
}

fn person(row: &LogRow) -> Person {
    let text = |name: &str| row.payload[name].as_str().expect("a text in the log").to_owned();
    let state = match row.payload["state"].as_str() {
        Some("ACTIVE") => MemberState::Active,
        Some("DEACTIVATED") => MemberState::Deactivated,
        Some("REMOVED") => MemberState::Removed,
        other => panic!("the log at {} has a member in state {other:?}", row.position),
    };
    let details = [text("phone"), text("title"), text("locale")];
    Person { email: text("email"), display_name: text("display_name"), state, details }
}

fn id(value: &serde_json::Value) -> Uuid {
    value.as_str().and_then(|text| text.parse().ok()).expect("an id in the log")
}
