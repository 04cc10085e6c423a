//! Guests, and whom they turn out to be: while somebody the account sees has a guest's address, that person is shown and
//! the guest is not (C7).

use super::people::{self, Person, Wanted};
use super::{ContactView, partners};
use crate::contact::partners::{Partner, Partners, Viewing};
use crate::domain::contact::{ContactKind, Sharing};
use crate::domain::email::EmailKey;
use crate::domain::ids::{AccountId, ContactId};
use crate::entity::guest;
use crate::error::Error;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};

/// Guests of an account above an id, in order.
///
/// # Errors
/// The database's.
pub async fn after(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    wanted: &Wanted,
    id: ContactId,
    limit: u64,
) -> Result<Vec<guest::Model>, Error> {
    use guest::Column::{AccountId, EmailFold, Id, NameFold};
    let mut query = guest::Entity::find()
        .filter(AccountId.eq(viewer))
        .filter(Id.gt(id))
        .order_by_asc(Id)
        .limit(limit);
    if let Some(prefix) = &wanted.query {
        let begins = |column: guest::Column| {
            Condition::all()
                .add(column.gte(prefix.from.as_str()))
                .add(column.lt(prefix.below.as_str()))
        };
        query = query.filter(Condition::any().add(begins(NameFold)).add(begins(EmailFold)));
    }
    Ok(query.all(db).await?)
}

/// A guest of an account.
///
/// # Errors
/// The database's.
pub async fn one(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    id: ContactId,
) -> Result<Option<guest::Model>, Error> {
    let row = guest::Entity::find_by_id(id).filter(guest::Column::AccountId.eq(viewer));
    Ok(row.one(db).await?)
}

/// A guest of an account, by address.
///
/// # Errors
/// The database's.
pub async fn at(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    key: &EmailKey,
) -> Result<Option<guest::Model>, Error> {
    let row = guest::Entity::find()
        .filter(guest::Column::AccountId.eq(viewer))
        .filter(guest::Column::EmailKey.eq(key.clone()));
    Ok(row.one(db).await?)
}

/// The people that the account sees, or deleted, under these addresses.
///
/// # Errors
/// The database's.
pub async fn people_at(
    db: &impl ConnectionTrait,
    viewer: AccountId,
    keys: &[EmailKey],
) -> Result<BTreeMap<EmailKey, Vec<Person>>, Error> {
    let mut found: BTreeMap<EmailKey, Vec<Person>> = BTreeMap::new();
    if keys.is_empty() {
        return Ok(found);
    }
    let candidates = people::addressed(db, keys).await?;
    for person in resolve(db, viewer.into(), &candidates).await? {
        if keys.contains(&person.email_key) {
            found.entry(person.email_key.clone()).or_default().push(person);
        }
    }
    Ok(found)
}

/// What the account sees of certain people, its own among them.
///
/// # Errors
/// The database's.
pub async fn resolve(
    db: &impl ConnectionTrait,
    viewing: Viewing,
    keys: &BTreeSet<people::Key>,
) -> Result<Vec<Person>, Error> {
    let homes = keys.iter().map(|(home, _)| *home).collect();
    let mut partners = partners::named(db, viewing, &homes).await?;
    partners.extend(own(viewing.account));
    let keys = keys.iter().copied().filter(|(home, _)| partners.contains_key(home)).collect();
    let stays = people::stays_of(db, &keys).await?;
    people::seen(db, viewing, &partners, &stays).await
}

/// The account among its own partners: its people are read as partners' are.
pub fn own(viewer: AccountId) -> Partners {
    Partners::from([(viewer, Partner { sharing: Sharing::own(), last_name: None })])
}

/// A guest as its account is shown it.
pub fn show(row: guest::Model) -> ContactView {
    let guest::Model {
        id,
        account_id,
        email,
        email_key: _,
        email_fold: _,
        display_name,
        name_fold: _,
        phone,
        title,
        locale,
        created_at,
    } = row;
    ContactView {
        id,
        account_id,
        kind: ContactKind::Guest,
        person: None,
        email,
        display_name,
        phone,
        title,
        locale,
        updated_at: created_at,
    }
}
