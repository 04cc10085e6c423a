//! The world as the rules move it: what the tables would hold.

use super::{Deciding, Sending};
use crate::domain::account::AccountState;
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::{Direction, PartnerType};
use crate::domain::partnership::{
    Action, Approach, Home, Obstacle, Refusal, Row, Side, Standing, State, Transition, View,
    activation, closing, decide,
};
use crate::domain::preferences::ReceivePolicy;
use crate::domain::roles::{AdminRoles, Roles};
use crate::domain::time::{DAY, Timestamp};
use uuid::Uuid;

const EXPIRY_DAYS: u32 = 30;

/// An organisation, as far as invitations ask.
pub struct Account {
    pub id: AccountId,
    pub state: AccountState,
    policy: ReceivePolicy,
    blocked: Vec<AccountId>,
}

/// Who lives where, and what time it is: facts, not rules.
pub struct Town {
    pub now: Timestamp,
    pub accounts: Vec<Account>,
    pub homes: Vec<Option<usize>>,
}

impl Town {
    pub fn acts(&self, account: usize) -> bool {
        self.accounts[account].state == AccountState::Active
    }

    /// Whether an account lets in what `sender` sends now (I14, M4).
    pub fn takes(&self, account: usize, sender: usize) -> bool {
        let Account { policy, blocked, .. } = &self.accounts[account];
        self.acts(account) && policy.admits(self.accounts[sender].id, blocked)
    }

    pub fn deadline(&self) -> Timestamp {
        self.now.plus(EXPIRY_DAYS * DAY)
    }

    pub fn wait(&mut self, days: u8) {
        self.now = self.now.plus(u32::from(days) * DAY);
    }

    pub fn suspend(&mut self, account: usize) {
        self.switch(account, AccountState::Active, AccountState::Suspended);
    }

    pub fn resume(&mut self, account: usize) {
        self.switch(account, AccountState::Suspended, AccountState::Active);
    }

    pub fn deny(&mut self, account: usize) {
        self.accounts[account].policy = ReceivePolicy::DenyAll;
    }

    pub fn allow(&mut self, account: usize) {
        self.accounts[account].policy = ReceivePolicy::AllowAll;
    }

    pub fn block(&mut self, account: usize, sender: usize) {
        let sender = self.accounts[sender].id;
        self.accounts[account].policy = ReceivePolicy::AllowExcept;
        self.accounts[account].blocked = vec![sender];
    }

    fn switch(&mut self, account: usize, from: AccountState, to: AccountState) {
        let account = &mut self.accounts[account];
        if account.state == from {
            account.state = to;
        }
    }

    fn home(&self, person: usize, sender: usize) -> Option<Home> {
        let home = self.homes[person]?;
        Some(Home { account: self.accounts[home].id, open: self.takes(home, sender) })
    }
}

/// Rows, and the town they belong to.
pub struct World {
    pub town: Town,
    pub rows: Vec<Row>,
}

impl World {
    pub fn new(accounts: usize, homes: &[Option<usize>]) -> Self {
        let account = |number: usize| Account {
            id: AccountId(Uuid::from_u128(number as u128 + 1)),
            state: AccountState::Active,
            policy: ReceivePolicy::AllowAll,
            blocked: Vec::new(),
        };
        let accounts = (0..accounts).map(account).collect();
        let town = Town { now: Timestamp(0), accounts, homes: homes.to_vec() };
        Self { town, rows: Vec::new() }
    }

    pub fn view(&self, account: usize, row: usize) -> Option<View> {
        let row = &self.rows[row].1;
        row.view(self.side(account, row)?, self.town.now)
    }

    /// One of the rows that the account sees; `None` when it sees none.
    pub fn seen_by(&self, account: usize, nth: usize) -> Option<usize> {
        let seen: Vec<usize> =
            (0..self.rows.len()).filter(|row| self.view(account, *row).is_some()).collect();
        // counted from the newest: that is where something can still happen
        (!seen.is_empty()).then(|| seen[seen.len() - 1 - nth % seen.len()])
    }

    pub fn invite(&mut self, by: usize, person: usize, kind: PartnerType) -> Sending {
        if !self.town.acts(by) {
            return Sending::NotActing;
        }
        let home = self.town.home(person, by);
        let (sender, invitee) = (self.id(by), email(person));
        let rows = self.rows.clone();
        let roles = &AdminRoles::default();
        let now = self.town.now;
        let approach = Approach { kind, roles, sender, invitee: &invitee, home, rows: &rows, now };
        if let Some(obstacle) = approach.obstacle() {
            return self.name(obstacle);
        }
        self.make_room(&approach);
        let recipient = approach.binds_to();
        let id = PartnershipId(Uuid::from_u128(self.rows.len() as u128 + 1_000));
        let row = Standing {
            kind,
            sender,
            recipient,
            invitee: invitee.clone(),
            state: State::Pending,
            sender_hid: false,
            recipient_hid: false,
            expires_at: Some(self.town.deadline()),
            roles: Roles::default(),
        };
        self.rows.push((id, row));
        Sending::Sent
    }

    pub fn resend(&mut self, by: usize, row: usize) -> Sending {
        if !self.town.acts(by) {
            return Sending::NotActing;
        }
        match self.ask(by, row, Action::Resend) {
            None => return Sending::NotShown,
            Some(Err(Refusal::NotTheSender)) => return Sending::NotTheSender,
            Some(Err(_)) => return Sending::NotPending,
            Some(Ok(_)) => {}
        }
        let (id, before) = self.rows[row].clone();
        let person = (0..self.town.homes.len())
            .find(|person| email(*person) == before.invitee)
            .expect("only persons of the town are invited");
        let home = self.town.home(person, by);
        let others: Vec<Row> =
            self.rows.iter().filter(|(other, _)| *other != id).cloned().collect();
        let approach = Approach {
            kind: before.kind,
            roles: &before.roles.asked,
            sender: before.sender,
            invitee: &before.invitee,
            home,
            rows: &others,
            now: self.town.now,
        };
        if let Some(obstacle) = approach.obstacle() {
            return self.name(obstacle);
        }
        self.make_room(&approach);
        self.step(id, Transition::Resend);
        self.rows[row].1.recipient = approach.binds_to();
        self.rows[row].1.expires_at = Some(self.town.deadline());
        Sending::Sent
    }

    pub fn accept(&mut self, by: usize, row: usize) -> Deciding {
        let transition = match self.verdict(by, row, Action::Accept) {
            Ok(transition) => transition,
            Err(answer) => return answer,
        };
        assert_eq!(transition, Transition::Activate);
        let (id, target) = self.rows[row].clone();
        let sender = self.number(target.sender);
        if !self.town.acts(sender) {
            return Deciding::SenderNotActive;
        }
        let around: Vec<Row> = self
            .rows
            .iter()
            .filter(|(_, other)| {
                other.kind == target.kind
                    && (other.joins(target.sender, self.id(by))
                        || self.waits_for_member(other, sender, by)
                        || target.kind.policy().direction == Direction::Mutual
                            && self.waits_for_member(other, by, sender))
            })
            .cloned()
            .collect();
        for (id, transition) in activation(id, &around, self.town.now) {
            self.step(id, transition);
        }
        Deciding::Done
    }

    pub fn reject(&mut self, by: usize, row: usize) -> Deciding {
        self.decide(by, row, Action::Reject)
    }

    pub fn delete(&mut self, by: usize, row: usize) -> Deciding {
        let id = self.rows[row].0;
        let overdue = self.rows[row].1.state_at(self.town.now) == State::Expired
            && self.rows[row].1.state == State::Pending;
        if overdue && self.town.acts(by) {
            self.step(id, Transition::Expire);
        }
        self.decide(by, row, Action::Delete)
    }

    /// A person registers, or moves; false when that account takes no members any more, or has that one.
    pub fn appears(&mut self, person: usize, at: usize) -> bool {
        if self.town.accounts[at].state == AccountState::Closed
            || self.town.homes[person] == Some(at)
        {
            return false;
        }
        self.town.homes[person] = Some(at);
        true
    }

    pub fn bind_waiting(&mut self, person: usize, at: usize) {
        let invitee = email(person);
        for index in 0..self.rows.len() {
            let (id, row) = self.rows[index].clone();
            if row.invitee != invitee || row.recipient.is_some() || row.state != State::Pending {
                continue;
            }
            if row.state_at(self.town.now) == State::Expired {
                self.step(id, Transition::Expire);
                continue;
            }
            let sender = self.number(row.sender);
            let rows = self.rows.clone();
            let approach = Approach {
                kind: row.kind,
                roles: &row.roles.asked,
                sender: row.sender,
                invitee: &invitee,
                home: self.town.home(person, sender),
                rows: &rows,
                now: self.town.now,
            };
            if approach.conflict_on_arrival().is_some() {
                self.step(id, Transition::Supersede);
            } else if let Some(home) = approach.binds_to() {
                assert_eq!(home, self.id(at));
                for replaced in approach.replaced().collect::<Vec<_>>() {
                    self.step(replaced, Transition::Replace);
                }
                self.step(id, Transition::Bind(home));
            }
        }
    }

    pub fn sweep(&mut self) {
        let now = self.town.now;
        for (_, row) in &mut self.rows {
            if row.state == State::Pending && row.state_at(now) == State::Expired {
                *row = Transition::Expire.apply(row, now);
            }
        }
    }

    pub fn close(&mut self, account: usize) {
        let id = self.id(account);
        for (row, standing) in self.rows.clone() {
            if standing.sender == id || standing.recipient == Some(id) {
                for transition in closing(id, &standing, self.town.now) {
                    self.step(row, transition);
                }
            }
        }
        self.town.accounts[account].state = AccountState::Closed;
        for home in self.town.homes.iter_mut().filter(|home| **home == Some(account)) {
            *home = None;
        }
    }

    fn decide(&mut self, by: usize, row: usize, action: Action) -> Deciding {
        match self.verdict(by, row, action) {
            Ok(transition) => {
                self.step(self.rows[row].0, transition);
                Deciding::Done
            }
            Err(answer) => answer,
        }
    }

    fn verdict(&self, by: usize, row: usize, action: Action) -> Result<Transition, Deciding> {
        if !self.town.acts(by) {
            return Err(Deciding::NotActing);
        }
        let verdict =
            self.ask(by, row, action).expect("only rows that the account sees are chosen");
        verdict.map_err(|refusal| match refusal {
            Refusal::NotTheRecipient => Deciding::NotTheRecipient,
            Refusal::NotPending => Deciding::NotPending,
            Refusal::Expired => Deciding::Expired,
            Refusal::ContactPartner => Deciding::ContactPartner,
            Refusal::NotTheSender => unreachable!("only a resending is refused so"),
            Refusal::NoAdminRoles | Refusal::NotActive => {
                unreachable!("only taking roles away is refused so")
            }
        })
    }

    fn ask(&self, by: usize, row: usize, action: Action) -> Option<Result<Transition, Refusal>> {
        let standing = &self.rows[row].1;
        let side = self.side(by, standing)?;
        let view = standing.view(side, self.town.now)?;
        Some(decide(side, view, action, &standing.kind.policy()))
    }

    fn make_room(&mut self, approach: &Approach<'_>) {
        let now = approach.now;
        for (_, row) in &mut self.rows {
            let own = row.sender == approach.sender && row.invitee == *approach.invitee;
            if own && row.state == State::Pending && row.state_at(now) == State::Expired {
                *row = Transition::Expire.apply(row, now);
            }
        }
        for id in approach.replaced() {
            self.step(id, Transition::Replace);
        }
    }

    fn waits_for_member(&self, row: &Standing, sender: usize, home: usize) -> bool {
        let addressed =
            |person: usize| email(person) == row.invitee && self.town.homes[person] == Some(home);
        row.sender == self.id(sender)
            && row.recipient.is_none()
            && row.state == State::Pending
            && (0..self.town.homes.len()).any(addressed)
    }

    fn step(&mut self, id: PartnershipId, transition: Transition) {
        let row =
            self.rows.iter_mut().find(|(other, _)| *other == id).expect("a row of this world");
        row.1 = transition.apply(&row.1, self.town.now);
    }

    fn side(&self, account: usize, row: &Standing) -> Option<Side> {
        let id = self.id(account);
        let recipient = (row.recipient == Some(id)).then_some(Side::Recipient);
        (row.sender == id).then_some(Side::Sender).or(recipient)
    }

    fn name(&self, obstacle: Obstacle) -> Sending {
        let row = |id| self.rows.iter().position(|(other, _)| *other == id).expect("a known row");
        match obstacle {
            Obstacle::SelfInvitation => Sending::SelfInvitation,
            Obstacle::AlreadyPartners(id) => Sending::AlreadyPartners(row(id)),
            Obstacle::Duplicate(id) => Sending::Duplicate(row(id)),
            Obstacle::IncomingPending(id) => Sending::Incoming(row(id)),
            Obstacle::Blocked(id, who) => Sending::Blocked(row(id), who),
        }
    }

    fn id(&self, account: usize) -> AccountId {
        self.town.accounts[account].id
    }

    fn number(&self, id: AccountId) -> usize {
        self.town.accounts.iter().position(|account| account.id == id).expect("a known account")
    }
}

fn email(person: usize) -> EmailKey {
    EmailKey(format!("person{person}@town.example"))
}
