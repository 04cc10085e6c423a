//! What one side is shown of a partnership (V1, V2).

use super::standing;
use crate::domain::ids::{AccountId, MemberId, PartnershipId};
use crate::domain::partner_type::{PartnerType, Permission};
use crate::domain::partnership::{Action, Side, State, View, allowed_actions};
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use serde::{Deserialize, Serialize};

/// Why a side sees `Rejected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateReason {
    /// The recipient said no.
    Rejected,
    /// The recipient deleted the invitation.
    DeletedByRecipient,
    /// The recipient ended the partnership.
    RemovedByRecipient,
}

/// One partnership as one side sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnershipView {
    pub id: PartnershipId,
    pub account_id: AccountId,
    pub side: Side,
    pub state: View,
    pub state_reason: Option<StateReason>,
    pub reject_reason: String,
    pub kind: PartnerType,
    /// The other account; the sender learns it once the two have been partners.
    pub partner_account_id: Option<AccountId>,
    pub partner_display_name: String,
    pub invitee_email: String,
    pub inviter_member_id: Option<MemberId>,
    pub inviter_display_name: String,
    pub message: String,
    pub permissions: Vec<Permission>,
    /// How many of the sender's people would become contacts; for the recipient of a pending invitation.
    pub roster_size: u64,
    pub allowed_actions: Vec<Action>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub etag: String,
}

/// What is known of the other account beside the row.
#[derive(Clone, Debug, Default)]
pub struct Partner {
    pub display_name: String,
    /// Its members, removed ones apart.
    pub roster_size: u64,
}

/// The side `viewer` stands on.
#[must_use]
pub fn side_of(row: &partnership::Model, viewer: AccountId) -> Option<Side> {
    if row.sender_account_id == viewer {
        Some(Side::Sender)
    } else if row.recipient_account_id == Some(viewer) {
        Some(Side::Recipient)
    } else {
        None
    }
}

/// The other account, where `side` may know it (V2).
#[must_use]
pub fn known_partner(row: &partnership::Model, side: Side) -> Option<AccountId> {
    match side {
        Side::Recipient => Some(row.sender_account_id),
        Side::Sender => row.recipient_account_id.filter(|_| row.activated_at.is_some()),
    }
}

/// An etag that stays when time alone turns an overdue invitation into a stored expired one.
#[must_use]
pub fn etag(row: &partnership::Model, side: Side, view: View) -> String {
    let version = match side {
        Side::Sender => row.sender_version,
        Side::Recipient => row.recipient_version,
    };
    let phase = match view {
        View::AwaitingApproval => 'w',
        View::Pending => 'p',
        View::Active => 'a',
        View::Rejected => 'r',
        View::Expired => 'e',
    };
    format!("v{version}{phase}")
}

/// The view of `side`, which sees the row as `view`; only managers are told what they may do (V1, V3).
#[must_use]
pub fn show(
    row: &partnership::Model,
    side: Side,
    view: View,
    partner: &Partner,
    manager: bool,
) -> PartnershipView {
    let policy = row.kind.policy();
    let (account_id, touched_at) = match side {
        Side::Sender => (row.sender_account_id, row.sender_updated_at),
        // the recipient's side exists only of bound rows
        Side::Recipient => {
            (row.recipient_account_id.unwrap_or(row.sender_account_id), row.recipient_updated_at)
        }
    };
    let partner_account_id = known_partner(row, side);
    let undecided = matches!(view, View::AwaitingApproval | View::Pending | View::Expired);
    PartnershipView {
        id: row.id,
        account_id,
        side,
        state: view,
        state_reason: state_reason(standing(row).state),
        reject_reason: row.reject_reason.clone(),
        kind: row.kind,
        partner_account_id,
        partner_display_name: partner_account_id
            .map(|_| partner.display_name.clone())
            .unwrap_or_default(),
        invitee_email: row.invitee_email.clone(),
        inviter_member_id: row.inviter_member_id,
        inviter_display_name: row.inviter_display_name.clone(),
        message: row.message.clone(),
        permissions: match view {
            View::AwaitingApproval | View::Pending | View::Active => policy.permissions.to_vec(),
            View::Rejected | View::Expired => Vec::new(),
        },
        roster_size: if view == View::Pending { partner.roster_size } else { 0 },
        allowed_actions: if manager { allowed_actions(side, view, &policy) } else { Vec::new() },
        created_at: row.created_at,
        updated_at: row
            .expires_at
            .filter(|_| view == View::Expired)
            .map_or(touched_at, |at| at.max(touched_at)),
        activated_at: row.activated_at,
        ended_at: row.ended_at.filter(|_| view == View::Rejected),
        expires_at: row.expires_at.filter(|_| undecided),
        etag: etag(row, side, view),
    }
}

fn state_reason(state: State) -> Option<StateReason> {
    match state {
        State::Rejected => Some(StateReason::Rejected),
        State::DeletedByRecipient => Some(StateReason::DeletedByRecipient),
        State::RemovedByRecipient => Some(StateReason::RemovedByRecipient),
        State::Pending
        | State::Active
        | State::Expired
        | State::Canceled
        | State::Superseded
        | State::RemovedBySender
        | State::Renewed
        | State::AccountClosed => None,
    }
}
