//! Members.

use super::enums::Wire;
use super::mask::Mask;
use super::time;
use crate::account::etag;
use crate::account::members::MemberUpdate;
use crate::account::register::NewMember;
use crate::domain::account::{MemberState, Profile, can_manage_partners};
use crate::domain::ids::{AccountId, MemberId};
use crate::entity::member;
use crate::grpc::fields::{Fields, MAX_LOCALE, MAX_NAME, Text};
use crate::grpc::pb;

const WRITABLE: &[&str] =
    &["email", "display_name", "profile", "manage_partners", "phone", "title", "locale"];
const OUTPUT_ONLY: &[&str] = &[
    "id",
    "account_id",
    "can_manage_partners",
    "state",
    "create_time",
    "update_time",
    "position",
    "etag",
];

pub fn register(fields: &mut Fields, body: pb::RegisterMemberRequest) -> NewMember {
    let pb::RegisterMemberRequest { account_id: _, member, request_id: _, validate_only: _ } = body;
    new_member(fields, "member", member.unwrap_or_default())
}

/// A member to be registered, whose fields are named after `path`.
pub fn new_member(fields: &mut Fields, path: &str, member: pb::Member) -> NewMember {
    let named = |field: &str| format!("{path}.{field}");
    let text = |fields: &mut Fields, field: &str, raw, max| {
        fields.text(&named(field), raw, max, Text::OneLine)
    };
    NewMember {
        id: fields.optional_id(&named("id"), &member.id),
        email: fields.email(&named("email"), &member.email),
        display_name: text(fields, "display_name", member.display_name, MAX_NAME),
        profile: fields
            .one(&named("profile"), member.profile, Some(Profile::Observer))
            .unwrap_or(Profile::Observer),
        manage_partners: member.manage_partners,
        phone: text(fields, "phone", member.phone, MAX_NAME),
        title: text(fields, "title", member.title, MAX_NAME),
        locale: text(fields, "locale", member.locale, MAX_LOCALE),
    }
}

pub struct Update {
    pub id: MemberId,
    pub etag: String,
    pub fields: MemberUpdate,
}

pub fn update(fields: &mut Fields, body: pb::UpdateMemberRequest) -> Update {
    let pb::UpdateMemberRequest {
        account_id: _,
        member,
        update_mask,
        request_id: _,
        validate_only: _,
    } = body;
    let new = member.unwrap_or_default();
    let id = fields.id("member.id", &new.id);
    let mask = Mask::read(fields, update_mask, WRITABLE, OUTPUT_ONLY);
    let mut text = |path: &str, value: String, max| {
        mask.writes(path, !value.is_empty())
            .then(|| fields.text(&format!("member.{path}"), value, max, Text::OneLine))
    };
    let display_name = text("display_name", new.display_name, MAX_NAME);
    let phone = text("phone", new.phone, MAX_NAME);
    let title = text("title", new.title, MAX_NAME);
    let locale = text("locale", new.locale, MAX_LOCALE);
    let email = mask
        .writes("email", !new.email.is_empty())
        .then(|| fields.email("member.email", &new.email));
    let profile = mask
        .writes("profile", new.profile != 0)
        .then(|| fields.one("member.profile", new.profile, None));
    let manage_partners = mask
        .writes("manage_partners", new.manage_partners.is_some())
        .then_some(new.manage_partners);
    Update {
        id,
        etag: new.etag,
        fields: MemberUpdate {
            email,
            display_name,
            profile: profile.flatten(),
            manage_partners,
            phone,
            title,
            locale,
        },
    }
}

/// The member a verb is about, and the etag the caller knows.
pub struct Target {
    pub id: MemberId,
    pub etag: String,
}

pub fn deactivate(fields: &mut Fields, body: pb::DeactivateMemberRequest) -> Target {
    let pb::DeactivateMemberRequest {
        account_id: _,
        member_id,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Target { id: fields.id("member_id", &member_id), etag }
}

pub fn reactivate(fields: &mut Fields, body: pb::ReactivateMemberRequest) -> Target {
    let pb::ReactivateMemberRequest {
        account_id: _,
        member_id,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Target { id: fields.id("member_id", &member_id), etag }
}

pub fn remove(fields: &mut Fields, body: pb::RemoveMemberRequest) -> Target {
    let pb::RemoveMemberRequest { account_id: _, member_id, etag, request_id: _, validate_only: _ } =
        body;
    Target { id: fields.id("member_id", &member_id), etag }
}

pub struct Move {
    pub target: Target,
    pub to: AccountId,
    pub profile: Profile,
}

pub fn move_to(fields: &mut Fields, body: pb::MoveMemberRequest) -> Move {
    let pb::MoveMemberRequest {
        account_id,
        member_id,
        target_account_id,
        profile,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    if !account_id.is_empty() && target_account_id.eq_ignore_ascii_case(&account_id) {
        fields.bad("target_account_id", "must be another account than account_id");
    }
    Move {
        target: Target { id: fields.id("member_id", &member_id), etag },
        to: fields.id("target_account_id", &target_account_id),
        profile: fields
            .one("profile", profile, Some(Profile::Observer))
            .unwrap_or(Profile::Observer),
    }
}

pub fn get(fields: &mut Fields, body: pb::GetMemberRequest) -> MemberId {
    let pb::GetMemberRequest { account_id: _, member_id, min_position: _ } = body;
    fields.id("member_id", &member_id)
}

pub fn list(fields: &mut Fields, body: pb::ListMembersRequest) -> Vec<MemberState> {
    let pb::ListMembersRequest {
        account_id: _,
        states,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    fields.many("states", &states)
}

pub fn shown(row: member::Model) -> pb::Member {
    pb::Member {
        id: row.id.to_string(),
        account_id: row.account_id.to_string(),
        can_manage_partners: can_manage_partners(row.profile, row.manage_partners),
        email: row.email,
        display_name: row.display_name,
        profile: row.profile.to_wire(),
        manage_partners: row.manage_partners,
        state: row.state.to_wire(),
        phone: row.phone,
        title: row.title,
        locale: row.locale,
        create_time: Some(time(row.created_at)),
        update_time: Some(time(row.updated_at)),
        position: row.position,
        etag: etag(row.position),
    }
}
