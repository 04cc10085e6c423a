//! Reads of accounts and members.

use crate::backend::{Work, one_of};
use crate::domain::account::{AccountState, MemberState};
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::{account, member};
use crate::error::Error;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeSet, HashMap};

/// One account.
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn account(db: &impl ConnectionTrait, id: AccountId) -> Result<account::Model, Error> {
    let found = account::Entity::find_by_id(id).one(db).await?;
    found.ok_or_else(|| Error::NotFound { resource: "account", id: id.to_string() })
}

/// Accounts that are there, by id, as a change finds them; those it holds are not read again.
///
/// # Errors
/// The database's.
pub async fn several(
    work: &Work,
    ids: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, account::Model>, Error> {
    let (mut found, mut others) = (HashMap::new(), BTreeSet::new());
    for id in ids {
        match work.held.account(id) {
            Some(row) => found.extend([(id, row)]),
            None => {
                others.insert(id);
            }
        }
    }
    if !others.is_empty() {
        let which = one_of(account::Column::Id, others, work.txn.get_database_backend());
        let rows = account::Entity::find().filter(which).all(&work.txn).await?;
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(found)
}

/// One member of an account.
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn member(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: MemberId,
) -> Result<member::Model, Error> {
    let found = member::Entity::find_by_id(id)
        .filter(member::COLUMN.account_id.eq(account))
        .one(db)
        .await?;
    found.ok_or_else(|| Error::NotFound { resource: "member", id: id.to_string() })
}

/// Accounts, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn accounts(
    db: &impl ConnectionTrait,
    states: &[AccountState],
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<account::Model>, Error> {
    let mut query =
        account::Entity::find().order_by_desc(account::Column::CreatedPosition).limit(limit);
    if !states.is_empty() {
        query = query.filter(account::COLUMN.state.is_in(states.iter().copied()));
    }
    if let Some(before) = before {
        query = query.filter(account::COLUMN.created_position.lt(before));
    }
    Ok(query.all(db).await?)
}

/// Members of an account, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn members(
    db: &impl ConnectionTrait,
    account: AccountId,
    states: &[MemberState],
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<member::Model>, Error> {
    let mut query = member::Entity::find()
        .filter(member::COLUMN.account_id.eq(account))
        .order_by_desc(member::Column::CreatedPosition)
        .limit(limit);
    if !states.is_empty() {
        query = query.filter(member::COLUMN.state.is_in(states.iter().copied()));
    }
    if let Some(before) = before {
        query = query.filter(member::COLUMN.created_position.lt(before));
    }
    Ok(query.all(db).await?)
}
