//! Locks on accounts and addresses, each set in its own order.

use super::{access, store};
use crate::backend::{Patience, Resident, Work, one_of, upsert_all};
use crate::caller::ActingMember;
use crate::domain::account::{AccountState, MemberState};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::{account, address, member};
use crate::error::Error;
use crate::faults::{Variant, broken, dawdle, shuffled};
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait,
    IdenStatic, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

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
    let own = work.ask().actor.account;
    let ids = others.iter().copied().chain(own).collect();
    let mut accounts = Accounts { rows: rows(work, ids, strength).await?, member: None };
    if let Some(own) = own {
        accounts.member = access::recheck(work, work.ask(), accounts.get(own)?).await?;
    }
    Ok(accounts)
}

/// Shares the accounts that several asks are about, and checks each actor again; answers in their order.
///
/// # Errors
/// The database's; of each ask what `authorise` refuses, `NotFound`, `AccountNotActive` when closed, and `Overloaded` for
/// an account that others have locked, when there is no time to wait.
pub async fn shared(work: &Work, wanted: &[AccountId]) -> Result<Vec<Result<(), Error>>, Error> {
    let ids: BTreeSet<AccountId> = wanted.iter().copied().collect();
    let accounts = match rows(work, ids.clone(), Strength::Shared).await {
        Ok(rows) => Accounts { rows, member: None },
        // whichever it was: who has some patience comes with one account at a time
        Err(Error::Overloaded) => {
            return Ok(wanted.iter().map(|_| Err(Error::Overloaded)).collect());
        }
        Err(error) => return Err(error),
    };
    let skipped: BTreeSet<AccountId> = if accounts.rows.len() < ids.len() {
        let query = account::Entity::find().filter(among(work, ids)).select_only();
        let there: Vec<AccountId> =
            query.column(account::Column::Id).into_tuple().all(&work.txn).await?;
        there.into_iter().filter(|id| !accounts.rows.contains_key(id)).collect()
    } else {
        BTreeSet::new()
    };
    let mut verdicts = Vec::with_capacity(wanted.len());
    for (item, id) in wanted.iter().enumerate() {
        verdicts.push(match accounts.not_closed(*id) {
            Err(_) if skipped.contains(id) => Err(Error::Overloaded),
            Err(error) => Err(error),
            Ok(account) => access::recheck(work, work.ask_for(item), account).await.map(|_| ()),
        });
    }
    Ok(verdicts)
}

async fn rows(
    work: &Work,
    ids: BTreeSet<AccountId>,
    strength: Strength,
) -> Result<BTreeMap<AccountId, account::Model>, Error> {
    let lock = match strength {
        Strength::Shared => LockType::Share,
        Strength::Exclusive => LockType::Update,
    };
    let query = account::Entity::find().filter(among(work, ids)).order_by_asc(account::Column::Id);
    let query = match work.patience {
        Patience::Little => query.lock_with_behavior(lock, LockBehavior::SkipLocked),
        Patience::Some | Patience::Full => query.lock(lock),
    };
    let found = query.all(&work.txn).await?;
    work.held.keep_accounts(&found);
    Ok(found.into_iter().map(|account| (account.id, account)).collect())
}

fn among(work: &Work, ids: BTreeSet<AccountId>) -> Expr {
    one_of(account::Column::Id, ids, work.txn.get_database_backend())
}

/// Locks addresses, making the rows that are missing; from here until commit nobody registers, moves, removes or
/// invites these people.
///
/// # Errors
/// The database's.
pub async fn addresses(work: &Work, keys: &BTreeSet<EmailKey>) -> Result<(), Error> {
    if broken(Variant::BindingUnlocked) {
        return Ok(());
    }
    let rows = keys
        .iter()
        .map(|key| address::ActiveModel { email_key: Set(key.clone()), member_id: Set(None) });
    if broken(Variant::UnsortedKeys) {
        return in_any_order(work, shuffled(rows)).await;
    }
    make_or_lock(work, rows, [address::Column::EmailKey]).await
}

/// The wrong way: two who want the same wait for each other, if each has come as far as half of it.
async fn in_any_order(work: &Work, rows: Vec<address::ActiveModel>) -> Result<(), Error> {
    let (some, others) = rows.split_at(rows.len() / 2);
    make_or_lock(work, some.to_vec(), [address::Column::EmailKey]).await?;
    dawdle().await;
    make_or_lock(work, others.to_vec(), [address::Column::EmailKey]).await
}

/// Inserts the rows that are missing, and locks those that are there already, one after the other in the order given.
/// Nothing is written to them: a condition that never holds is asked only once the row is locked.
///
/// # Errors
/// The database's.
pub async fn make_or_lock<A, C: IdenStatic, const N: usize>(
    work: &Work,
    rows: impl IntoIterator<Item = A>,
    key: [C; N],
) -> Result<(), Error>
where
    A: ActiveModelTrait + IntoActiveModel<A>,
{
    let lock = OnConflict::columns(key)
        .update_columns(key.into_iter().take(1))
        .action_and_where(Expr::value(1).eq(0))
        .to_owned();
    for statement in upsert_all(rows, lock, work.txn.get_database_backend()) {
        work.txn.execute_raw(statement).await?;
    }
    Ok(())
}

/// The member who has this address, and that member's account: not a removed one, nor one whose account is closed (M1).
///
/// # Errors
/// The database's.
pub async fn resident(work: &Work, key: &EmailKey) -> Result<Option<Resident>, Error> {
    Ok(residents(work, &BTreeSet::from([key.clone()])).await?.remove(key))
}

/// The same once the address is locked, and the account that it was seen to lead to: it stays so.
///
/// # Errors
/// The database's.
pub async fn settled_resident(work: &Work, key: &EmailKey) -> Result<Option<Resident>, Error> {
    let found = resident(work, key).await?;
    work.held.keep_resident(key, found);
    Ok(found)
}

/// The members who have these addresses, those that nobody has left out; what is settled is not read again.
///
/// # Errors
/// The database's.
pub async fn residents(
    work: &Work,
    keys: &BTreeSet<EmailKey>,
) -> Result<HashMap<EmailKey, Resident>, Error> {
    let (mut found, mut others) = (HashMap::new(), BTreeSet::new());
    for key in keys {
        match work.held.resident(key) {
            Some(known) => found.extend(known.map(|resident| (key.clone(), resident))),
            None => {
                others.insert(key.clone());
            }
        }
    }
    found.extend(residents_read(work, &others).await?);
    Ok(found)
}

/// Reads them step by step along primary keys, and mostly no further than the first: a join is planned from statistics, and
/// one planned while tables were small reads them whole as they grow.
async fn residents_read(
    work: &Work,
    keys: &BTreeSet<EmailKey>,
) -> Result<HashMap<EmailKey, Resident>, Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let db = work.txn.get_database_backend();
    let owners: Vec<MemberId> = address::Entity::find()
        .filter(one_of(address::Column::EmailKey, keys.iter().cloned(), db))
        .filter(address::Column::MemberId.is_not_null())
        .select_only()
        .column(address::Column::MemberId)
        .into_tuple()
        .all(&work.txn)
        .await?;
    if owners.is_empty() {
        return Ok(HashMap::new());
    }
    let members: Vec<(EmailKey, MemberId, AccountId)> = member::Entity::find()
        .filter(one_of(member::Column::Id, owners, db))
        .filter(member::COLUMN.state.ne(MemberState::Removed))
        .select_only()
        .columns([member::Column::EmailKey, member::Column::Id, member::Column::AccountId])
        .into_tuple()
        .all(&work.txn)
        .await?;
    let homes: BTreeSet<AccountId> = members.iter().map(|(_, _, account)| *account).collect();
    let homes = store::several(work, homes).await?;
    let closed =
        |id: &AccountId| homes.get(id).is_some_and(|home| home.state == AccountState::Closed);
    let is_there =
        |(key, _, account): &(EmailKey, _, AccountId)| keys.contains(key) && !closed(account);
    let members = members.into_iter().filter(is_there);
    Ok(members.map(|(key, member, account)| (key, (member, account))).collect())
}
