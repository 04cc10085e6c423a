//! LookupInvitation: what somebody who holds the link of an invitation is shown before consenting (L4, V2).

use super::standing;
use super::store::{self, Seen, Viewer};
use super::view::PartnershipView;
use crate::backend::Backend;
use crate::domain::partnership::{Side, State, View};
use crate::entity::partnership;
use crate::error::Error;
use crate::mail::secret::Claimed;
use sea_orm::EntityTrait;

/// The invitation as its recipient sees it while nobody has decided; the account it is bound to, if any, is not told.
///
/// # Errors
/// `NotFound` alike for what is no secret, a void one, and an invitation that is decided or expired; the database's.
pub async fn lookup(backend: &Backend, secret: &str) -> Result<PartnershipView, Error> {
    let (db, now) = (backend.reads(), backend.now());
    let claimed = Claimed::read(secret).ok_or_else(nobodys)?;
    let row = partnership::Entity::find_by_id(claimed.partnership).one(db).await?;
    // compared whether or not there is such a row
    let sending = row.as_ref().map_or(0, |row| row.resend_count);
    let key = backend.key();
    let is_right = claimed.is_of(&key, sending)
        || backend.keys_other_than(&key).await?.is_some_and(|key| claimed.is_of(&key, sending));
    let row = row.filter(|_| is_right).ok_or_else(nobodys)?;
    if standing(&row).state_at(now) != State::Pending {
        return Err(nobodys());
    }
    let viewer = Viewer { account: row.sender_account_id, manager: false, now };
    let seen = Seen { row, side: Side::Recipient, view: View::Pending };
    store::show(db, viewer, seen).await
}

fn nobodys() -> Error {
    // the secret is not repeated, nor whether it names an invitation
    Error::NotFound { resource: "invitation", id: String::new() }
}
