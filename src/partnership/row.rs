//! One row in a verb's hands: found, judged by the table, shown as the change leaves it.

use super::standing;
use super::store::{self, Seen, Viewer};
use super::view::{self, PartnershipView};
use crate::account::{check_etag, store as accounts};
use crate::backend::Work;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partnership::{self as rules, Action, Refusal, Transition};
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::EntityTrait;

/// The row, not locked yet.
pub(super) async fn find(work: &Work, id: PartnershipId) -> Result<partnership::Model, Error> {
    partnership::Entity::find_by_id(id).one(&work.txn).await?.ok_or_else(|| store::not_found(id))
}

/// Asks the table, with the etag's refusal in its place between the type's and the state's.
pub(super) fn judge(
    seen: &Seen,
    action: Action,
    sent_etag: &str,
    now: Timestamp,
) -> Result<Transition, Error> {
    let Seen { row, side, view } = seen;
    let policy = row.kind.policy();
    let verdict = rules::decide(*side, *view, action, &policy);
    match verdict {
        Err(Refusal::NotTheRecipient) => return Err(Error::NotTheRecipient),
        Err(Refusal::NotTheSender) => return Err(Error::NotTheSender),
        Err(Refusal::ContactPartner) => {
            return Err(Error::ContactPartner { partnership: row.id, contact_email: None });
        }
        Err(Refusal::NoAdminRoles) => return Err(Error::NoAdminRoles { partnership: row.id }),
        Err(Refusal::NotPending | Refusal::Expired | Refusal::NotActive) | Ok(_) => {}
    }
    check_etag(sent_etag, &view::etag(row, *side, *view, now))?;
    verdict.map_err(|refusal| {
        let roles = standing(row).roles_state(now);
        let allowed = rules::allowed_actions(*side, *view, roles, &policy);
        match refusal {
            Refusal::Expired => Error::InvitationExpired { partnership: row.id, allowed },
            Refusal::NotActive => {
                Error::PartnershipNotActive { partnership: row.id, state: *view, allowed }
            }
            _ => Error::InvitationNotPending { partnership: row.id, state: *view, allowed },
        }
    })
}

/// The actor's view of a row as this change leaves it.
pub(super) async fn shown(
    work: &Work,
    row: partnership::Model,
    account: AccountId,
) -> Result<PartnershipView, Error> {
    let id = row.id;
    let viewer = Viewer { account, manager: work.ask().actor.manages_partners(), now: work.now };
    let seen = store::seen(row, account, work.now).ok_or_else(|| store::not_found(id))?;
    let known = view::known_partner(&seen.row, seen.side);
    let named = accounts::several(work, known).await?.into_values().next();
    store::show_with(&work.txn, viewer, seen, named).await
}
