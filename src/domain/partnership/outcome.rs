//! What a decision does: to its own row, and to the rows around it.

use super::Row;
use super::state::{Side, Standing, State};
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::Direction;
use crate::domain::roles::RolesEnd;
use crate::domain::time::Timestamp;

/// A committed change of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Pending to active.
    Activate,
    /// Pending to rejected.
    Reject,
    /// Pending to deleted by the recipient; gone for the recipient.
    Decline,
    /// Pending to canceled by the sender.
    Cancel,
    /// Pending and needless, or waiting and in conflict.
    Supersede,
    /// Active to removed by the sender.
    EndBySender,
    /// Active to removed by the recipient.
    EndByRecipient,
    /// Active, and a newer row of the pair takes over without a gap (I5).
    Renew,
    /// The recipient took the roles away (T3).
    RemoveRoles,
    /// The roles' time is over, and now stored as such (T7).
    LapseRoles,
    /// The roles go on until then (T7).
    ExtendRoles(Timestamp),
    /// The roles' end is near (T7).
    WarnOfRoles,
    /// Pending or active, and one of the accounts closed.
    CloseAccount,
    /// Gone from one side's list.
    Hide(Side),
    /// Gone from both lists, and no longer blocking (D2).
    Archive,
    /// Gone from the former sender's list, for a newer request (R3).
    Replace,
    /// Overdue, and now stored as such.
    Expire,
    /// Sent once more; expiry and routing are the caller's to set.
    Resend,
    /// Waiting, and now bound to the account its person appeared in.
    Bind(AccountId),
    /// Bound, and waiting again since its account closed (M5).
    Unbind,
}

impl Transition {
    /// The row after the transition.
    #[must_use]
    pub fn apply(self, before: &Standing, now: Timestamp) -> Standing {
        let mut row = before.clone();
        match self {
            Self::Activate => {
                row.state = State::Active;
                row.roles = row.roles.given(now);
            }
            Self::Reject => row.state = State::Rejected,
            Self::Decline => {
                row.state = State::DeletedByRecipient;
                row.recipient_hid = true;
            }
            Self::Cancel => row.state = State::Canceled,
            Self::Supersede => row.state = State::Superseded,
            Self::EndBySender => row.state = State::RemovedBySender,
            Self::EndByRecipient => row.state = State::RemovedByRecipient,
            Self::Renew => row.state = State::Renewed,
            Self::RemoveRoles => row.roles.end = Some(RolesEnd::Removed),
            Self::LapseRoles => row.roles.end = Some(RolesEnd::Expired),
            Self::ExtendRoles(until) => row.roles.until = Some(until),
            Self::WarnOfRoles => {}
            Self::CloseAccount => row.state = State::AccountClosed,
            Self::Hide(Side::Sender) | Self::Replace => row.sender_hid = true,
            Self::Hide(Side::Recipient) => row.recipient_hid = true,
            Self::Archive => {
                row.sender_hid = true;
                row.recipient_hid = true;
            }
            Self::Expire => row.state = State::Expired,
            Self::Resend => {
                row.state = State::Pending;
                row.recipient_hid = false;
            }
            Self::Bind(account) => row.recipient = Some(account),
            Self::Unbind => row.recipient = None,
        }
        row
    }
}

/// Everything that accepting `target` does (D2): the rows of the pair that it makes needless, archives or renews (I5), then
/// the row itself. `rows` are the pair's rows in the type and the unbound ones addressed to a current member of the other account.
#[must_use]
pub fn activation(
    target: PartnershipId,
    rows: &[Row],
    now: Timestamp,
) -> Vec<(PartnershipId, Transition)> {
    let mut steps = Vec::new();
    let sender = rows.iter().find(|(id, _)| *id == target).map(|(_, row)| row.sender);
    // B reselling to A is no concern of A's reselling to B
    let same_pair = |row: &Standing| match row.kind.policy().direction {
        Direction::Mutual => true,
        Direction::ProviderToCustomer => Some(row.sender) == sender,
    };
    for (id, row) in rows.iter().filter(|(id, row)| *id != target && same_pair(row)) {
        match row.state_at(now) {
            State::Pending => steps.push((*id, Transition::Supersede)),
            State::Expired if row.recipient.is_none() => {}
            State::Expired => {
                if row.state == State::Pending {
                    steps.push((*id, Transition::Expire));
                }
                if !(row.sender_hid && row.recipient_hid) {
                    steps.push((*id, Transition::Archive));
                }
            }
            State::Rejected | State::DeletedByRecipient
                if !(row.sender_hid && row.recipient_hid) =>
            {
                steps.push((*id, Transition::Archive));
            }
            State::RemovedByRecipient if !row.sender_hid => steps.push((*id, Transition::Replace)),
            State::Active => steps.push((*id, Transition::Renew)),
            State::Rejected
            | State::DeletedByRecipient
            | State::RemovedByRecipient
            | State::Canceled
            | State::Superseded
            | State::RemovedBySender
            | State::Renewed
            | State::AccountClosed => {}
        }
    }
    steps.push((target, Transition::Activate));
    steps
}

/// What closing `account` does to one of its rows (M5), in order.
#[must_use]
pub fn closing(account: AccountId, row: &Standing, now: Timestamp) -> Vec<Transition> {
    let side = if row.sender == account { Side::Sender } else { Side::Recipient };
    let overdue = row.state == State::Pending && row.state_at(now) == State::Expired;
    let mut steps = if overdue { vec![Transition::Expire] } else { Vec::new() };
    match (row.state_at(now), side) {
        (State::Active, _) | (State::Pending, Side::Sender) => steps.push(Transition::CloseAccount),
        (State::Pending, Side::Recipient) => steps.push(Transition::Unbind),
        (State::Rejected | State::Expired, _)
        | (State::DeletedByRecipient | State::RemovedByRecipient, Side::Sender)
            if !hidden(row, side) =>
        {
            steps.push(Transition::Hide(side));
        }
        (
            State::Rejected
            | State::Expired
            | State::DeletedByRecipient
            | State::RemovedByRecipient
            | State::Canceled
            | State::Superseded
            | State::RemovedBySender
            | State::Renewed
            | State::AccountClosed,
            _,
        ) => {}
    }
    steps
}

fn hidden(row: &Standing, side: Side) -> bool {
    match side {
        Side::Sender => row.sender_hid,
        Side::Recipient => row.recipient_hid,
    }
}
