//! Reads of profiles and inquiries.

use crate::account;
use crate::backend::one_of;
use crate::domain::account::AccountState;
use crate::domain::ids::AccountId;
use crate::domain::provider::{CustomerSize, InquiryDirection};
use crate::domain::time::Timestamp;
use crate::entity::{inquiry, provider_profile};
use crate::error::Error;
use sea_orm::entity::prelude::Json;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// An account's own profile; a blank one, unlisted, until it has written one.
///
/// # Errors
/// The database's.
pub async fn own(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<provider_profile::Model, Error> {
    let found = provider_profile::Entity::find_by_id(account).one(db).await?;
    Ok(found.unwrap_or_else(|| blank(account)))
}

/// A profile as other accounts may read it: listed, of an account in use.
///
/// # Errors
/// `NotFound`, or the database's.
pub async fn published(
    db: &impl ConnectionTrait,
    provider: AccountId,
) -> Result<provider_profile::Model, Error> {
    let profile = own(db, provider).await?;
    if !profile.listed {
        return Err(not_found(provider));
    }
    match account::store::account(db, provider).await?.state {
        AccountState::Active => Ok(profile),
        AccountState::Suspended | AccountState::Closed => Err(not_found(provider)),
    }
}

/// The address that a provider publishes, where it does.
///
/// # Errors
/// The database's.
pub async fn contact_address(
    db: &impl ConnectionTrait,
    provider: AccountId,
) -> Result<Option<String>, Error> {
    let profile = own(db, provider).await?;
    Ok(Some(profile.contact_email).filter(|address| profile.listed && !address.is_empty()))
}

/// Profiles that are there, by account.
///
/// # Errors
/// The database's.
pub async fn several(
    db: &impl ConnectionTrait,
    accounts: impl IntoIterator<Item = AccountId>,
) -> Result<HashMap<AccountId, provider_profile::Model>, Error> {
    let which = one_of(provider_profile::Column::AccountId, accounts, db.get_database_backend());
    let rows = provider_profile::Entity::find().filter(which).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.account_id, row)).collect())
}

/// An account's inquiries, newest first, before a position.
///
/// # Errors
/// The database's.
pub async fn inquiries(
    db: &impl ConnectionTrait,
    account: AccountId,
    direction: Option<InquiryDirection>,
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<inquiry::Model>, Error> {
    use inquiry::Column::{CreatedPosition, CustomerAccountId, ProviderAccountId};
    let mut found = Vec::new();
    // one index walk for each direction; no inquiry goes both ways
    for (way, own) in [
        (InquiryDirection::Received, ProviderAccountId),
        (InquiryDirection::Sent, CustomerAccountId),
    ] {
        if direction.is_some_and(|asked| asked != way) {
            continue;
        }
        let mut query = inquiry::Entity::find()
            .filter(own.eq(account))
            .order_by_desc(CreatedPosition)
            .limit(limit);
        if let Some(before) = before {
            query = query.filter(CreatedPosition.lt(before));
        }
        found.extend(query.all(db).await?);
    }
    found.sort_by_key(|row| std::cmp::Reverse(row.created_position));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// What answers for a provider that is not published.
#[must_use]
pub fn not_found(provider: AccountId) -> Error {
    Error::NotFound { resource: "provider", id: provider.to_string() }
}

/// A stored list of texts.
#[must_use]
pub fn texts(stored: &Json) -> Vec<String> {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}

/// The sizes of customers that a provider serves.
#[must_use]
pub fn customer_sizes(row: &provider_profile::Model) -> Vec<CustomerSize> {
    serde_json::from_value(row.customer_sizes.clone()).unwrap_or_default()
}

fn blank(account: AccountId) -> provider_profile::Model {
    provider_profile::Model {
        account_id: account,
        created_position: 0,
        display_name: String::new(),
        description: String::new(),
        services: Json::Array(Vec::new()),
        countries: Json::Array(Vec::new()),
        cities: Json::Array(Vec::new()),
        customer_sizes: Json::Array(Vec::new()),
        contact_email: String::new(),
        listed: false,
        version: 0,
        updated_at: Timestamp(0),
    }
}
