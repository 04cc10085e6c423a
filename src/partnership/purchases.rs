//! The customer says which MPSA partner may see which other one's purchases (T8).

use super::lock;
use crate::account::lock::{Strength, accounts};
use crate::backend::{Ask, Backend, Done, Outcome, Part, insert};
use crate::domain::event::{
    AuditAction, AuditNote, Body, Event, EventKind, Glimpse, PartnershipFact,
};
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::{PartnerType, Permission};
use crate::domain::partnership::{State, View};
use crate::entity::{partnership, purchase_visibility};
use crate::error::Error;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryTrait,
};
use std::collections::BTreeSet;

/// What the customer says.
#[derive(Clone, Copy, Debug)]
pub struct Visibility {
    /// The partner who may see, or may not.
    pub viewer: AccountId,
    /// The partner whose purchases they are.
    pub owner: AccountId,
    pub visible: bool,
}

/// Lets one partner see another one's purchases, or not any more; saying it again changes nothing.
///
/// # Errors
/// `PartnershipRequired` for an account that is no partner of such a type.
pub async fn set(
    backend: &Backend,
    ask: &Ask,
    customer: AccountId,
    wanted: Visibility,
) -> Result<Done<()>, Error> {
    backend
        .change(ask, |work| async move {
            let work = &*work;
            let Visibility { viewer, owner, visible } = wanted;
            accounts(work, &[customer], Strength::Shared).await?;
            lock::pairs(work, &[(viewer, customer), (owner, customer)]).await?;
            let both = Condition::any().add(active(viewer, customer)).add(active(owner, customer));
            let rows = lock::rows(work, both).await?;
            let of = |account: AccountId| {
                let found = rows.iter().find(|row| row.sender_account_id == account);
                found.ok_or(Error::PartnershipRequired { account })
            };
            let (viewing, owning) = (of(viewer)?, of(owner)?);
            let key = (viewing.id, owning.id);
            let before = purchase_visibility::Entity::find_by_id(key).one(&work.txn).await?;
            if before.is_some() == visible {
                return Ok(Outcome::unchanged(()));
            }
            let mut part = Part::default();
            part.event(event(viewing, customer));
            let fresh = purchase_visibility::Model {
                viewer_partnership_id: viewing.id,
                owner_partnership_id: owning.id,
                viewer_account_id: viewer,
                owner_account_id: owner,
            };
            part.write(move |_, db| {
                vec![if visible {
                    insert(fresh, db)
                } else {
                    purchase_visibility::Entity::delete_by_id(key).build(db)
                }]
            });
            Ok(Outcome::new(part, |_| ()))
        })
        .await
}

/// A provider's ACTIVE partnership of a type that purchases can be seen in.
fn active(provider: AccountId, customer: AccountId) -> Condition {
    let kinds = PartnerType::iter()
        .filter(|kind| kind.policy().permissions.contains(&Permission::ViewPurchases));
    Condition::all()
        .add(partnership::Column::SenderAccountId.eq(provider))
        .add(partnership::Column::RecipientAccountId.eq(customer))
        .add(partnership::Column::State.eq(State::Active))
        .add(partnership::Column::Kind.is_in(kinds))
}

/// The viewer and the customer hear of it; whose purchases they are is nobody else's business.
fn event(viewing: &partnership::Model, customer: AccountId) -> Event {
    let action = AuditAction::PurchaseVisibilityChanged;
    let seen =
        |account| Some(Glimpse { account, from: Some(View::Active), to: Some(View::Active) });
    Event {
        kind: EventKind::PartnershipChanged,
        account: viewing.sender_account_id,
        counterpart: Some(customer),
        subject: viewing.id.0,
        body: Body::Partnership(PartnershipFact {
            partnership: viewing.id,
            kind: viewing.kind,
            action,
        }),
        audit: Some(AuditNote {
            action,
            partnership: Some(viewing.id),
            sender: seen(viewing.sender_account_id),
            recipient: seen(customer),
            reason: String::new(),
            reason_shared: false,
        }),
        appears: None,
    }
}

/// Whose purchases a customer lets a partner see: as long as both partnerships last.
///
/// # Errors
/// The database's.
pub async fn visible_to(
    db: &impl ConnectionTrait,
    viewing: PartnershipId,
) -> Result<BTreeSet<AccountId>, Error> {
    let rows = purchase_visibility::Entity::find()
        .filter(purchase_visibility::COLUMN.viewer_partnership_id.eq(viewing))
        .all(db)
        .await?;
    let owning = rows.iter().map(|row| row.owner_partnership_id);
    let lasting: Vec<partnership::Model> = partnership::Entity::find()
        .filter(partnership::Column::Id.is_in(owning))
        .filter(partnership::Column::State.eq(State::Active))
        .all(db)
        .await?;
    Ok(lasting.into_iter().map(|row| row.sender_account_id).collect())
}
