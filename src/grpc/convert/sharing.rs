//! Shared items, audiences, and questions of access to items.

use super::enums::{Wire, optional};
use super::time;
use crate::account::etag;
use crate::domain::ids::{AccountId, MemberId, SharedItemId};
use crate::domain::sharing::{Item, ItemType, ShareDirection};
use crate::entity::shared_item;
use crate::grpc::fields::{Fields, MAX_NAME, Text};
use crate::grpc::pb;
use crate::sharing::SharedItemView;
use crate::sharing::audience::AudienceMember;
use crate::sharing::check::{Question, Verdict};
use crate::sharing::commands::NewShare;
use crate::sharing::store::Filter;
use uuid::Uuid;

/// The longest external id, in characters.
const MAX_EXTERNAL_ID: usize = 1_024;

/// Somebody to be taken out of an audience.
pub struct Removal {
    pub id: SharedItemId,
    pub member: MemberId,
    pub etag: String,
}

pub fn share(fields: &mut Fields, body: pb::ShareItemRequest) -> NewShare {
    let pb::ShareItemRequest {
        account_id,
        partner_account_id,
        item_type,
        external_id,
        title,
        request_id: _,
        validate_only: _,
    } = body;
    let partner: Option<Uuid> = fields.uuid("partner_account_id", &partner_account_id);
    if partner.is_some() && partner == Uuid::try_parse(&account_id).ok() {
        fields.bad("partner_account_id", "must not be the account itself");
    }
    NewShare {
        partner: partner.unwrap_or(Uuid::nil()).into(),
        item: item(fields, item_type, external_id),
        title: fields.text("title", title, MAX_NAME, Text::OneLine),
    }
}

/// An item that must be named in full.
fn item(fields: &mut Fields, item_type: i32, external_id: String) -> Item {
    let known: Option<ItemType> = fields.one("item_type", item_type, None);
    let external_id = match known {
        Some(known) if !known.has_external_id() => {
            if !external_id.is_empty() {
                fields.bad("external_id", "must be empty for contact details");
            }
            external_id
        }
        Some(_) => fields.required_text("external_id", external_id, MAX_EXTERNAL_ID),
        None => fields.text("external_id", external_id, MAX_EXTERNAL_ID, Text::OneLine),
    };
    Item { item_type: known.unwrap_or(ItemType::File), external_id }
}

pub fn unshare(fields: &mut Fields, body: pb::UnshareItemRequest) -> (SharedItemId, String) {
    let pb::UnshareItemRequest {
        account_id: _,
        shared_item_id,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    (fields.id("shared_item_id", &shared_item_id), etag)
}

pub fn list(fields: &mut Fields, body: pb::ListSharedItemsRequest) -> Filter {
    let pb::ListSharedItemsRequest {
        account_id: _,
        direction,
        partner_account_id,
        item_type,
        external_id,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    let asks_for_item = item_type != 0 || !external_id.is_empty();
    Filter {
        direction: if direction == 0 { None } else { fields.one("direction", direction, None) },
        partner: fields.optional_id("partner_account_id", &partner_account_id),
        item: asks_for_item.then(|| item(fields, item_type, external_id)),
    }
}

pub fn audience(fields: &mut Fields, body: pb::ListAudienceRequest) -> SharedItemId {
    let pb::ListAudienceRequest {
        account_id: _,
        shared_item_id,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    fields.id("shared_item_id", &shared_item_id)
}

pub fn take_out(fields: &mut Fields, body: pb::RemoveFromAudienceRequest) -> Removal {
    let pb::RemoveFromAudienceRequest {
        account_id: _,
        shared_item_id,
        member_id,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Removal {
        id: fields.id("shared_item_id", &shared_item_id),
        member: fields.id("member_id", &member_id),
        etag,
    }
}

pub fn question(fields: &mut Fields, body: pb::CheckItemAccessRequest) -> Question {
    let pb::CheckItemAccessRequest {
        owner_account_id,
        item_type,
        external_id,
        member_id,
        min_position,
    } = body;
    fields.min_position(min_position);
    Question {
        owner: fields.id("owner_account_id", &owner_account_id),
        item: item(fields, item_type, external_id),
        member: fields.id("member_id", &member_id),
    }
}

/// As one of the two sides is shown it.
pub fn shown(view: SharedItemView, viewer: AccountId) -> pb::SharedItem {
    let SharedItemView { row, frozen } = view;
    let shared_item::Model {
        id,
        shared_position,
        owner_account_id,
        partner_account_id,
        partnership_id,
        item_type,
        external_id,
        item_key: _,
        title,
        sharer_member_id,
        version,
        created_at,
        updated_at,
        unshared_position: _,
        unshared_at: _,
    } = row;
    let is_own = owner_account_id == viewer;
    let direction = if is_own { ShareDirection::SharedByUs } else { ShareDirection::SharedWithUs };
    pb::SharedItem {
        id: id.to_string(),
        account_id: viewer.to_string(),
        direction: direction.to_wire(),
        owner_account_id: owner_account_id.to_string(),
        partner_account_id: partner_account_id.to_string(),
        partnership_id: partnership_id.to_string(),
        item_type: item_type.to_wire(),
        external_id,
        title,
        state: match frozen {
            None => pb::SharedItemState::Live,
            Some(_) => pb::SharedItemState::Frozen,
        }
        .into(),
        shared_position,
        frozen_position: frozen.map_or(0, |(position, _)| position),
        sharer_member_id: sharer_member_id
            .filter(|_| is_own)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        create_time: Some(time(created_at)),
        update_time: Some(time(updated_at)),
        freeze_time: frozen.map(|(_, at)| time(at)),
        etag: if is_own { etag(version) } else { String::new() },
    }
}

pub fn audience_member(person: AudienceMember) -> pb::AudienceMember {
    let AudienceMember { joined_position: _, member, email, display_name, state } = person;
    pb::AudienceMember {
        member_id: member.to_string(),
        email,
        display_name,
        member_state: state.to_wire(),
    }
}

pub fn verdict(verdict: Verdict) -> pb::CheckItemAccessResponse {
    let Verdict { denial, position, at } = verdict;
    pb::CheckItemAccessResponse {
        allowed: denial.is_none(),
        reason: optional(denial),
        checked_position: position,
        check_time: Some(time(at)),
    }
}
