//! What is ACTIVE between a provider and its customer, as far as it permits something (A1).

use super::{purchases, roles_of};
use crate::domain::access::Grant;
use crate::domain::ids::AccountId;
use crate::domain::partner_type::{Direction, Permission};
use crate::domain::partnership::State;
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::BTreeSet;

/// The partnerships that count for this customer and this partner, and whose purchases the partner may see.
///
/// # Errors
/// The database's.
pub async fn between(
    db: &impl ConnectionTrait,
    customer: AccountId,
    partner: AccountId,
) -> Result<(Vec<Grant>, BTreeSet<AccountId>), Error> {
    use partnership::Column::{PairFirst, PairSecond, State as StateColumn};
    // a mutual pair stands in the order of its ids, which may be either of these
    let pair = |first: AccountId, second: AccountId| {
        Condition::all().add(PairFirst.eq(first)).add(PairSecond.eq(second))
    };
    let rows = partnership::Entity::find()
        .filter(Condition::any().add(pair(partner, customer)).add(pair(customer, partner)))
        .filter(StateColumn.eq(State::Active))
        .all(db)
        .await?;
    let mut purchases_of = BTreeSet::new();
    let mut grants = Vec::new();
    for row in rows {
        let policy = row.kind.policy();
        if policy.direction == Direction::ProviderToCustomer && row.sender_account_id != partner {
            continue;
        }
        if policy.permissions.contains(&Permission::ViewPurchases) {
            purchases_of.extend(purchases::visible_to(db, row.id).await?);
        }
        grants.push(Grant { kind: row.kind, roles: roles_of(&row) });
    }
    Ok((grants, purchases_of))
}
