//! Contacts.

use super::enums::Wire;
use super::time;
use crate::contact::commands::NewGuest;
use crate::contact::store::{Filter, Place};
use crate::contact::{ContactView, PersonView};
use crate::domain::contact::{ContactKind, Prefix};
use crate::domain::email::MAX_EMAIL_CHARS;
use crate::domain::ids::{AccountId, ContactId};
use crate::grpc::fields::{Fields, MAX_LOCALE, MAX_NAME, Text};
use crate::grpc::page::Cursor;
use crate::grpc::pb;
use uuid::Uuid;

pub fn list(fields: &mut Fields, body: pb::ListContactsRequest) -> Filter {
    let pb::ListContactsRequest {
        account_id: _,
        kinds,
        links,
        partner_account_id,
        query,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    Filter {
        kinds: fields.many("kinds", &kinds),
        links: fields.many("links", &links),
        partner: fields.optional_id("partner_account_id", &partner_account_id),
        query: Prefix::new(&fields.text("query", query, MAX_EMAIL_CHARS, Text::OneLine)),
    }
}

pub fn get(fields: &mut Fields, body: pb::GetContactRequest) -> ContactId {
    let pb::GetContactRequest { account_id: _, contact_id, min_position: _ } = body;
    fields.id("contact_id", &contact_id)
}

pub fn create_guest(fields: &mut Fields, body: pb::CreateGuestRequest) -> NewGuest {
    let pb::CreateGuestRequest {
        account_id: _,
        email,
        display_name,
        phone,
        title,
        locale,
        request_id: _,
        validate_only: _,
    } = body;
    NewGuest {
        email: fields.email("email", &email),
        display_name: fields.text("display_name", display_name, MAX_NAME, Text::OneLine),
        phone: fields.text("phone", phone, MAX_NAME, Text::OneLine),
        title: fields.text("title", title, MAX_NAME, Text::OneLine),
        locale: fields.text("locale", locale, MAX_LOCALE, Text::OneLine),
    }
}

pub fn delete(fields: &mut Fields, body: pb::DeleteContactRequest) -> ContactId {
    let pb::DeleteContactRequest { account_id: _, contact_id, request_id: _, validate_only: _ } =
        body;
    fields.id("contact_id", &contact_id)
}

pub fn shown(view: ContactView) -> pb::Contact {
    let ContactView {
        id,
        account_id,
        kind,
        person,
        email,
        display_name,
        phone,
        title,
        locale,
        updated_at,
    } = view;
    let mut contact = pb::Contact {
        id: id.to_string(),
        account_id: account_id.to_string(),
        kind: kind.to_wire(),
        email,
        display_name,
        phone,
        title,
        locale,
        update_time: Some(time(updated_at)),
        ..pb::Contact::default()
    };
    if let Some(person) = person {
        let PersonView { home_account, member, state, link, partner_display_name } = person;
        contact.home_account_id = home_account.to_string();
        contact.member_id = member.to_string();
        contact.member_state = state.to_wire();
        contact.link = super::enums::optional(link);
        contact.partner_display_name = partner_display_name;
    }
    contact
}

/// Kind, home account and id: contacts are listed in the order of these bytes.
impl Cursor for Place {
    fn to_bytes(self) -> Vec<u8> {
        let kind = match self.kind {
            ContactKind::User => 0,
            ContactKind::Member => 1,
            ContactKind::Guest => 2,
        };
        [&[kind], &self.home.0.as_bytes()[..], self.id.as_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        const UUID_BYTES: usize = 16;
        let (kind, ids) = bytes.split_first()?;
        let (home, id) = ids.split_at_checked(UUID_BYTES)?;
        let kind = match kind {
            0 => ContactKind::User,
            1 => ContactKind::Member,
            2 => ContactKind::Guest,
            _ => return None,
        };
        Some(Self {
            kind,
            home: AccountId(Uuid::from_slice(home).ok()?),
            id: Uuid::from_slice(id).ok()?,
        })
    }
}
