//! What an account lets in, and what it keeps of a partner that has gone (I14, C9).

use super::lock::{self, Strength};
use super::{check_etag, etag};
use crate::backend::{Ask, Backend, Done, Outcome, Part, update};
use crate::domain::event::{AuditAction, Event, EventKind};
use crate::domain::ids::AccountId;
use crate::domain::preferences::{ContactRetention, ReceivePolicy};
use crate::entity::account;
use crate::error::Error;

/// The fields of an update that are to be written.
#[derive(Clone, Debug, Default)]
pub struct PreferencesUpdate {
    pub receive_policy: Option<ReceivePolicy>,
    pub blocked: Option<Vec<AccountId>>,
    pub contact_retention: Option<ContactRetention>,
}

/// Whether an account lets in what `sender` sends.
#[must_use]
pub fn admits(account: &account::Model, sender: AccountId) -> bool {
    account.receive_policy.admits(sender, &blocked(account))
}

/// The accounts it has blocked.
#[must_use]
pub fn blocked(account: &account::Model) -> Vec<AccountId> {
    serde_json::from_value(account.blocked_account_ids.clone()).unwrap_or_default()
}

/// New preferences; rows already bound stay as they are.
///
/// # Errors
/// `EtagMismatch`.
pub async fn change(
    backend: &Backend,
    ask: &Ask,
    id: AccountId,
    sent_etag: &str,
    fields: PreferencesUpdate,
) -> Result<Done<account::Model>, Error> {
    let fields = &fields;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let accounts = lock::accounts(work, &[id], Strength::Exclusive).await?;
            let before = accounts.get(id)?.clone();
            check_etag(sent_etag, &etag(before.preferences_version))?;
            let mut after = before.clone();
            after.receive_policy = fields.receive_policy.unwrap_or(after.receive_policy);
            after.contact_retention = fields.contact_retention.unwrap_or(after.contact_retention);
            if let Some(blocked) = &fields.blocked {
                after.blocked_account_ids =
                    serde_json::to_value(blocked).map_err(Error::internal)?;
            }
            if after == before {
                return Ok(Outcome::unchanged(before));
            }
            after.preferences_version += 1;
            let mut part = Part::default();
            part.event(Event::of_account(
                EventKind::PreferencesUpdated,
                id,
                AuditAction::PreferencesUpdated,
            ));
            let row = after.clone();
            part.write(move |_, db| vec![update(row, db)]);
            Ok(Outcome::new(part, move |_| after))
        })
        .await
}
