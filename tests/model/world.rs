//! What a history knows of its own world: enough to choose calls that mean something, never enough to judge by.

use crate::support::checker::oracle::Retentions;
use crate::verb::{Account, Done, Effect, Verb};
use partner_service::grpc::pb;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Addresses that people of a history have, lose and get again.
const ADDRESSES: usize = 12;
const PROFILES: [pb::MemberProfile; 3] =
    [pb::MemberProfile::Visitor, pb::MemberProfile::Observer, pb::MemberProfile::Manager];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Active,
    Suspended,
    Closed,
}

/// Accounts, people, invitations.
pub struct World {
    pub tag: String,
    pub accounts: Vec<Account>,
    pub states: Vec<State>,
    /// Those who were ever suspended or closed.
    pub troubled: BTreeSet<usize>,
    /// Everybody who is a member somewhere, but for the bosses.
    pub members: Vec<pb::Member>,
    /// Members who were ever deactivated, removed or moved.
    pub strayed: BTreeSet<String>,
    bosses: Vec<pb::Member>,
    /// Sender, recipient if the address was its boss's, and the partnership.
    invitations: Vec<(usize, Option<usize>, String)>,
    active: BTreeSet<String>,
    /// Contact details that are shared, or were until a partnership ended.
    shared: Vec<(Account, String)>,
    pub retentions: Retentions,
    /// The highest position answered.
    pub head: i64,
    renamed: usize,
}

impl World {
    pub fn new(tag: String, bosses: Vec<pb::Member>) -> Self {
        let account =
            |boss: &pb::Member| Account { id: boss.account_id.clone(), boss: boss.id.clone() };
        Self {
            tag,
            accounts: bosses.iter().map(account).collect(),
            states: vec![State::Active; bosses.len()],
            troubled: BTreeSet::new(),
            members: Vec::new(),
            strayed: BTreeSet::new(),
            head: bosses.iter().map(|boss| boss.position).max().unwrap_or(0),
            bosses,
            invitations: Vec::new(),
            active: BTreeSet::new(),
            shared: Vec::new(),
            retentions: Retentions::new(),
            renamed: 0,
        }
    }

    pub fn account_ids(&self) -> BTreeSet<Uuid> {
        self.accounts.iter().map(|account| account.id.parse().unwrap()).collect()
    }

    pub fn is_active(&self, account: usize) -> bool {
        self.states[account] == State::Active
    }

    /// Whether this member may act for the account.
    pub fn fits(&self, member: &str, account: usize) -> bool {
        let here =
            |one: &&pb::Member| one.id == member && one.account_id == self.accounts[account].id;
        let found = self.members.iter().find(here);
        found.is_some_and(|member| member.state() == pb::MemberState::Active)
    }

    /// An address of the history's pool.
    pub fn address(&self, random: &mut StdRng) -> String {
        format!("p{}@{}.example", random.random_range(0..ADDRESSES), self.tag)
    }

    /// A call that may well succeed.
    pub fn choose(&mut self, random: &mut StdRng) -> Verb {
        let index = random.random_range(0..self.accounts.len());
        let account = self.accounts[index].clone();
        match random.random_range(0..100) {
            0..12 => Verb::Register { to: index, account, email: self.address(random) },
            12..58 => self.of_member(random, index),
            58..78 => self.of_pair(random, index),
            78..84 => self.of_details(random, index),
            84..89 => Verb::Hide { account, pick: random.random_range(0..64) },
            89..94 => {
                let known = self.members.choose(random).map(|member| member.email.clone());
                let email = known.unwrap_or_else(|| self.address(random));
                Verb::TypeIn { account, email }
            }
            94..96 => Verb::Retain { account, purges: random.random_bool(0.5) },
            96..99 if self.states[index] == State::Suspended => Verb::Resume { index, account },
            96..98 => Verb::Suspend { index, account },
            98 if self.accounts.len() > 3 && random.random_bool(0.5) => {
                Verb::Close { index, account }
            }
            _ => self.of_pair(random, index),
        }
    }

    fn of_member(&mut self, random: &mut StdRng, index: usize) -> Verb {
        let boss = self.bosses[index].clone();
        let Some(member) = self.members.choose(random).cloned() else {
            return self.renaming(&boss);
        };
        let named = pb::Member {
            id: member.id.clone(),
            account_id: member.account_id.clone(),
            ..Default::default()
        };
        match random.random_range(0..46) {
            0..4 => self.renaming(&boss),
            4..16 => self.renaming(&member),
            16..19 => {
                let profile = PROFILES.choose(random).copied().unwrap_or_default();
                Verb::Update { member: pb::Member { profile: profile.into(), ..named } }
            }
            19..22 => {
                self.renamed += 1;
                Verb::Update {
                    member: pb::Member { title: format!("title {}", self.renamed), ..named },
                }
            }
            22..26 => Verb::Update { member: pb::Member { email: self.address(random), ..named } },
            26..31 => Verb::Deactivate { member },
            31..36 => Verb::Reactivate { member },
            36..40 => Verb::Remove { member },
            _ => {
                let stays = member.account_id == self.accounts[index].id;
                let to = (index + usize::from(stays)) % self.accounts.len();
                Verb::Move { member, to, target: self.accounts[to].clone() }
            }
        }
    }

    /// Shares an account's contact details with another, or takes them back.
    fn of_details(&mut self, random: &mut StdRng, index: usize) -> Verb {
        let taken_back = self.shared.choose(random).filter(|_| random.random_bool(0.4));
        if let Some((account, id)) = taken_back.cloned() {
            return Verb::UnshareDetails { account, id };
        }
        // mostly one of two who are partners
        let live = |(_, to, id): &&(usize, Option<usize>, String)| {
            to.is_some() && self.active.contains(id)
        };
        let known: Vec<_> = self.invitations.iter().filter(live).cloned().collect();
        let pair = known.choose(random).map(|(from, to, _)| (*from, to.unwrap_or(*from)));
        let (a, b) = pair.unwrap_or((index, (index + 1) % self.accounts.len()));
        let (a, b) = if random.random_bool(0.5) { (a, b) } else { (b, a) };
        let (account, partner) = (self.accounts[a].clone(), self.accounts[b].clone());
        Verb::ShareDetails { account, partner }
    }

    fn renaming(&mut self, member: &pb::Member) -> Verb {
        self.renamed += 1;
        Verb::Update {
            member: pb::Member {
                id: member.id.clone(),
                account_id: member.account_id.clone(),
                display_name: format!("name {}", self.renamed),
                ..Default::default()
            },
        }
    }

    fn of_pair(&mut self, random: &mut StdRng, a: usize) -> Verb {
        let b = (a + random.random_range(1..self.accounts.len())) % self.accounts.len();
        let ours = |(from, to, _): &&(usize, Option<usize>, String)| {
            (*from, *to) == (a, Some(b)) || (*from, *to) == (b, Some(a)) || to.is_none()
        };
        let known: Vec<_> = self.invitations.iter().filter(ours).cloned().collect();
        let Some((from, to, id)) = known.choose(random).cloned() else {
            return self.invite(random, a, b);
        };
        let sender = self.accounts[from].clone();
        // who a stranger's address led to, nobody knows: anybody may try
        let recipient = self.accounts[to.unwrap_or(b)].clone();
        let (by, other) =
            if random.random_bool(0.5) { (sender, recipient) } else { (recipient, sender) };
        if self.active.contains(&id) {
            return Verb::Delete { by, id };
        }
        match random.random_range(0..10) {
            0..6 => Verb::Accept {
                by: if to.is_some() { self.accounts[to.unwrap_or(b)].clone() } else { by },
                id,
            },
            6 => Verb::Reject { by, id },
            7..9 => Verb::Delete { by, id },
            _ => Verb::Delete { by: other, id },
        }
    }

    /// An invitation to the boss of the other account, or to whoever has or will have an address.
    pub fn invite(&mut self, random: &mut StdRng, a: usize, b: usize) -> Verb {
        let from = self.accounts[a].clone();
        let to_boss = random.random_bool(0.8);
        let email = if to_boss { self.bosses[b].email.clone() } else { self.address(random) };
        Verb::Invite { from, email }
    }

    /// Takes in what calls changed, in the order of their positions.
    pub fn learn(&mut self, mut done: Vec<(Verb, Done)>) {
        done.sort_by_key(|(_, done)| done.position);
        for (verb, Done { position, effect }) in done {
            self.head = self.head.max(position);
            self.take(&verb, position, effect);
        }
    }

    fn take(&mut self, verb: &Verb, position: i64, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Invited(id) => self.invited(verb, id),
            Effect::Accepted(id) => {
                self.active.insert(id);
            }
            Effect::Deleted(id) => {
                self.active.remove(&id);
                self.invitations.retain(|(_, _, known)| *known != id);
            }
            Effect::Member { home, member } => {
                if self.members.iter().any(|known| known.id == member.id) {
                    self.strayed.insert(member.id.clone());
                }
                self.members.retain(|known| known.id != member.id);
                if self.states[home] != State::Closed {
                    self.members.push(*member);
                }
            }
            Effect::Deactivated(id) => self.set_state(&id, pb::MemberState::Deactivated),
            Effect::Reactivated(id) => self.set_state(&id, pb::MemberState::Active),
            Effect::Removed(id) => {
                self.members.retain(|known| known.id != id);
                self.strayed.insert(id);
            }
            Effect::Retains { account, purges } => {
                self.retentions.insert((position, account.parse().unwrap()), purges);
            }
            Effect::Shared(account, id) => self.shared.push((account, id)),
            Effect::Unshared(id) => self.shared.retain(|(_, known)| *known != id),
            Effect::Suspended(account) => self.turn(account, State::Suspended),
            Effect::Resumed(account) => self.turn(account, State::Active),
            Effect::Closed(account) => self.turn(account, State::Closed),
        }
    }

    fn invited(&mut self, verb: &Verb, id: String) {
        let Verb::Invite { from, email } = verb else { return };
        let sender = self.accounts.iter().position(|one| one.id == from.id).unwrap_or_default();
        let recipient = self.bosses.iter().position(|boss| boss.email == *email);
        self.invitations.push((sender, recipient, id));
    }

    fn set_state(&mut self, id: &str, state: pb::MemberState) {
        if state == pb::MemberState::Deactivated {
            self.strayed.insert(id.to_owned());
        }
        let member = self.members.iter_mut().find(|member| member.id == id);
        if let Some(member) = member {
            member.state = state.into();
        }
    }

    fn turn(&mut self, account: usize, state: State) {
        self.states[account] = state;
        if state != State::Active {
            self.troubled.insert(account);
        }
        if state == State::Closed {
            let closed = self.accounts[account].id.clone();
            self.members.retain(|member| member.account_id != closed);
        }
    }
}
