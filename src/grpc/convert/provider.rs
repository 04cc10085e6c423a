//! Provider profiles, searches and inquiries.

use super::enums::{Wire, optional};
use super::mask::Mask;
use super::time;
use crate::account::etag;
use crate::domain::ids::AccountId;
use crate::domain::provider::{CustomerSize, InquiryDirection, is_country};
use crate::entity::{inquiry as stored, provider_profile};
use crate::grpc::fields::{Fields, MAX_NAME, Text};
use crate::grpc::page::Cursor;
use crate::grpc::pb;
use crate::provider::inquiries::Form;
use crate::provider::profile::ProfileUpdate;
use crate::provider::search::{Place, Wish, Words};
use crate::provider::store::{customer_sizes, texts};
use std::collections::HashSet;
use std::hash::Hash;
use uuid::Uuid;

/// The longest description of a provider, and of a customer's needs, in characters.
const MAX_DESCRIPTION: usize = 4_000;
/// The longest service or city, in characters.
const MAX_WORD: usize = 100;
const MAX_KEYWORDS: usize = 200;
const MAX_SERVICES: usize = 50;
const MAX_COUNTRIES: usize = 250;
const MAX_CITIES: usize = 200;
const MAX_PROVIDERS: usize = 50;
const WRONG_COUNTRY: &str = "must be an ISO 3166-1 alpha-2 code in capitals, such as SE";

pub fn get(fields: &mut Fields, body: pb::GetProviderProfileRequest) -> Option<AccountId> {
    let pb::GetProviderProfileRequest { account_id: _, provider_account_id, min_position: _ } =
        body;
    fields.optional_id("provider_account_id", &provider_account_id)
}

pub struct NewProfile {
    pub etag: String,
    pub fields: ProfileUpdate,
}

pub fn update(fields: &mut Fields, body: pb::UpdateProviderProfileRequest) -> NewProfile {
    let pb::UpdateProviderProfileRequest {
        account_id: _,
        provider_profile,
        update_mask,
        request_id: _,
        validate_only: _,
    } = body;
    if provider_profile.is_none() {
        fields.bad("provider_profile", "is required");
    }
    let pb::ProviderProfile {
        account_id: _,
        display_name,
        description,
        services,
        countries,
        cities,
        customer_sizes,
        contact_email,
        listed,
        etag,
        update_time: _,
    } = provider_profile.unwrap_or_default();
    const WRITABLE: [&str; 8] = [
        "display_name",
        "description",
        "services",
        "countries",
        "cities",
        "customer_sizes",
        "contact_email",
        "listed",
    ];
    let mask = Mask::read(fields, update_mask, &WRITABLE, &["account_id", "etag", "update_time"]);
    let display_name = mask.writes("display_name", !display_name.is_empty()).then(|| {
        let name = "provider_profile.display_name";
        fields.text(name, display_name, MAX_NAME, Text::OneLine)
    });
    let description = mask.writes("description", !description.is_empty()).then(|| {
        let name = "provider_profile.description";
        fields.text(name, description, MAX_DESCRIPTION, Text::ManyLines)
    });
    let services = mask
        .writes("services", !services.is_empty())
        .then(|| names(fields, "provider_profile.services", services, MAX_SERVICES));
    let countries = mask
        .writes("countries", !countries.is_empty())
        .then(|| codes(fields, "provider_profile.countries", countries));
    let cities = mask
        .writes("cities", !cities.is_empty())
        .then(|| names(fields, "provider_profile.cities", cities, MAX_CITIES));
    let customer_sizes = mask
        .writes("customer_sizes", !customer_sizes.is_empty())
        .then(|| different(fields.many("provider_profile.customer_sizes", &customer_sizes)));
    let contact_email = mask.writes("contact_email", !contact_email.is_empty()).then(|| {
        let typed = |email: &str| fields.email("provider_profile.contact_email", email).typed;
        Some(contact_email)
            .filter(|email| !email.is_empty())
            .as_deref()
            .map_or_else(String::new, typed)
    });
    let listed = mask.writes("listed", listed.is_some()).then(|| listed.unwrap_or_default());
    NewProfile {
        etag,
        fields: ProfileUpdate {
            display_name,
            description,
            services,
            countries,
            cities,
            customer_sizes,
            contact_email,
            listed,
        },
    }
}

/// At most so many texts, each saying something; the same twice is once.
fn names(fields: &mut Fields, field: &str, raw: Vec<String>, most: usize) -> Vec<String> {
    at_most(fields, field, &raw, most);
    let name = |(index, raw): (usize, String)| {
        fields.required_text(&format!("{field}[{index}]"), raw.trim().to_owned(), MAX_WORD)
    };
    different(raw.into_iter().take(most).enumerate().map(name).collect())
}

fn codes(fields: &mut Fields, field: &str, raw: Vec<String>) -> Vec<String> {
    at_most(fields, field, &raw, MAX_COUNTRIES);
    for (index, _) in raw.iter().enumerate().filter(|(_, code)| !is_country(code)) {
        fields.bad(&format!("{field}[{index}]"), WRONG_COUNTRY);
    }
    different(raw)
}

fn at_most<T>(fields: &mut Fields, field: &str, items: &[T], most: usize) {
    if items.len() > most {
        fields.bad(field, format!("must have at most {most} elements"));
    }
}

fn different<T: Clone + Eq + Hash>(mut items: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(item.clone()));
    items
}

pub fn search(fields: &mut Fields, body: pb::SearchProvidersRequest) -> Wish {
    let pb::SearchProvidersRequest {
        account_id: _,
        keywords,
        country,
        city,
        customer_size,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    let city = fields.text("city", city, MAX_WORD, Text::OneLine);
    Wish {
        keywords: fields.text("keywords", keywords, MAX_KEYWORDS, Text::OneLine),
        country: Some(one_country(fields, country)).filter(|code| !code.is_empty()),
        city: Some(city).filter(|name| !name.trim().is_empty()),
        customer_size: one_size(fields, customer_size),
    }
}

fn one_country(fields: &mut Fields, raw: String) -> String {
    if !raw.is_empty() && !is_country(&raw) {
        fields.bad("country", WRONG_COUNTRY);
    }
    raw
}

fn one_size(fields: &mut Fields, raw: i32) -> Option<CustomerSize> {
    if raw == 0 { None } else { fields.one("customer_size", raw, None) }
}

pub fn contact(fields: &mut Fields, body: pb::ContactProvidersRequest) -> Form {
    let pb::ContactProvidersRequest {
        account_id,
        provider_account_ids,
        needs,
        reply_to_email,
        country,
        customer_size,
        request_id: _,
        validate_only: _,
    } = body;
    if provider_account_ids.is_empty() {
        fields.bad("provider_account_ids", "is required");
    }
    at_most(fields, "provider_account_ids", &provider_account_ids, MAX_PROVIDERS);
    let own: Option<Uuid> = Uuid::try_parse(&account_id).ok();
    let mut seen = HashSet::new();
    let mut providers: Vec<AccountId> = Vec::new();
    for (index, raw) in provider_account_ids.iter().take(MAX_PROVIDERS).enumerate() {
        let field = format!("provider_account_ids[{index}]");
        let Some(id) = fields.uuid(&field, raw) else { continue };
        if own == Some(id) {
            fields.bad(&field, "must not be the account itself");
        } else if !seen.insert(id) {
            fields.bad(&field, "must not be named twice");
        }
        providers.push(id.into());
    }
    if needs.trim().is_empty() {
        fields.bad("needs", "is required");
    }
    Form {
        providers,
        needs: fields.text("needs", needs, MAX_DESCRIPTION, Text::ManyLines),
        reply_to: fields.email("reply_to_email", &reply_to_email).typed,
        country: one_country(fields, country),
        customer_size: one_size(fields, customer_size),
    }
}

pub fn list(fields: &mut Fields, body: pb::ListInquiriesRequest) -> Option<InquiryDirection> {
    let pb::ListInquiriesRequest {
        account_id: _,
        direction,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    if direction == 0 { None } else { fields.one("direction", direction, None) }
}

/// As its own account is shown it.
pub fn own(row: provider_profile::Model) -> pb::ProviderProfile {
    let (services, countries, cities) =
        (texts(&row.services), texts(&row.countries), texts(&row.cities));
    let customer_sizes = customer_sizes(&row).into_iter().map(Wire::to_wire).collect();
    let provider_profile::Model {
        account_id,
        created_position: _,
        display_name,
        description,
        services: _,
        countries: _,
        cities: _,
        customer_sizes: _,
        contact_email,
        listed,
        version,
        updated_at,
    } = row;
    pb::ProviderProfile {
        account_id: account_id.to_string(),
        display_name,
        description,
        services,
        countries,
        cities,
        customer_sizes,
        contact_email,
        listed: Some(listed),
        etag: etag(version),
        update_time: (version > 0).then(|| time(updated_at)),
    }
}

/// As everybody is shown it.
pub fn published(row: provider_profile::Model) -> pb::ProviderProfile {
    pb::ProviderProfile { etag: String::new(), ..own(row) }
}

/// As one of its two sides is shown it.
pub fn inquiry(row: stored::Model, viewer: AccountId) -> pb::Inquiry {
    let stored::Model {
        id,
        created_position: _,
        customer_account_id,
        customer_display_name,
        provider_account_id,
        provider_display_name,
        sender_member_id,
        sender_display_name,
        needs,
        reply_to_email,
        country,
        customer_size,
        created_at,
    } = row;
    let direction = if customer_account_id == viewer {
        InquiryDirection::Sent
    } else {
        InquiryDirection::Received
    };
    pb::Inquiry {
        id: id.to_string(),
        account_id: viewer.to_string(),
        direction: direction.to_wire(),
        customer_account_id: customer_account_id.to_string(),
        customer_display_name,
        provider_account_id: provider_account_id.to_string(),
        provider_display_name,
        sender_member_id: sender_member_id.map(|id| id.to_string()).unwrap_or_default(),
        sender_display_name,
        needs,
        reply_to_email,
        country,
        customer_size: optional(customer_size),
        create_time: Some(time(created_at)),
    }
}

/// The words, the fit, the account and the name: a search goes on by these bytes.
impl Cursor for Place {
    fn to_bytes(self) -> Vec<u8> {
        let words = match self.words {
            Words::Exact => 0,
            Words::Alike => 1,
        };
        let account = self.account.0;
        [&[words, self.fit], &account.as_bytes()[..], self.name_key.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([words, fit], rest) = bytes.split_first_chunk()?;
        let (account, name_key) = rest.split_first_chunk()?;
        let words = match words {
            0 => Words::Exact,
            1 => Words::Alike,
            _ => return None,
        };
        Some(Self {
            words,
            fit: *fit,
            name_key: String::from_utf8(name_key.to_vec()).ok()?,
            account: AccountId(Uuid::from_bytes(*account)),
        })
    }
}
