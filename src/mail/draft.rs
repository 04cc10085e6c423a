//! An occasion as the letter that tells of it.

use super::letter::Letter;
use crate::account::store as accounts;
use crate::backend::Work;
use crate::domain::ids::AccountId;
use crate::domain::mail::{MailKind, Occasion};
use crate::domain::partner_type::PartnerType;
use crate::domain::roles::AdminRoles;
use crate::domain::time::Timestamp;
use crate::error::Error;
use sea_orm::ActiveEnum;
use std::collections::HashMap;

const MICROS: i64 = 1_000_000;

/// What the accounts are called that letters name.
pub async fn names(
    work: &Work,
    occasions: &[&Occasion],
) -> Result<HashMap<AccountId, String>, Error> {
    let ids = occasions.iter().flat_map(|occasion| named(occasion));
    let accounts = accounts::several(work, ids).await?;
    Ok(accounts.into_iter().map(|(id, row)| (id, row.display_name)).collect())
}

fn named(occasion: &Occasion) -> Vec<AccountId> {
    match occasion {
        Occasion::Invited(invited) => vec![invited.sender],
        Occasion::Accepted { partner, .. } | Occasion::Ended { partner, .. } => vec![*partner],
        Occasion::RolesExpiring { provider, customer, .. } => vec![*provider, *customer],
        Occasion::Rejected { .. } | Occasion::Inquired { .. } => Vec::new(),
    }
}

/// The letter to `told`: the account whose managers read it, where managers do.
pub fn letter(
    occasion: &Occasion,
    told: Option<AccountId>,
    names: &HashMap<AccountId, String>,
) -> (MailKind, Letter) {
    let name = |id: AccountId| names.get(&id).cloned().unwrap_or_default();
    match occasion {
        Occasion::Invited(invited) => {
            let letter = Letter::Invitation {
                partner_type: type_name(invited.kind),
                sender_account: name(invited.sender),
                inviter: invited.inviter_name.clone(),
                message: invited.message.clone(),
                admin_roles: role_names(&invited.roles),
                role_days: invited.role_days,
                role_extends: invited.roles_extend,
                expires_at: invited.expires_at.map(seconds),
            };
            (MailKind::Invitation, letter)
        }
        Occasion::Rejected { invitee_email, kind, reason, .. } => {
            let letter = Letter::Rejection {
                invitee_email: invitee_email.clone(),
                partner_type: type_name(*kind),
                reason: reason.clone(),
            };
            (MailKind::Rejection, letter)
        }
        Occasion::Accepted { partner, invitee_email, kind, .. } => {
            let letter = Letter::Acceptance {
                partner_account: name(*partner),
                invitee_email: invitee_email.clone(),
                partner_type: type_name(*kind),
            };
            (MailKind::Acceptance, letter)
        }
        Occasion::Ended { partner, kind, .. } => {
            let letter =
                Letter::Ending { partner_account: name(*partner), partner_type: type_name(*kind) };
            (MailKind::Ending, letter)
        }
        Occasion::Inquired {
            provider: _,
            customer_name,
            sender_name,
            reply_to,
            country,
            customer_size,
            needs,
        } => {
            let letter = Letter::Inquiry {
                customer_account: customer_name.clone(),
                sender: sender_name.clone(),
                reply_to: reply_to.clone(),
                country: country.clone(),
                customer_size: customer_size.map(|size| size.to_value()),
                needs: needs.clone(),
            };
            (MailKind::Inquiry, letter)
        }
        Occasion::RolesExpiring { provider, customer, kind, roles, ends_at, days_left } => {
            let recipient_is_provider = told == Some(*provider);
            let other = if recipient_is_provider { *customer } else { *provider };
            let letter = Letter::RoleExpiry {
                partner_account: name(other),
                partner_type: type_name(*kind),
                admin_roles: role_names(roles),
                expires_at: seconds(*ends_at),
                days_left: *days_left,
                // roles that are extended do not end, and nobody is warned of them
                extends: false,
                recipient_is_provider,
            };
            (MailKind::RoleExpiry, letter)
        }
    }
}

/// The names under which they are stored.
fn type_name(kind: PartnerType) -> String {
    kind.to_value()
}

fn role_names(roles: &AdminRoles) -> Vec<String> {
    let names = serde_json::to_value(roles).and_then(serde_json::from_value);
    names.unwrap_or_default()
}

fn seconds(at: Timestamp) -> i64 {
    at.0.div_euclid(MICROS)
}
