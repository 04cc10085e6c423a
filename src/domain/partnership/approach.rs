//! May an invitation be sent, and to which account does it bind?

use super::state::{Side, State, View};
use super::{Row, Standing};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::{Direction, PartnerType};
use crate::domain::roles::AdminRoles;
use crate::domain::time::Timestamp;
use serde::Serialize;

/// The account the invited person lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// The account.
    pub account: AccountId,
    /// Whether it takes this sender's invitations now: not suspended (M4) and let in by its preferences (I14).
    pub open: bool,
}

/// One attempt to invite, and everything that may stand in its way.
#[derive(Clone, Debug)]
pub struct Approach<'a> {
    /// The type asked for.
    pub kind: PartnerType,
    /// The roles asked for.
    pub roles: &'a AdminRoles,
    /// Who invites.
    pub sender: AccountId,
    /// Whom.
    pub invitee: &'a EmailKey,
    /// Where that person is a member, if anywhere.
    pub home: Option<Home>,
    /// The sender's rows to that person and the pair's rows, in this type; other rows do no harm.
    pub rows: &'a [Row],
    /// When.
    pub now: Timestamp,
}

/// Who has to delete a row before it stops blocking (I8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum MustDelete {
    /// The inviting side.
    Sender,
    /// The invited side.
    Recipient,
    /// Each of them.
    Both,
}

/// Why an invitation may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// I4.
    SelfInvitation,
    /// I5.
    AlreadyPartners(PartnershipId),
    /// I6.
    Duplicate(PartnershipId),
    /// I7.
    IncomingPending(PartnershipId),
    /// I8.
    Blocked(PartnershipId, MustDelete),
}

impl Approach<'_> {
    /// The first obstacle in the order of I15.
    #[must_use]
    pub fn obstacle(&self) -> Option<Obstacle> {
        self.own_account()
            .or_else(|| self.active())
            .or_else(|| self.duplicate())
            .or_else(|| self.incoming())
            .or_else(|| self.block())
    }

    /// What stands against binding a waiting invitation once its person has appeared (I9).
    #[must_use]
    pub fn conflict_on_arrival(&self) -> Option<Obstacle> {
        self.own_account().or_else(|| self.active()).or_else(|| self.incoming())
    }

    /// The account it binds to; `None` leaves it waiting, with nothing to tell the sender why.
    #[must_use]
    pub fn binds_to(&self) -> Option<AccountId> {
        self.home.filter(|home| home.open).map(|home| home.account)
    }

    /// The ended rows that a bound request takes the place of (R3).
    pub fn replaced(&self) -> impl Iterator<Item = PartnershipId> {
        let bound = self.binds_to();
        self.rows
            .iter()
            .filter(move |(_, row)| {
                bound.is_some_and(|to| row.kind == self.kind && row.joins(self.sender, to))
            })
            .filter(|(_, row)| row.state == State::RemovedByRecipient && !row.sender_hid)
            .map(|(id, _)| *id)
    }

    fn own_account(&self) -> Option<Obstacle> {
        self.home.filter(|home| home.account == self.sender).map(|_| Obstacle::SelfInvitation)
    }

    fn active(&self) -> Option<Obstacle> {
        let home = self.home?.account;
        self.find(|row| {
            row.state == State::Active
                && row.joins(self.sender, home)
                && !row.lacks(self.roles, self.now)
        })
        .map(Obstacle::AlreadyPartners)
    }

    fn duplicate(&self) -> Option<Obstacle> {
        self.find(|row| self.is_to_the_person(row) && row.state_at(self.now) == State::Pending)
            .map(Obstacle::Duplicate)
    }

    fn incoming(&self) -> Option<Obstacle> {
        let home = self.home?.account;
        if self.kind.policy().direction != Direction::Mutual {
            return None;
        }
        self.find(|row| {
            row.sender == home
                && row.recipient == Some(self.sender)
                && row.view(Side::Recipient, self.now) == Some(View::Pending)
        })
        .map(Obstacle::IncomingPending)
    }

    fn block(&self) -> Option<Obstacle> {
        let (id, row) = self
            .rows
            .iter()
            .find(|(_, row)| row.kind == self.kind && self.is_to_the_person(row) && row.blocks())?;
        let must_delete = match (row.sender_hid, row.recipient_hid) {
            (false, true) => MustDelete::Sender,
            (true, false) => MustDelete::Recipient,
            (false, false) | (true, true) => MustDelete::Both,
        };
        Some(Obstacle::Blocked(*id, must_delete))
    }

    fn is_to_the_person(&self, row: &Standing) -> bool {
        row.sender == self.sender && row.invitee == *self.invitee
    }

    fn find(&self, matches: impl Fn(&Standing) -> bool) -> Option<PartnershipId> {
        self.rows.iter().find(|(_, row)| row.kind == self.kind && matches(row)).map(|(id, _)| *id)
    }
}
