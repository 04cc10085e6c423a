//! The customer takes the provider's administrator roles away; the partnership stays (T3).

use super::decide::{Held, Reach, answer, hold};
use super::ledger::Ledger;
use super::view::PartnershipView;
use super::{row, standing};
use crate::backend::{Ask, Backend, Done, Outcome, Part};
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partnership::Action;
use crate::domain::roles::RolesState;
use crate::error::Error;

/// Removes them; what was removed before, or is over, stays so.
///
/// # Errors
/// `NotFound`, `NotTheRecipient`, `NoAdminRoles`, `EtagMismatch`, `PartnershipNotActive`.
pub async fn remove(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    id: PartnershipId,
    sent_etag: &str,
    reason: &str,
) -> Result<Done<PartnershipView>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let Held { rows, seen, .. } = hold(work, account, id, Reach::Row).await?;
            let transition = row::judge(&seen, Action::RemoveAdminRoles, sent_etag, work.now)?;
            if standing(&seen.row).roles_state(work.now) != Some(RolesState::InForce) {
                let shown = row::shown(work, seen.row, account).await?;
                return Ok(Outcome::unchanged(shown));
            }
            let mut ledger = Ledger::new(work.now, rows);
            ledger.step(id, transition, Some(reason).filter(|reason| !reason.is_empty()));
            answer(work, Part::default(), ledger, id, account).await
        })
        .await
}
