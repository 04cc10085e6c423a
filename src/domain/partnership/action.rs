//! What a side may do with a row: one table.

use super::outcome::Transition;
use super::state::{Side, View};
use crate::domain::partner_type::Policy;
use crate::domain::roles::RolesState;
use sea_orm::{EnumIter, Iterable};
use serde::{Deserialize, Serialize};

/// A verb on an existing row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, Serialize, Deserialize)]
pub enum Action {
    /// Become partners.
    Accept,
    /// Say no.
    Reject,
    /// Remove the row from one's list; what else it does depends on side and state (X).
    Delete,
    /// Send the invitation once more (I11).
    Resend,
    /// Take the provider's administrator roles away (T3).
    RemoveAdminRoles,
}

/// Why a side may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The sender cannot decide on its own invitation (D1).
    NotTheRecipient,
    /// Only the sender may send again (I11).
    NotTheSender,
    /// There is nothing to decide (D4).
    NotPending,
    /// It was not decided in time (D4).
    Expired,
    /// The type leaves ending to the provider (T4).
    ContactPartner,
    /// The type has no roles to take away (T3).
    NoAdminRoles,
    /// There are no partners yet, or not any more (T3).
    NotActive,
}

/// The table (D, X, I11). It is asked only about rows that the side sees; the side's refusals come before the type's,
/// and these before the state's.
///
/// # Errors
/// The refusal that answers the call.
pub fn decide(
    side: Side,
    view: View,
    action: Action,
    policy: &Policy,
) -> Result<Transition, Refusal> {
    use Action::{Accept, Delete, Reject, RemoveAdminRoles, Resend};
    use Side::{Recipient, Sender};
    use View::{Active, AwaitingApproval, Expired, Pending, Rejected};
    match (side, action, view) {
        (
            Sender,
            Accept | Reject | RemoveAdminRoles,
            AwaitingApproval | Pending | Active | Rejected | Expired,
        ) => Err(Refusal::NotTheRecipient),
        (Recipient, Resend, AwaitingApproval | Pending | Active | Rejected | Expired) => {
            Err(Refusal::NotTheSender)
        }

        (Recipient, Accept, Pending | AwaitingApproval) => Ok(Transition::Activate),
        (Recipient, Reject, Pending | AwaitingApproval) => Ok(Transition::Reject),
        (Recipient, Accept | Reject, Active | Rejected) => Err(Refusal::NotPending),
        (Recipient, Accept | Reject, Expired) => Err(Refusal::Expired),

        (Sender, Delete, AwaitingApproval | Pending) => Ok(Transition::Cancel),
        (Recipient, Delete, Pending | AwaitingApproval) => Ok(Transition::Decline),
        (Sender, Delete, Active) => Ok(Transition::EndBySender),
        (Recipient, Delete, Active) if policy.recipient_may_end => Ok(Transition::EndByRecipient),
        (Recipient, Delete, Active) => Err(Refusal::ContactPartner),
        (Sender | Recipient, Delete, Rejected | Expired) => Ok(Transition::Hide(side)),

        (Sender, Resend, AwaitingApproval | Pending | Expired) => Ok(Transition::Resend),
        (Sender, Resend, Active | Rejected) => Err(Refusal::NotPending),

        (Recipient, RemoveAdminRoles, _) if policy.admin_roles.is_empty() => {
            Err(Refusal::NoAdminRoles)
        }
        (Recipient, RemoveAdminRoles, Active) => Ok(Transition::RemoveRoles),
        (Recipient, RemoveAdminRoles, AwaitingApproval | Pending | Rejected | Expired) => {
            Err(Refusal::NotActive)
        }
    }
}

/// What a manager on `side` may do now (V1). Taking roles away a second time would succeed and do nothing: it is not named.
#[must_use]
pub fn allowed_actions(
    side: Side,
    view: View,
    roles: Option<RolesState>,
    policy: &Policy,
) -> Vec<Action> {
    let useful =
        |action: &Action| *action != Action::RemoveAdminRoles || roles == Some(RolesState::InForce);
    let allowed = |action: &Action| decide(side, view, *action, policy).is_ok();
    Action::iter().filter(useful).filter(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::partner_type::PartnerType;

    /// Section X and rules D1, D4, I11 as a reader would tick them off: one row per (side, view), one column per action.
    #[test]
    fn d1_d4_x_i11_every_side_view_and_action_answers_as_the_table() {
        use Refusal::{
            ContactPartner, Expired as TooLate, NoAdminRoles, NotActive, NotPending,
            NotTheRecipient, NotTheSender,
        };
        use Transition::{
            Activate, Cancel, Decline, EndByRecipient, EndBySender, Hide, Reject, RemoveRoles,
            Resend,
        };
        type Answer = Result<Transition, Refusal>;
        #[rustfmt::skip]
        let table: [(Side, View, [Answer; 5]); 8] = [
            // side,            view,                    accept                 reject                 delete                        resend                remove roles
            (Side::Sender,    View::AwaitingApproval, [Err(NotTheRecipient), Err(NotTheRecipient), Ok(Cancel),                Ok(Resend),           Err(NotTheRecipient)]),
            (Side::Sender,    View::Active,           [Err(NotTheRecipient), Err(NotTheRecipient), Ok(EndBySender),           Err(NotPending),      Err(NotTheRecipient)]),
            (Side::Sender,    View::Rejected,         [Err(NotTheRecipient), Err(NotTheRecipient), Ok(Hide(Side::Sender)),    Err(NotPending),      Err(NotTheRecipient)]),
            (Side::Sender,    View::Expired,          [Err(NotTheRecipient), Err(NotTheRecipient), Ok(Hide(Side::Sender)),    Ok(Resend),           Err(NotTheRecipient)]),
            (Side::Recipient, View::Pending,          [Ok(Activate),         Ok(Reject),           Ok(Decline),               Err(NotTheSender),    Err(NotActive)]),
            (Side::Recipient, View::Active,           [Err(NotPending),      Err(NotPending),      Ok(EndByRecipient),        Err(NotTheSender),    Ok(RemoveRoles)]),
            (Side::Recipient, View::Rejected,         [Err(NotPending),      Err(NotPending),      Ok(Hide(Side::Recipient)), Err(NotTheSender),    Err(NotActive)]),
            (Side::Recipient, View::Expired,          [Err(TooLate),         Err(TooLate),         Ok(Hide(Side::Recipient)), Err(NotTheSender),    Err(NotActive)]),
        ];
        for kind in PartnerType::iter() {
            let policy = kind.policy();
            for (side, view, answers) in table {
                for (action, expected) in Action::iter().zip(answers) {
                    let expected = match expected {
                        Ok(EndByRecipient) if !policy.recipient_may_end => Err(ContactPartner),
                        Ok(RemoveRoles) | Err(NotActive) if policy.admin_roles.is_empty() => {
                            Err(NoAdminRoles)
                        }
                        other => other,
                    };
                    assert_eq!(
                        decide(side, view, action, &policy),
                        expected,
                        "{kind:?} {side:?} {view:?} {action:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn v1_allowed_actions_are_exactly_what_would_succeed() {
        let policy = PartnerType::Collaboration.policy();
        let may = |side, view| allowed_actions(side, view, None, &policy);
        assert_eq!(
            may(Side::Recipient, View::Pending),
            [Action::Accept, Action::Reject, Action::Delete]
        );
        assert_eq!(may(Side::Sender, View::AwaitingApproval), [Action::Delete, Action::Resend]);
        assert_eq!(may(Side::Sender, View::Active), [Action::Delete]);
        assert_eq!(may(Side::Recipient, View::Expired), [Action::Delete]);
    }

    #[test]
    fn v1_roles_are_offered_for_removal_while_they_are_in_force() {
        let policy = PartnerType::Advisor.policy();
        let may = |roles| allowed_actions(Side::Recipient, View::Active, Some(roles), &policy);
        assert_eq!(may(RolesState::InForce), [Action::Delete, Action::RemoveAdminRoles]);
        assert_eq!(may(RolesState::Removed), [Action::Delete]);
        assert_eq!(may(RolesState::Expired), [Action::Delete]);
    }

    #[test]
    fn t4_where_the_type_says_so_only_the_provider_may_end_it() {
        let policy = PartnerType::Reseller.policy();
        assert_eq!(
            decide(Side::Recipient, View::Active, Action::Delete, &policy),
            Err(Refusal::ContactPartner)
        );
        assert_eq!(
            decide(Side::Sender, View::Active, Action::Delete, &policy),
            Ok(Transition::EndBySender)
        );
        assert_eq!(
            decide(Side::Recipient, View::Pending, Action::Delete, &policy),
            Ok(Transition::Decline)
        );
    }
}
