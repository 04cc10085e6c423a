//! Locks on accounts and addresses, each set in its own order.

use super::access;
use crate::backend::Work;
use crate::caller::ActingMember;
use crate::domain::account::{AccountState, MemberState};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::{account, address, member};
use crate::error::Error;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, IdenStatic, JoinType, QueryFilter,
    QueryOrder, QuerySelect, RelationTrait,
};
use std::collections::{BTreeMap, BTreeSet};

/// How an account is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Others may act in it too; nobody may suspend, close or re-empower in it.
    Shared,
    /// Nobody else acts in it.
    Exclusive,
}

/// Accounts that stay as they are for the rest of the transaction.
pub struct Accounts {
    rows: BTreeMap<AccountId, account::Model>,
    /// The acting member, if one acts, as it stays too.
    pub member: Option<ActingMember>,
}

impl Accounts {
    /// One of them.
    ///
    /// # Errors
    /// `NotFound` for an id that no account has.
    pub fn get(&self, id: AccountId) -> Result<&account::Model, Error> {
        self.rows
            .get(&id)
            .ok_or_else(|| Error::NotFound { resource: "account", id: id.to_string() })
    }

    /// One of them, unless it is closed.
    ///
    /// # Errors
    /// `NotFound`, `AccountNotActive`.
    pub fn not_closed(&self, id: AccountId) -> Result<&account::Model, Error> {
        let account = self.get(id)?;
        match account.state {
            AccountState::Active | AccountState::Suspended => Ok(account),
            AccountState::Closed => Err(Error::AccountNotActive { account: id.to_string() }),
        }
    }
}

/// Locks the actor's account and `others`, and checks the actor again under the lock.
///
/// # Errors
/// What `authorise` refuses; `NotFound` for the actor's account; the database's.
pub async fn accounts(
    work: &Work,
    others: &[AccountId],
    strength: Strength,
) -> Result<Accounts, Error> {
    let ids: BTreeSet<AccountId> = others.iter().copied().chain(work.ask.actor.account).collect();
    let query = account::Entity::find()
        .filter(account::COLUMN.id.is_in(ids))
        .order_by_asc(account::Column::Id);
    let query = match strength {
        Strength::Shared => query.lock_shared(),
        Strength::Exclusive => query.lock_exclusive(),
    };
    let found = query.all(&work.txn).await?;
    let rows = found.into_iter().map(|account| (account.id, account)).collect();
    let mut accounts = Accounts { rows, member: None };
    if let Some(own) = work.ask.actor.account {
        accounts.member = access::recheck(work, accounts.get(own)?).await?;
    }
    Ok(accounts)
}

/// Locks addresses, making the rows that are missing; from here until commit nobody registers, moves, removes or
/// invites these people.
///
/// # Errors
/// The database's.
pub async fn addresses(work: &Work, keys: &BTreeSet<EmailKey>) -> Result<(), Error> {
    let rows = keys
        .iter()
        .map(|key| address::ActiveModel { email_key: Set(key.clone()), member_id: Set(None) });
    address::Entity::insert_many(rows)
        .on_conflict(lock_existing(address::Column::EmailKey, [address::Column::EmailKey]))
        .exec_without_returning(&work.txn)
        .await?;
    Ok(())
}

/// What makes an INSERT lock the rows that are there already, one after the other in the order given, and write nothing:
/// a condition that never holds is asked only once the row is locked.
pub fn lock_existing<C: IdenStatic>(any: C, key: impl IntoIterator<Item = C>) -> OnConflict {
    OnConflict::columns(key).update_column(any).action_and_where(Expr::value(1).eq(0)).to_owned()
}

/// The member who has this address, and that member's account: not a removed one, nor one whose account is closed (M1).
///
/// # Errors
/// The database's.
pub async fn resident(work: &Work, key: &EmailKey) -> Result<Option<(MemberId, AccountId)>, Error> {
    let found: Option<(MemberId, AccountId)> = address::Entity::find_by_id(key.clone())
        .inner_join(member::Entity)
        .join(JoinType::InnerJoin, member::Relation::Account.def())
        .filter(member::COLUMN.email_key.eq(key.clone()))
        .filter(member::COLUMN.state.ne(MemberState::Removed))
        .filter(account::COLUMN.state.ne(AccountState::Closed))
        .select_only()
        .column(member::Column::Id)
        .column(member::Column::AccountId)
        .into_tuple()
        .one(&work.txn)
        .await?;
    Ok(found)
}
