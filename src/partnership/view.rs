//! What one side is shown of a partnership (V1, V2).

use super::standing;
use crate::domain::ids::{AccountId, MemberId, PartnershipId};
use crate::domain::partner_type::{PartnerType, Permission};
use crate::domain::partnership::{Action, Side, Standing, State, View, allowed_actions};
use crate::domain::roles::{AdminRoles, EXTENSION, RolesState};
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use serde::{Deserialize, Serialize};
use std::time::Duration;

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
    /// The roles asked for.
    #[serde(default)]
    pub admin_roles: AdminRoles,
    #[serde(default)]
    pub roles_state: Option<RolesState>,
    /// For how long they were asked for.
    #[serde(default)]
    pub role_term: Option<Duration>,
    #[serde(default)]
    pub auto_extend: bool,
    /// When they end, or ended.
    #[serde(default)]
    pub roles_end_at: Option<Timestamp>,
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

/// An etag that stays when what time has done already (an invitation expired, roles over or extended) is stored.
#[must_use]
pub fn etag(row: &partnership::Model, side: Side, view: View, now: Timestamp) -> String {
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
    let standing = standing(row);
    let roles = standing.roles_state(now).filter(|_| view == View::Active);
    let roles = roles.map_or_else(String::new, |state| {
        let phase = match state {
            RolesState::Requested => 'q',
            RolesState::InForce => 'i',
            RolesState::Removed => 'r',
            RolesState::Expired => 'e',
        };
        format!("{phase}{:x}", standing.roles.ends_at(now).map_or(0, |end| end.0))
    });
    format!("v{version}{phase}{roles}")
}

/// The view of `side`, which sees the row as `view`; only managers are told what they may do (V1, V3).
#[must_use]
pub fn show(
    row: &partnership::Model,
    side: Side,
    view: View,
    partner: &Partner,
    manager: bool,
    now: Timestamp,
) -> PartnershipView {
    let policy = row.kind.policy();
    let standing = standing(row);
    let roles_state = standing.roles_state(now);
    let roles_end_at = standing.roles.ends_at(now);
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
        state_reason: state_reason(row.state),
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
        admin_roles: row.admin_roles.clone(),
        roles_state,
        role_term: standing.roles.term.map(|term| term.span),
        auto_extend: row.auto_extend,
        roles_end_at,
        permissions: permissions(&standing, view, now),
        roster_size: if view == View::Pending { partner.roster_size } else { 0 },
        allowed_actions: if manager {
            allowed_actions(side, view, roles_state, &policy)
        } else {
            Vec::new()
        },
        created_at: row.created_at,
        updated_at: changed_by_time(&standing, view, now)
            .map_or(touched_at, |at| at.max(touched_at)),
        activated_at: row.activated_at,
        ended_at: row.ended_at.filter(|_| view == View::Rejected),
        expires_at: row.expires_at.filter(|_| undecided),
        etag: etag(row, side, view, now),
    }
}

/// Asked for while nothing is decided, in force while ACTIVE.
fn permissions(standing: &Standing, view: View, now: Timestamp) -> Vec<Permission> {
    let through_roles = match (view, standing.roles_state(now)) {
        (View::Active, Some(RolesState::InForce)) => true,
        (View::Active | View::Rejected | View::Expired, _) => false,
        (View::AwaitingApproval | View::Pending, _) => true,
    };
    let own = match view {
        View::AwaitingApproval | View::Pending | View::Active => standing.kind.policy().permissions,
        View::Rejected | View::Expired => &[],
    };
    let given = standing.roles.asked.permissions().filter(|_| through_roles);
    own.iter().copied().chain(given).collect()
}

/// When time alone last changed the view.
fn changed_by_time(standing: &Standing, view: View, now: Timestamp) -> Option<Timestamp> {
    match view {
        View::Expired => standing.expires_at,
        View::Active if standing.roles_state(now) == Some(RolesState::Expired) => {
            standing.roles.until
        }
        View::Active => {
            let extended_to =
                standing.roles.ends_at(now).filter(|end| Some(*end) != standing.roles.until);
            extended_to.map(|end| end.minus(EXTENSION))
        }
        View::AwaitingApproval | View::Pending | View::Rejected => None,
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
