//! What is true, written down once more from the rules: people by number, audiences as sets of them.

use partner_service::grpc::pb::{ItemDenialReason as Denied, ItemType};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts are numbers here.
pub const ACCOUNTS: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    Deactivated,
    Removed,
}

/// Somebody; the number of the stay rises with every move.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: String,
    pub home: usize,
    pub stay: u32,
    pub state: State,
}

/// Owner, partner, type and external id.
pub type Key = (usize, usize, ItemType, String);

/// A person in one of its stays.
type Stay = (usize, u32);

#[derive(Clone, Debug)]
pub struct Share {
    pub id: String,
    pub live: bool,
    /// Those whom it reaches; of a live folder they are whoever is there.
    fixed: Option<BTreeSet<Stay>>,
    out: BTreeSet<Stay>,
}

#[derive(Clone, Debug, Default)]
pub struct Truth {
    pub people: Vec<Person>,
    pub active: BTreeMap<(usize, usize), String>,
    pub shares: BTreeMap<Key, Share>,
    pub suspended: BTreeSet<usize>,
}

/// Two accounts in one order.
pub fn pair(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

impl Truth {
    fn there(&self, account: usize) -> BTreeSet<Stay> {
        let here = |(_, person): &(usize, &Person)| {
            person.home == account && person.state != State::Removed
        };
        let people = self.people.iter().enumerate().filter(here);
        people.map(|(number, person)| (number, person.stay)).collect()
    }

    pub fn share(&mut self, key: Key, id: &str) {
        if self.shares.get(&key).is_some_and(|share| share.live) {
            return;
        }
        let fixed = (key.2 != ItemType::Folder).then(|| self.there(key.1));
        let share = Share { id: id.to_owned(), live: true, fixed, out: BTreeSet::new() };
        self.shares.insert(key, share);
    }

    pub fn end(&mut self, a: usize, b: usize) {
        self.active.remove(&pair(a, b));
        let there: BTreeMap<usize, BTreeSet<Stay>> =
            [a, b].into_iter().map(|account| (account, self.there(account))).collect();
        for ((owner, partner, ..), share) in &mut self.shares {
            if pair(*owner, *partner) == pair(a, b) && share.live {
                share.live = false;
                share.fixed.get_or_insert_with(|| there[partner].clone());
            }
        }
    }

    /// Somebody's stay is over: whoever is still told of the account's people loses this one.
    pub fn leaves(&mut self, number: usize) {
        let person = &self.people[number];
        let (home, stay) = (person.home, (number, person.stay));
        for ((_, partner, ..), share) in &mut self.shares {
            if *partner == home
                && share.live
                && let Some(fixed) = &mut share.fixed
            {
                fixed.remove(&stay);
            }
        }
    }

    /// Everybody whom a share reaches.
    pub fn audience(&self, key: &Key) -> BTreeSet<Stay> {
        let share = &self.shares[key];
        let reached = share.fixed.clone().unwrap_or_else(|| self.there(key.1));
        reached.difference(&share.out).copied().collect()
    }

    /// The stay in which a share reaches somebody, also one who was taken out of it.
    pub fn reached(&self, key: &Key, number: usize) -> Option<Stay> {
        let share = &self.shares[key];
        let reached = share.fixed.clone().unwrap_or_else(|| self.there(key.1));
        reached.into_iter().find(|stay| stay.0 == number)
    }

    pub fn take_out(&mut self, key: &Key, stay: Stay) {
        self.shares.get_mut(key).expect("a share").out.insert(stay);
    }

    /// Why not; none if it may.
    pub fn denial(&self, (owner, item_type, id, number): &Question) -> Option<Denied> {
        let person = &self.people[*number];
        let key = (*owner, person.home, *item_type, id.clone());
        let own = person.home == *owner;
        if !own && !self.shares.contains_key(&key) {
            return Some(Denied::NotShared);
        }
        if self.suspended.contains(owner) || self.suspended.contains(&person.home) {
            return Some(Denied::AccountNotActive);
        }
        if person.state != State::Active {
            return Some(Denied::MemberNotActive);
        }
        let reached = own || self.audience(&key).contains(&(*number, person.stay));
        (!reached).then_some(Denied::NotInAudience)
    }
}

/// Owner, type, external id and person.
pub type Question = (usize, ItemType, String, usize);
