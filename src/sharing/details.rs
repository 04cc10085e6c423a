//! From where in the log to where partners shared their people's contact details with an account (S2).

use super::store::ends;
use crate::backend::one_of;
use crate::domain::ids::AccountId;
use crate::domain::sharing::{DetailsSpan, ItemType};
use crate::entity::shared_item;
use crate::error::Error;
use sea_orm::sea_query::{Expr, IntoColumnRef};
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
};
use std::collections::{BTreeMap, BTreeSet};

/// The spans of each of these partners, also of those that are over: what was seen then may still be asked for.
///
/// # Errors
/// The database's.
pub async fn spans(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    homes: &BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, Vec<DetailsSpan>>, Error> {
    use shared_item::Column::{OwnerAccountId, PartnerAccountId, SharedPosition};
    let mut spans: BTreeMap<AccountId, Vec<DetailsSpan>> = BTreeMap::new();
    if homes.is_empty() {
        return Ok(spans);
    }
    let owners = one_of(OwnerAccountId, homes.iter().copied(), db.get_database_backend());
    let rows = shared_item::Entity::find()
        .filter(PartnerAccountId.eq(viewer))
        .filter(owners)
        .filter(of_details())
        .order_by_asc(SharedPosition)
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(spans);
    }
    let ends = ends(db, rows.iter().map(|row| row.partnership_id)).await?;
    for row in rows {
        let ended = ends.get(&row.partnership_id).copied();
        let unshared = row.unshared_position.zip(row.unshared_at);
        let until = [ended, unshared].into_iter().flatten().min();
        let since = (row.shared_position, row.created_at);
        spans.entry(row.owner_account_id).or_default().push(DetailsSpan { since, until });
    }
    Ok(spans)
}

/// Said with a constant: bound as a value, PostgreSQL could not tell that the partial index holds the answer.
fn of_details() -> Expr {
    Expr::col((shared_item::Entity, shared_item::Column::ItemType).into_column_ref())
        .eq(Expr::Constant(ItemType::ContactDetails.to_value().into()))
}
