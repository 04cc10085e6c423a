//! What a change knows of the rows it has locked: nobody else changes them before it ends, so nothing reads them twice.

use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::account;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who lives where: a member, and its account.
pub type Resident = (MemberId, AccountId);

/// Accounts and addresses as they stay until the transaction ends.
#[derive(Debug, Default)]
pub struct Held(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    accounts: HashMap<AccountId, account::Model>,
    residents: HashMap<EmailKey, Option<Resident>>,
}

impl Held {
    /// Keeps accounts that are locked from now on.
    pub fn keep_accounts<'a>(&self, rows: impl IntoIterator<Item = &'a account::Model>) {
        self.known().accounts.extend(rows.into_iter().map(|row| (row.id, row.clone())));
    }

    /// Keeps who has an address, now that it and the account it leads to are locked.
    pub fn keep_resident(&self, key: &EmailKey, found: Option<Resident>) {
        self.known().residents.insert(key.clone(), found);
    }

    /// An account, if it is held.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<account::Model> {
        self.known().accounts.get(&id).cloned()
    }

    /// Who has an address, if that is held: somebody or nobody.
    #[must_use]
    pub fn resident(&self, key: &EmailKey) -> Option<Option<Resident>> {
        self.known().residents.get(key).copied()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
