//! Reads of shared items, each from the side of one of the two accounts.

use super::SharedItemView;
use crate::backend::one_of;
use crate::domain::ids::{AccountId, PartnershipId, SharedItemId};
use crate::domain::partner_type::PartnerType;
use crate::domain::partnership::State;
use crate::domain::sharing::{Item, ShareDirection};
use crate::domain::time::Timestamp;
use crate::entity::{partnership, shared_item};
use crate::error::Error;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Iterable, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::{BTreeSet, HashMap};

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub direction: Option<ShareDirection>,
    /// Only what is shared with this account, or by it.
    pub partner: Option<AccountId>,
    pub item: Option<Item>,
}

/// What an account shares and what is shared with it, newest first, below a position: an index walk for each side (an
/// account is never on both sides of a row).
///
/// # Errors
/// The database's.
pub async fn list(
    db: &impl ConnectionTrait,
    account: AccountId,
    filter: &Filter,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<SharedItemView>, Error> {
    use shared_item::Column::{
        ExternalId, ItemKey, OwnerAccountId, PartnerAccountId, SharedPosition,
    };
    let mut rows = Vec::new();
    for (way, own, other) in [
        (ShareDirection::SharedByUs, OwnerAccountId, PartnerAccountId),
        (ShareDirection::SharedWithUs, PartnerAccountId, OwnerAccountId),
    ] {
        if filter.direction.is_some_and(|asked| asked != way) {
            continue;
        }
        let mut which = standing().add(own.eq(account));
        if let Some(partner) = filter.partner {
            which = which.add(other.eq(partner));
        }
        if let Some(item) = &filter.item {
            // the key alone finds it; what it is a digest of is compared all the same
            which = which.add(ItemKey.eq(item.key())).add(ExternalId.eq(&*item.external_id));
        }
        if let Some(before) = before {
            which = which.add(SharedPosition.lt(before));
        }
        let query = shared_item::Entity::find().filter(which).order_by_desc(SharedPosition);
        rows.extend(query.limit(limit).all(db).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.shared_position));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    shown(db, rows).await
}

/// One shared item, for either of the two accounts.
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn one(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: SharedItemId,
) -> Result<SharedItemView, Error> {
    let row = shared_item::Entity::find_by_id(id).filter(standing()).one(db).await?;
    let is_party = |row: &shared_item::Model| {
        [row.owner_account_id, row.partner_account_id].contains(&account)
    };
    let row = row.filter(is_party).ok_or_else(|| not_found(id))?;
    show(db, row).await
}

/// One that the account itself shares.
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn own(
    db: &impl ConnectionTrait,
    owner: AccountId,
    id: SharedItemId,
) -> Result<SharedItemView, Error> {
    let found = one(db, owner, id).await?;
    if found.row.owner_account_id == owner { Ok(found) } else { Err(not_found(id)) }
}

/// What an account shares of an item with a partner.
///
/// # Errors
/// The database's.
pub async fn of_item(
    db: &impl ConnectionTrait,
    owner: AccountId,
    partner: AccountId,
    item: &Item,
) -> Result<Option<SharedItemView>, Error> {
    let row = shared_item::Entity::find()
        .filter(standing())
        .filter(shared_item::COLUMN.owner_account_id.eq(owner))
        .filter(shared_item::COLUMN.item_key.eq(item.key()))
        .filter(shared_item::COLUMN.partner_account_id.eq(partner))
        .filter(shared_item::COLUMN.external_id.eq(item.external_id.clone()))
        .one(db)
        .await?;
    match row {
        Some(row) => Ok(Some(show(db, row).await?)),
        None => Ok(None),
    }
}

/// The ACTIVE partnership of two accounts in which items can be shared, either way (T).
///
/// # Errors
/// The database's.
pub async fn sharing_partnership(
    db: &impl ConnectionTrait,
    a: AccountId,
    b: AccountId,
) -> Result<Option<PartnershipId>, Error> {
    use partnership::Column::{Id, Kind, PairFirst, PairSecond, State as StateColumn};
    let pair = |first: AccountId, second: AccountId| {
        Condition::all().add(PairFirst.eq(first)).add(PairSecond.eq(second))
    };
    let sharing = PartnerType::iter().filter(|kind| kind.policy().syncs_members);
    let found = partnership::Entity::find()
        .select_only()
        .column(Id)
        .filter(Condition::any().add(pair(a, b)).add(pair(b, a)))
        .filter(StateColumn.eq(State::Active))
        .filter(Kind.is_in(sharing))
        .order_by_asc(Id)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found)
}

/// What answers for a shared item that this side does not have.
#[must_use]
pub fn not_found(id: SharedItemId) -> Error {
    Error::NotFound { resource: "shared item", id: id.to_string() }
}

/// Not unshared yet.
fn standing() -> Condition {
    Condition::all().add(shared_item::Column::UnsharedPosition.is_null())
}

async fn show(db: &impl ConnectionTrait, row: shared_item::Model) -> Result<SharedItemView, Error> {
    let mut shown = shown(db, vec![row]).await?;
    shown.pop().ok_or_else(|| Error::internal("one row is shown as one"))
}

/// Rows with the ends of the partnerships that they hang on.
async fn shown(
    db: &impl ConnectionTrait,
    rows: Vec<shared_item::Model>,
) -> Result<Vec<SharedItemView>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ends = ends(db, rows.iter().map(|row| row.partnership_id)).await?;
    let show = |row: shared_item::Model| {
        let frozen = ends.get(&row.partnership_id).copied();
        SharedItemView { row, frozen }
    };
    Ok(rows.into_iter().map(show).collect())
}

/// Where and when partnerships ended, those that last left out.
pub(super) async fn ends(
    db: &impl ConnectionTrait,
    ids: impl Iterator<Item = PartnershipId>,
) -> Result<HashMap<PartnershipId, (i64, Timestamp)>, Error> {
    use partnership::Column::{EndedAt, EndedPosition, Id};
    let ids: BTreeSet<PartnershipId> = ids.collect();
    let rows: Vec<(PartnershipId, i64, Timestamp)> = partnership::Entity::find()
        .select_only()
        .columns([Id, EndedPosition, EndedAt])
        .filter(one_of(Id, ids, db.get_database_backend()))
        .filter(EndedPosition.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, position, at)| (id, (position, at))).collect())
}
