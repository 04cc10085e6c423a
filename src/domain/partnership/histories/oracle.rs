//! The same history in a reader's words: each account has a desk with what it sees on it, letters lie open until a
//! deadline, a no leaves a grudge that goes when both sides have thrown their copy away, and an ended partnership leaves
//! a regret on the former sender's desk. No stored states, no hidden flags.

use super::world::Town;
use super::{Deciding, Sending};
use crate::domain::partner_type::{Direction, PartnerType};
use crate::domain::partnership::{MustDelete, View};
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A letter as it was sent.
#[derive(Clone, Copy)]
struct Letter {
    from: usize,
    person: usize,
    kind: PartnerType,
}

/// A no that is not forgotten yet.
struct Grudge {
    sender_remembers: bool,
    recipient_remembers: bool,
}

pub struct Oracle {
    letters: Vec<Letter>,
    desks: Vec<BTreeMap<usize, View>>,
    /// Undecided letters and when they lapse.
    open: BTreeMap<usize, Timestamp>,
    /// The account that a letter reached.
    reached: BTreeMap<usize, usize>,
    grudges: BTreeMap<usize, Grudge>,
    partners: BTreeSet<usize>,
    regrets: BTreeSet<usize>,
}

impl Oracle {
    pub fn new(accounts: usize) -> Self {
        Self {
            letters: Vec::new(),
            desks: vec![BTreeMap::new(); accounts],
            open: BTreeMap::new(),
            reached: BTreeMap::new(),
            grudges: BTreeMap::new(),
            partners: BTreeSet::new(),
            regrets: BTreeSet::new(),
        }
    }

    pub fn view(&self, account: usize, letter: usize) -> Option<View> {
        self.desks[account].get(&letter).copied()
    }

    pub fn time_passes(&mut self, now: Timestamp) {
        let lapsed: Vec<usize> =
            self.open.iter().filter(|(_, at)| **at <= now).map(|(letter, _)| *letter).collect();
        for letter in lapsed {
            self.open.remove(&letter);
            for desk in &mut self.desks {
                desk.entry(letter).and_modify(|view| *view = View::Expired);
            }
        }
    }

    pub fn invite(&mut self, town: &Town, by: usize, person: usize, kind: PartnerType) -> Sending {
        if !town.acts(by) {
            return Sending::NotActing;
        }
        let letter = Letter { from: by, person, kind };
        if let Some(refusal) = self.objection(town, letter, None) {
            return refusal;
        }
        self.letters.push(letter);
        self.send(town, self.letters.len() - 1);
        Sending::Sent
    }

    pub fn resend(&mut self, town: &Town, by: usize, letter: usize) -> Sending {
        if !town.acts(by) {
            return Sending::NotActing;
        }
        if self.letters[letter].from != by {
            return Sending::NotTheSender;
        }
        match self.view(by, letter) {
            None => return Sending::NotShown,
            Some(View::Active | View::Rejected) => return Sending::NotPending,
            Some(View::AwaitingApproval | View::Pending | View::Expired) => {}
        }
        if let Some(refusal) = self.objection(town, self.letters[letter], Some(letter)) {
            return refusal;
        }
        self.clear(letter);
        self.send(town, letter);
        Sending::Sent
    }

    pub fn accept(&mut self, town: &Town, by: usize, letter: usize) -> Deciding {
        if let Some(refusal) = self.undecidable(town, by, letter) {
            return refusal;
        }
        let Letter { from, kind, .. } = self.letters[letter];
        if !town.acts(from) {
            return Deciding::SenderNotActive;
        }
        let lives = |letter: &Letter, at: usize| town.homes[letter.person] == Some(at);
        for other in (0..self.letters.len()).filter(|other| *other != letter) {
            let story = self.letters[other];
            if story.kind != kind {
                continue;
            }
            let of_the_pair = match self.reached.get(&other) {
                Some(at) => joins(kind, (story.from, *at), (from, by)),
                None if !self.open.contains_key(&other) => false,
                None if story.from == from => lives(&story, by),
                None => mutual(kind) && story.from == by && lives(&story, from),
            };
            if of_the_pair {
                self.clear(other);
                self.grudges.remove(&other);
            }
        }
        self.open.remove(&letter);
        self.partners.insert(letter);
        self.put(from, letter, View::Active);
        self.put(by, letter, View::Active);
        Deciding::Done
    }

    pub fn reject(&mut self, town: &Town, by: usize, letter: usize) -> Deciding {
        if let Some(refusal) = self.undecidable(town, by, letter) {
            return refusal;
        }
        self.open.remove(&letter);
        self.put(self.letters[letter].from, letter, View::Rejected);
        self.put(by, letter, View::Rejected);
        self.grudges.insert(letter, Grudge { sender_remembers: true, recipient_remembers: true });
        Deciding::Done
    }

    pub fn delete(&mut self, town: &Town, by: usize, letter: usize) -> Deciding {
        if !town.acts(by) {
            return Deciding::NotActing;
        }
        let Letter { from, kind, .. } = self.letters[letter];
        let sent_by_me = from == by;
        match self.view(by, letter).expect("only what lies on the desk is deleted") {
            View::AwaitingApproval => self.clear(letter),
            View::Pending => {
                self.open.remove(&letter);
                self.desks[by].remove(&letter);
                self.put(from, letter, View::Rejected);
                let grudge = Grudge { sender_remembers: true, recipient_remembers: false };
                self.grudges.insert(letter, grudge);
            }
            View::Rejected | View::Expired => self.throw_away(by, letter),
            View::Active if sent_by_me => {
                self.partners.remove(&letter);
                self.clear(letter);
            }
            View::Active if matches!(kind, PartnerType::Reseller) => {
                return Deciding::ContactPartner;
            }
            View::Active => {
                self.partners.remove(&letter);
                self.regrets.insert(letter);
                self.desks[by].remove(&letter);
                self.put(from, letter, View::Rejected);
            }
        }
        Deciding::Done
    }

    pub fn appears(&mut self, town: &Town, person: usize, at: usize) {
        for letter in 0..self.letters.len() {
            let story = self.letters[letter];
            if story.person != person
                || !self.open.contains_key(&letter)
                || self.reached.contains_key(&letter)
            {
                continue;
            }
            let needless = story.from == at
                || self.partnership(story.kind, story.from, at).is_some()
                || self.crossing(story.kind, story.from, at).is_some();
            if needless {
                self.clear(letter);
            } else if town.takes(at, story.from) {
                self.deliver(letter, at);
            }
        }
    }

    pub fn close(&mut self, account: usize) {
        let ended: Vec<usize> =
            self.partners.iter().copied().filter(self.concerns(account)).collect();
        for letter in ended {
            self.partners.remove(&letter);
            self.clear(letter);
        }
        let open: Vec<usize> = self.open.keys().copied().filter(self.concerns(account)).collect();
        for letter in open {
            if self.letters[letter].from == account {
                self.clear(letter);
            } else {
                // it waits for the person again, and its sender notices nothing
                self.reached.remove(&letter);
                self.desks[account].remove(&letter);
            }
        }
        let left: Vec<usize> = self.desks[account].keys().copied().collect();
        for letter in left {
            self.throw_away(account, letter);
        }
    }

    /// The first of I4, I5, I6, I7, I8 that stands against sending; `again` is the letter itself when it was sent before.
    fn objection(&self, town: &Town, letter: Letter, again: Option<usize>) -> Option<Sending> {
        let Letter { from, person, kind } = letter;
        let same = |other: &usize| {
            let story = &self.letters[*other];
            Some(*other) != again && (story.from, story.person, story.kind) == (from, person, kind)
        };
        let home = town.homes[person];
        if home == Some(from) {
            return Some(Sending::SelfInvitation);
        }
        if let Some(at) = home
            && let Some(partnership) = self.partnership(kind, from, at)
        {
            return Some(Sending::AlreadyPartners(partnership));
        }
        if let Some(first) = self.open.keys().find(|other| same(other)) {
            return Some(Sending::Duplicate(*first));
        }
        if let Some(at) = home
            && let Some(theirs) = self.crossing(kind, from, at)
        {
            return Some(Sending::Incoming(theirs));
        }
        let (first, grudge) = self.grudges.iter().find(|(other, _)| same(other))?;
        let who = match (grudge.sender_remembers, grudge.recipient_remembers) {
            (true, false) => MustDelete::Sender,
            (false, true) => MustDelete::Recipient,
            _ => MustDelete::Both,
        };
        Some(Sending::Blocked(*first, who))
    }

    fn partnership(&self, kind: PartnerType, from: usize, to: usize) -> Option<usize> {
        let mut all = self.partners.iter().copied();
        all.find(|letter| {
            let story = &self.letters[*letter];
            story.kind == kind && joins(kind, (story.from, self.reached[letter]), (from, to))
        })
    }

    /// An open letter that came from `to` and lies with `from`, where equals write to each other (I7).
    fn crossing(&self, kind: PartnerType, from: usize, to: usize) -> Option<usize> {
        let crosses = |letter: &usize| {
            let story = &self.letters[*letter];
            story.kind == kind && story.from == to && self.reached.get(letter) == Some(&from)
        };
        self.open.keys().copied().filter(|_| mutual(kind)).find(crosses)
    }

    fn undecidable(&self, town: &Town, by: usize, letter: usize) -> Option<Deciding> {
        if !town.acts(by) {
            return Some(Deciding::NotActing);
        }
        if self.letters[letter].from == by {
            return Some(Deciding::NotTheRecipient);
        }
        match self.view(by, letter) {
            Some(View::Pending) => None,
            Some(View::Expired) => Some(Deciding::Expired),
            _ => Some(Deciding::NotPending),
        }
    }

    fn send(&mut self, town: &Town, letter: usize) {
        let Letter { from, person, .. } = self.letters[letter];
        self.put(from, letter, View::AwaitingApproval);
        self.open.insert(letter, town.deadline());
        self.reached.remove(&letter);
        if let Some(home) = town.homes[person].filter(|home| town.takes(*home, from)) {
            self.deliver(letter, home);
        }
    }

    fn deliver(&mut self, letter: usize, at: usize) {
        let Letter { from, kind, .. } = self.letters[letter];
        let replaced = |other: &usize| {
            let story = &self.letters[*other];
            story.kind == kind && joins(kind, (story.from, self.reached[other]), (from, at))
        };
        let replaced: Vec<usize> = self.regrets.iter().copied().filter(replaced).collect();
        for other in replaced {
            self.clear(other);
        }
        self.reached.insert(letter, at);
        self.put(at, letter, View::Pending);
    }

    /// One side throws its copy away; a grudge that nobody remembers is none.
    fn throw_away(&mut self, account: usize, letter: usize) {
        self.desks[account].remove(&letter);
        let sent = self.letters[letter].from == account;
        if sent {
            self.regrets.remove(&letter);
        }
        let Some(grudge) = self.grudges.get_mut(&letter) else {
            return;
        };
        if sent {
            grudge.sender_remembers = false;
        } else {
            grudge.recipient_remembers = false;
        }
        if !grudge.sender_remembers && !grudge.recipient_remembers {
            self.grudges.remove(&letter);
        }
    }

    /// Letters that the account sent, or that reached it.
    fn concerns(&self, account: usize) -> impl Fn(&usize) -> bool {
        move |letter| {
            self.letters[*letter].from == account || self.reached.get(letter) == Some(&account)
        }
    }

    /// Off every desk.
    fn clear(&mut self, letter: usize) {
        self.open.remove(&letter);
        self.regrets.remove(&letter);
        for desk in &mut self.desks {
            desk.remove(&letter);
        }
    }

    fn put(&mut self, account: usize, letter: usize, view: View) {
        self.desks[account].insert(letter, view);
    }
}

fn mutual(kind: PartnerType) -> bool {
    kind.policy().direction == Direction::Mutual
}

/// Whether a letter from the first to the second account is of this pair, in this type.
fn joins(kind: PartnerType, letter: (usize, usize), pair: (usize, usize)) -> bool {
    letter == pair || (mutual(kind) && (letter.1, letter.0) == pair)
}
