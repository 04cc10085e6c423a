//! UpdateProviderProfile: what an account publishes of itself, or keeps to itself (P1).

use super::{sql, store};
use crate::account::lock::{self, Strength};
use crate::account::{check_etag, etag};
use crate::backend::{Ask, Backend, Done, Outcome, Part, insert, update};
use crate::domain::event::{AuditAction, Event, EventKind};
use crate::domain::ids::AccountId;
use crate::domain::provider::CustomerSize;
use crate::entity::provider_profile;
use crate::error::Error;
use sea_orm::entity::prelude::Json;
use serde::Serialize;

/// The fields of an update that are to be written.
#[derive(Clone, Debug, Default)]
pub struct ProfileUpdate {
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub services: Option<Vec<String>>,
    pub countries: Option<Vec<String>>,
    pub cities: Option<Vec<String>>,
    pub customer_sizes: Option<Vec<CustomerSize>>,
    pub contact_email: Option<String>,
    pub listed: Option<bool>,
}

/// A new profile, or another one in its place.
///
/// # Errors
/// `EtagMismatch`; `FieldInvalid` for a listed profile without a name.
pub async fn change(
    backend: &Backend,
    ask: &Ask,
    account: AccountId,
    sent_etag: &str,
    fields: ProfileUpdate,
) -> Result<Done<provider_profile::Model>, Error> {
    let fields = &fields;
    backend
        .change(ask, |work| async move {
            let work = &*work;
            lock::accounts(work, &[account], Strength::Exclusive).await?;
            let before = store::own(&work.txn, account).await?;
            check_etag(sent_etag, &etag(before.version))?;
            let mut after = written(&before, fields)?;
            if after == before {
                return Ok(Outcome::unchanged(before));
            }
            if after.listed && after.display_name.trim().is_empty() {
                let field = "provider_profile.display_name";
                return Err(Error::field(field, "is required of a listed profile"));
            }
            after.version += 1;
            after.updated_at = work.now;
            Ok(stored(&before, after))
        })
        .await
}

fn written(
    before: &provider_profile::Model,
    fields: &ProfileUpdate,
) -> Result<provider_profile::Model, Error> {
    let ProfileUpdate {
        display_name,
        description,
        services,
        countries,
        cities,
        customer_sizes,
        contact_email,
        listed,
    } = fields.clone();
    let mut after = before.clone();
    after.display_name = display_name.unwrap_or(after.display_name);
    after.description = description.unwrap_or(after.description);
    after.services = list(services, after.services)?;
    after.countries = list(countries, after.countries)?;
    after.cities = list(cities, after.cities)?;
    after.customer_sizes = list(customer_sizes, after.customer_sizes)?;
    after.contact_email = contact_email.unwrap_or(after.contact_email);
    after.listed = listed.unwrap_or(after.listed);
    Ok(after)
}

fn list<T: Serialize>(new: Option<Vec<T>>, old: Json) -> Result<Json, Error> {
    new.map_or(Ok(old), |new| serde_json::to_value(new).map_err(Error::internal))
}

fn stored(
    before: &provider_profile::Model,
    after: provider_profile::Model,
) -> Outcome<provider_profile::Model> {
    let account = after.account_id;
    let mut part = Part::default();
    let slot = part.event(Event::of_account(
        EventKind::ProviderProfileUpdated,
        account,
        AuditAction::ProviderProfileUpdated,
    ));
    let (is_new, was_listed) = (before.version == 0, before.listed);
    let row = after.clone();
    part.write(move |at, db| {
        let number = if is_new { at.position(slot) } else { row.created_position };
        let row = provider_profile::Model { created_position: number, ..row };
        let mut statements = Vec::new();
        if was_listed {
            statements.extend(sql::unpublish(number, db));
        }
        if row.listed {
            statements.extend(sql::publish(&row, db));
        }
        statements.push(if is_new { insert(row, db) } else { update(row, db) });
        statements
    });
    Outcome::new(part, move |at| {
        let number = if is_new { at.position(slot) } else { after.created_position };
        provider_profile::Model { created_position: number, ..after }
    })
}
