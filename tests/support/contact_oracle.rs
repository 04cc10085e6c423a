//! What every account's Contacts page must show, kept the naive way: each page is a set of copies, and every event is
//! carried to the pages it concerns when it happens. The service keeps no copies; that is what makes this an oracle.

use partner_service::grpc::pb;
use pb::{ContactKind as Kind, ContactLink as Link, MemberState as State};
use std::collections::{BTreeMap, BTreeSet};

/// (home account, member).
pub type Key = (String, String);

/// A person, as told to a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub email: String,
    pub name: String,
    pub state: State,
}

#[derive(Clone, Debug)]
struct Copy {
    told: Told,
    link: Link,
}

#[derive(Default)]
struct Page {
    copies: BTreeMap<Key, Copy>,
    hidden: BTreeSet<Key>,
    /// By address.
    guests: BTreeMap<String, String>,
    purges: bool,
    closed: bool,
}

/// One line of a page: kind, home, member or guest, e-mail, state, link; and the name of whoever has a login.
pub type Line = (i32, String, String, String, i32, i32, String);

/// What typing an address in does.
#[derive(Debug, PartialEq, Eq)]
pub enum TypedIn {
    Exists,
    Restored,
    NewGuest,
}

/// Every page, and every person who is somebody's member now.
#[derive(Default)]
pub struct Oracle {
    pages: BTreeMap<String, Page>,
    pub people: BTreeMap<Key, Told>,
    pub active: BTreeSet<(String, String)>,
}

impl Oracle {
    pub fn account(&mut self, id: &str) {
        self.pages.insert(id.to_owned(), Page::default());
    }

    pub fn purges(&mut self, account: &str, purges: bool) {
        self.page(account).purges = purges;
    }

    /// A member as it is after whatever happened to it, the first time included.
    pub fn tell(&mut self, key: &Key, told: &Told) {
        self.people.insert(key.clone(), told.clone());
        for partner in self.partners(&key.0) {
            let copy = Copy { told: told.clone(), link: Link::Synced };
            self.page(&partner).copies.insert(key.clone(), copy);
        }
    }

    pub fn leave(&mut self, key: &Key) {
        self.people.remove(key);
        for partner in self.partners(&key.0) {
            let copy = self.page(&partner).copies.get_mut(key).expect("a partner has everybody");
            copy.link = Link::RemovedAtSource;
            copy.told.state = State::Removed;
        }
    }

    pub fn activate(&mut self, a: &str, b: &str) {
        self.active.insert(ordered(a, b));
        for (viewer, home) in [(a, b), (b, a)] {
            let there: BTreeMap<Key, Told> = self
                .people
                .iter()
                .filter(|(key, _)| key.0 == home)
                .map(|(k, t)| (k.clone(), t.clone()))
                .collect();
            let page = self.page(viewer);
            for (_, copy) in
                page.copies.iter_mut().filter(|(key, _)| key.0 == home && !there.contains_key(*key))
            {
                copy.link = Link::RemovedAtSource;
                copy.told.state = State::Removed;
            }
            page.copies.extend(
                there.into_iter().map(|(key, told)| (key, Copy { told, link: Link::Synced })),
            );
        }
    }

    pub fn end(&mut self, a: &str, b: &str) {
        self.part(a, b, Link::Detached);
        self.part(b, a, Link::Detached);
        self.active.remove(&ordered(a, b));
    }

    pub fn close(&mut self, account: &str) {
        for partner in self.partners(account) {
            self.part(&partner, account, Link::RemovedAtSource);
            self.active.remove(&ordered(account, &partner));
        }
        self.people.retain(|key, _| key.0 != account);
        self.page(account).closed = true;
    }

    fn part(&mut self, viewer: &str, home: &str, link: Link) {
        let page = self.page(viewer);
        if page.purges {
            page.copies.retain(|key, _| key.0 != home);
        }
        let synced =
            page.copies.iter_mut().filter(|(key, copy)| key.0 == home && copy.link == Link::Synced);
        synced.for_each(|(_, copy)| copy.link = link);
    }

    pub fn hide(&mut self, account: &str, key: &Key) {
        self.page(account).hidden.insert(key.clone());
    }

    /// What CreateGuest of the address does; a new guest is added once its id is known.
    pub fn type_in(&mut self, account: &str, email: &str) -> TypedIn {
        let user = self.people.iter().any(|(key, told)| key.0 == account && told.email == email);
        let page = self.page(account);
        let (hidden, shown): (Vec<_>, Vec<_>) = page
            .copies
            .iter()
            .filter(|(_, copy)| copy.told.email == email)
            .map(|(key, _)| key.clone())
            .partition(|key| page.hidden.contains(key));
        if user || !shown.is_empty() || page.guests.contains_key(email) {
            return TypedIn::Exists;
        }
        hidden.iter().for_each(|key| {
            page.hidden.remove(key);
        });
        if hidden.is_empty() { TypedIn::NewGuest } else { TypedIn::Restored }
    }

    pub fn guest(&mut self, account: &str, email: &str, id: &str) {
        self.page(account).guests.insert(email.to_owned(), id.to_owned());
    }

    pub fn forget(&mut self, account: &str, email: &str) {
        self.page(account).guests.remove(email);
    }

    /// The pages of accounts that are not closed.
    pub fn open(&self) -> Vec<String> {
        self.pages.iter().filter(|(_, page)| !page.closed).map(|(id, _)| id.clone()).collect()
    }

    /// The page, line by line.
    pub fn lines(&self, account: &str) -> Vec<Line> {
        let page = &self.pages[account];
        let line = |kind: Kind, key: &Key, told: &Told, link: i32| {
            let (home, member) = key.clone();
            (
                kind.into(),
                home,
                member,
                told.email.clone(),
                told.state.into(),
                link,
                told.name.clone(),
            )
        };
        let own = self.people.iter().filter(|(key, _)| key.0 == account);
        let mut lines: Vec<Line> = own.map(|(key, told)| line(Kind::User, key, told, 0)).collect();
        let shown = page.copies.iter().filter(|(key, _)| !page.hidden.contains(*key));
        lines
            .extend(shown.map(|(key, copy)| line(Kind::Member, key, &copy.told, copy.link.into())));
        let known: BTreeSet<String> = lines.iter().map(|line| line.3.clone()).collect();
        let strangers = page.guests.iter().filter(|(email, _)| !known.contains(*email));
        let guest = |(email, id): (&String, &String)| {
            (Kind::Guest.into(), String::new(), id.clone(), email.clone(), 0, 0, String::new())
        };
        lines.extend(strangers.map(guest));
        lines.sort();
        lines
    }

    fn partners(&self, account: &str) -> Vec<String> {
        let other = |(a, b): &(String, String)| match (a == account, b == account) {
            (true, _) => Some(b.clone()),
            (_, true) => Some(a.clone()),
            _ => None,
        };
        self.active.iter().filter_map(other).collect()
    }

    fn page(&mut self, account: &str) -> &mut Page {
        self.pages.get_mut(account).expect("a known account")
    }
}

/// A contact as a line.
pub fn line(contact: pb::Contact) -> Line {
    let guest = contact.kind() == Kind::Guest;
    let id = if guest { contact.id } else { contact.member_id };
    let name = if guest { String::new() } else { contact.display_name };
    (
        contact.kind,
        contact.home_account_id,
        id,
        contact.email,
        contact.member_state,
        contact.link,
        name,
    )
}

/// A pair of accounts in one order.
pub fn ordered(a: &str, b: &str) -> (String, String) {
    if a < b { (a.to_owned(), b.to_owned()) } else { (b.to_owned(), a.to_owned()) }
}
