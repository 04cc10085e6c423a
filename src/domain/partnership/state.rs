//! A row's rule-relevant part, and what each side sees of it.

use crate::domain::email::EmailKey;
use crate::domain::ids::AccountId;
use crate::domain::partner_type::{Direction, PartnerType};
use crate::domain::roles::{AdminRoles, Roles, RolesState};
use crate::domain::time::Timestamp;
use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};

/// The side of a partnership an account stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize, Deserialize)]
pub enum Side {
    /// Its account invited.
    Sender,
    /// Its account was invited.
    Recipient,
}

/// The stored state, its reason included.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    /// Waits for a decision; overdue ones count as expired.
    Pending,
    /// Partners.
    Active,
    /// The recipient said no.
    Rejected,
    /// The recipient deleted it while pending.
    DeletedByRecipient,
    /// Nobody decided in time.
    Expired,
    /// The sender took it back.
    Canceled,
    /// Another row of the pair made it needless.
    Superseded,
    /// The sender ended it.
    RemovedBySender,
    /// The recipient ended it.
    RemovedByRecipient,
    /// A new row of the same pair and type took over without a gap.
    Renewed,
    /// One of the accounts closed.
    AccountClosed,
}

/// What one side sees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum View {
    /// Sent, not decided.
    AwaitingApproval,
    /// Received, not decided.
    Pending,
    /// Partners.
    Active,
    /// Rejected, deleted by the recipient, or ended by the recipient.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// What the rules need to know of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The relationship's type.
    pub kind: PartnerType,
    /// The account that invited.
    pub sender: AccountId,
    /// The account it is bound to; `None` while the invited person is nobody's member.
    pub recipient: Option<AccountId>,
    /// The invited person.
    pub invitee: EmailKey,
    /// The stored state.
    pub state: State,
    /// The sender removed it from its list (or it was archived there).
    pub sender_hid: bool,
    /// The recipient removed it from its list (or it was archived there).
    pub recipient_hid: bool,
    /// When a pending row expires; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// Its administrator roles.
    pub roles: Roles,
}

impl Standing {
    /// The state at `now`: an overdue invitation is expired whether or not a sweep has met it (I10).
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Pending if self.expires_at.is_some_and(|at| at <= now) => State::Expired,
            state => state,
        }
    }

    /// What `side` sees at `now`; `None` is nothing at all.
    #[must_use]
    pub fn view(&self, side: Side, now: Timestamp) -> Option<View> {
        use Side::{Recipient, Sender};
        let bound = self.recipient.is_some();
        match (self.state_at(now), side) {
            (State::Pending, Sender) => Some(View::AwaitingApproval),
            (State::Pending, Recipient) => bound.then_some(View::Pending),
            (State::Active, Sender | Recipient) => Some(View::Active),
            (State::Rejected | State::DeletedByRecipient | State::RemovedByRecipient, Sender) => {
                (!self.sender_hid).then_some(View::Rejected)
            }
            (State::Rejected, Recipient) => (!self.recipient_hid).then_some(View::Rejected),
            (State::Expired, Sender) => (!self.sender_hid).then_some(View::Expired),
            (State::Expired, Recipient) => (bound && !self.recipient_hid).then_some(View::Expired),
            (State::DeletedByRecipient | State::RemovedByRecipient, Recipient)
            | (
                State::Canceled
                | State::Superseded
                | State::RemovedBySender
                | State::Renewed
                | State::AccountClosed,
                Sender | Recipient,
            ) => None,
        }
    }

    /// Whether the row joins (or would join) these two accounts in its type.
    #[must_use]
    pub fn joins(&self, sender: AccountId, recipient: AccountId) -> bool {
        let same_way = self.sender == sender && self.recipient == Some(recipient);
        let other_way = self.sender == recipient && self.recipient == Some(sender);
        match self.kind.policy().direction {
            Direction::Mutual => same_way || other_way,
            Direction::ProviderToCustomer => same_way,
        }
    }

    /// What became of the roles asked for; `None` for a row without any.
    #[must_use]
    pub fn roles_state(&self, now: Timestamp) -> Option<RolesState> {
        if self.roles.asked.is_empty() {
            return None;
        }
        Some(match self.state {
            State::Active => self.roles.state(now),
            // what was once given ended with the partnership
            State::RemovedBySender | State::RemovedByRecipient | State::Renewed => {
                RolesState::Removed
            }
            State::Pending
            | State::Rejected
            | State::DeletedByRecipient
            | State::Expired
            | State::Canceled
            | State::Superseded
            | State::AccountClosed => RolesState::Requested,
        })
    }

    /// Whether a new request for these roles makes sense while this row is ACTIVE (I5): some of them are not in force.
    #[must_use]
    pub fn lacks(&self, asked: &AdminRoles, now: Timestamp) -> bool {
        match self.roles_state(now) {
            None => false,
            Some(RolesState::InForce) => !asked.0.is_subset(&self.roles.asked.0),
            Some(RolesState::Requested | RolesState::Removed | RolesState::Expired) => true,
        }
    }

    /// Whether it stops its sender from inviting that person again (R2): until both sides have deleted it.
    #[must_use]
    pub fn blocks(&self) -> bool {
        matches!(self.state, State::Rejected | State::DeletedByRecipient)
            && !(self.sender_hid && self.recipient_hid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::Iterable;

    fn standing(state: State, bound: bool, sender_hid: bool, recipient_hid: bool) -> Standing {
        Standing {
            kind: PartnerType::Collaboration,
            sender: AccountId::fresh(),
            recipient: bound.then(AccountId::fresh),
            invitee: EmailKey("bo@b.example".to_owned()),
            state,
            sender_hid,
            recipient_hid,
            expires_at: Some(Timestamp(100)),
            roles: Roles::default(),
        }
    }

    /// The table of section V, written out once more as the reader knows it: (sender, recipient) when nothing is hidden.
    fn table(state: State) -> (Option<View>, Option<View>) {
        use View::{Active, AwaitingApproval, Expired, Pending, Rejected};
        match state {
            State::Pending => (Some(AwaitingApproval), Some(Pending)),
            State::Active => (Some(Active), Some(Active)),
            State::Rejected => (Some(Rejected), Some(Rejected)),
            State::Expired => (Some(Expired), Some(Expired)),
            State::DeletedByRecipient | State::RemovedByRecipient => (Some(Rejected), None),
            State::Canceled
            | State::Superseded
            | State::RemovedBySender
            | State::Renewed
            | State::AccountClosed => (None, None),
        }
    }

    #[test]
    fn v_each_side_sees_what_the_table_says_hidden_or_not_bound_or_not() {
        for state in State::iter() {
            for (bound, sender_hid, recipient_hid) in
                (0..8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0))
            {
                let row = standing(state, bound, sender_hid, recipient_hid);
                let (sender, recipient) = table(state);
                let hideable = |view: Option<View>, hid: bool| {
                    view.filter(|view| !(hid && matches!(view, View::Rejected | View::Expired)))
                };
                let recipient =
                    recipient.filter(|_| bound || matches!(state, State::Active | State::Rejected));
                assert_eq!(
                    row.view(Side::Sender, Timestamp(1)),
                    hideable(sender, sender_hid),
                    "{row:?}"
                );
                assert_eq!(
                    row.view(Side::Recipient, Timestamp(1)),
                    hideable(recipient, recipient_hid),
                    "{row:?}"
                );
            }
        }
    }

    #[test]
    fn i10_an_overdue_invitation_counts_as_expired_from_the_very_moment() {
        let row = standing(State::Pending, true, false, false);
        assert_eq!(row.state_at(Timestamp(99)), State::Pending);
        assert_eq!(row.state_at(Timestamp(100)), State::Expired);
        assert_eq!(row.view(Side::Sender, Timestamp(100)), Some(View::Expired));
        assert_eq!(row.view(Side::Recipient, Timestamp(100)), Some(View::Expired));
        let forever = Standing { expires_at: None, ..row };
        assert_eq!(forever.state_at(Timestamp(i64::MAX)), State::Pending);
    }

    #[test]
    fn r3_only_rejections_block_never_cancelled_expired_or_ended_rows() {
        for state in State::iter() {
            let blocks = standing(state, true, false, false).blocks();
            assert_eq!(
                blocks,
                matches!(state, State::Rejected | State::DeletedByRecipient),
                "{state:?}"
            );
        }
    }

    #[test]
    fn r2_a_rejection_blocks_until_both_sides_have_deleted_in_either_order() {
        for (sender_hid, recipient_hid, blocks) in
            [(false, false, true), (true, false, true), (false, true, true), (true, true, false)]
        {
            assert_eq!(standing(State::Rejected, true, sender_hid, recipient_hid).blocks(), blocks);
        }
    }
}
