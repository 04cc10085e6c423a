//! What people are told by mail because of what a row does (L2).

use super::roles_of;
use crate::domain::email::Email;
use crate::domain::ids::AccountId;
use crate::domain::mail::{Invited, Occasion};
use crate::domain::partnership::{State, Transition};
use crate::domain::time::{DAY, Timestamp};
use crate::entity::partnership;

/// What a transition tells, of the row as it leaves it; `before` is the state it was in. An invitation that is sent is not
/// among it: whether the addressee may be told is decided where it is routed.
pub(super) fn of(
    row: &partnership::Model,
    before: State,
    transition: Transition,
    now: Timestamp,
) -> Vec<Occasion> {
    let sender = row.sender_account_id;
    let Some(recipient) = row.recipient_account_id else { return Vec::new() };
    let ended =
        |told: AccountId, partner: AccountId| Occasion::Ended { told, partner, kind: row.kind };
    match transition {
        Transition::Activate => vec![Occasion::Accepted {
            sender,
            inviter: row.inviter_member_id,
            partner: recipient,
            invitee_email: row.invitee_email.clone(),
            kind: row.kind,
        }],
        Transition::Reject => vec![Occasion::Rejected {
            sender,
            inviter: row.inviter_member_id,
            invitee_email: row.invitee_email.clone(),
            kind: row.kind,
            reason: row.reject_reason.clone(),
        }],
        Transition::EndBySender => vec![ended(recipient, sender)],
        Transition::EndByRecipient => vec![ended(sender, recipient)],
        // the side that closes has nobody left to be told
        Transition::CloseAccount if before == State::Active => {
            vec![ended(recipient, sender), ended(sender, recipient)]
        }
        Transition::WarnOfRoles => expiring(row, recipient, now).into_iter().collect(),
        Transition::Bind(_) => vec![invited(row, true)],
        // nobody is told of what is undone before it is decided, of what a side hides, or of what time does
        Transition::CloseAccount
        | Transition::Decline
        | Transition::Cancel
        | Transition::Supersede
        | Transition::Renew
        | Transition::RemoveRoles
        | Transition::LapseRoles
        | Transition::ExtendRoles(_)
        | Transition::Hide(_)
        | Transition::Archive
        | Transition::Replace
        | Transition::Expire
        | Transition::Resend
        | Transition::Unbind => Vec::new(),
    }
}

/// An invitation to its addressee.
pub(super) fn invited(row: &partnership::Model, on_arrival: bool) -> Occasion {
    let days = roles_of(row).term.map(|term| term.span.as_secs().div_ceil(DAY.as_secs()));
    Occasion::Invited(Box::new(Invited {
        partnership: row.id,
        sending: row.resend_count,
        on_arrival,
        sender: row.sender_account_id,
        invitee: Email { typed: row.invitee_email.clone(), key: row.invitee_key.clone() },
        inviter_name: row.inviter_display_name.clone(),
        kind: row.kind,
        message: row.message.clone(),
        roles: row.admin_roles.clone(),
        role_days: days.and_then(|days| u32::try_from(days).ok()),
        roles_extend: row.auto_extend,
        expires_at: row.expires_at,
    }))
}

fn expiring(row: &partnership::Model, customer: AccountId, now: Timestamp) -> Option<Occasion> {
    let ends_at = row.roles_until?;
    let days = now.until(ends_at).as_secs().div_ceil(DAY.as_secs());
    Some(Occasion::RolesExpiring {
        provider: row.sender_account_id,
        customer,
        kind: row.kind,
        roles: row.admin_roles.clone(),
        ends_at,
        days_left: u32::try_from(days).unwrap_or(u32::MAX),
    })
}
