//! Partnerships, preferences and audit entries.

use super::enums::{Wire, optional};
use super::mask::Mask;
use super::{length, span, time};
use crate::account::etag;
use crate::account::preferences::{PreferencesUpdate, blocked};
use crate::audit::EntryView;
use crate::domain::ids::{AccountId, PartnershipId};
use crate::domain::partner_type::{AdminRole, PartnerType};
use crate::domain::roles::{AdminRoles, LONGEST_TERM, SHORTEST_TERM, Term};
use crate::entity::account;
use crate::grpc::fields::{Fields, MAX_MESSAGE, MAX_REASON, Text};
use crate::grpc::pb;
use crate::partnership::invite::Invitation;
use crate::partnership::purchases::Visibility;
use crate::partnership::store::Filter;
use crate::partnership::view::PartnershipView;

pub fn invite(fields: &mut Fields, body: pb::InvitePartnerRequest) -> Invitation {
    let pb::InvitePartnerRequest {
        account_id: _,
        invitee_email,
        r#type,
        message,
        request_id: _,
        validate_only: _,
        admin_roles,
        role_duration,
        auto_extend,
    } = body;
    let kind = fields
        .one("type", r#type, Some(PartnerType::Collaboration))
        .unwrap_or(PartnerType::Collaboration);
    Invitation {
        invitee: fields.email("invitee_email", &invitee_email),
        kind,
        message: fields.text("message", message, MAX_MESSAGE, Text::ManyLines),
        roles: roles(fields, kind, &admin_roles),
        term: term(fields, kind, role_duration, auto_extend),
    }
}

/// The roles asked for: all that the type has, unless some are named (T5).
fn roles(fields: &mut Fields, kind: PartnerType, named: &[i32]) -> AdminRoles {
    let of_type = kind.policy().admin_roles;
    if named.is_empty() {
        return of_type.iter().copied().collect();
    }
    let roles: Vec<AdminRole> = fields.many("admin_roles", named);
    if roles.iter().any(|role| !of_type.contains(role)) {
        fields.bad("admin_roles", "must hold only roles that the type has");
    }
    let asked: AdminRoles = roles.iter().copied().collect();
    if asked.0.len() < roles.len() {
        fields.bad("admin_roles", "must name each role at most once");
    }
    asked
}

/// For how long (T7).
fn term(
    fields: &mut Fields,
    kind: PartnerType,
    asked: Option<prost_types::Duration>,
    auto_extend: bool,
) -> Option<Term> {
    if auto_extend && asked.is_none() {
        fields.bad("auto_extend", "needs role_duration: roles without an end are not extended");
    }
    let asked = asked?;
    if kind.policy().admin_roles.is_empty() {
        fields.bad("role_duration", "must be unset: the type has no administrator roles");
    }
    let span = length(asked)
        .filter(|span| (SHORTEST_TERM..=LONGEST_TERM).contains(span) && span.subsec_nanos() == 0);
    if span.is_none() {
        fields.bad("role_duration", "must be from 1 to 730 days, in whole seconds");
    }
    span.map(|span| Term { span, auto_extend })
}

/// The row a verb is about, and the etag the caller knows.
pub struct Target {
    pub id: PartnershipId,
    pub etag: String,
}

pub fn resend(fields: &mut Fields, body: pb::ResendInvitationRequest) -> Target {
    let pb::ResendInvitationRequest {
        account_id: _,
        partnership_id,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Target { id: fields.id("partnership_id", &partnership_id), etag }
}

pub struct Acceptance {
    pub target: Target,
    /// The agreement's version that the caller has read.
    pub acknowledged: String,
}

pub fn accept(fields: &mut Fields, body: pb::AcceptPartnershipRequest) -> Acceptance {
    let pb::AcceptPartnershipRequest {
        account_id: _,
        partnership_id,
        acknowledged_agreement_version,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Acceptance {
        target: Target { id: fields.id("partnership_id", &partnership_id), etag },
        acknowledged: fields.text(
            "acknowledged_agreement_version",
            acknowledged_agreement_version,
            super::MAX_VERSION,
            Text::OneLine,
        ),
    }
}

pub fn remove_roles(fields: &mut Fields, body: pb::RemoveAdminRolesRequest) -> Rejection {
    let pb::RemoveAdminRolesRequest {
        account_id: _,
        partnership_id,
        reason,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Rejection {
        target: Target { id: fields.id("partnership_id", &partnership_id), etag },
        reason: fields.text("reason", reason, MAX_REASON, Text::ManyLines),
    }
}

pub fn set_visibility(fields: &mut Fields, body: pb::SetPurchaseVisibilityRequest) -> Visibility {
    let pb::SetPurchaseVisibilityRequest {
        account_id: _,
        viewer_account_id,
        purchases_of_account_id,
        visible,
        request_id: _,
        validate_only: _,
    } = body;
    let viewer = fields.id("viewer_account_id", &viewer_account_id);
    let owner = fields.id("purchases_of_account_id", &purchases_of_account_id);
    if viewer == owner {
        fields.bad("purchases_of_account_id", "must be another account than viewer_account_id");
    }
    Visibility { viewer, owner, visible }
}

pub struct Rejection {
    pub target: Target,
    pub reason: String,
}

pub fn reject(fields: &mut Fields, body: pb::RejectPartnershipRequest) -> Rejection {
    let pb::RejectPartnershipRequest {
        account_id: _,
        partnership_id,
        reason,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Rejection {
        target: Target { id: fields.id("partnership_id", &partnership_id), etag },
        reason: fields.text("reason", reason, MAX_REASON, Text::ManyLines),
    }
}

pub struct Deletion {
    pub target: Target,
    pub reason: String,
    pub allow_missing: bool,
}

pub fn delete(fields: &mut Fields, body: pb::DeletePartnershipRequest) -> Deletion {
    let pb::DeletePartnershipRequest {
        account_id: _,
        partnership_id,
        reason,
        allow_missing,
        etag,
        request_id: _,
        validate_only: _,
    } = body;
    Deletion {
        target: Target { id: fields.id("partnership_id", &partnership_id), etag },
        reason: fields.text("reason", reason, MAX_REASON, Text::ManyLines),
        allow_missing,
    }
}

pub fn get(fields: &mut Fields, body: pb::GetPartnershipRequest) -> PartnershipId {
    let pb::GetPartnershipRequest { account_id: _, partnership_id, min_position: _ } = body;
    fields.id("partnership_id", &partnership_id)
}

pub fn list(fields: &mut Fields, body: pb::ListPartnershipsRequest) -> Filter {
    let pb::ListPartnershipsRequest {
        account_id: _,
        states,
        types,
        sides,
        partner_account_id,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    Filter {
        states: fields.many("states", &states),
        kinds: fields.many("types", &types),
        sides: fields.many("sides", &sides),
        partner: fields.optional_id("partner_account_id", &partner_account_id),
    }
}

pub fn get_preferences(_: &mut Fields, body: pb::GetPartnerPreferencesRequest) {
    let pb::GetPartnerPreferencesRequest { account_id: _, min_position: _ } = body;
}

pub struct NewPreferences {
    pub etag: String,
    pub fields: PreferencesUpdate,
}

pub fn update_preferences(
    fields: &mut Fields,
    body: pb::UpdatePartnerPreferencesRequest,
) -> NewPreferences {
    let pb::UpdatePartnerPreferencesRequest {
        account_id: _,
        preferences,
        update_mask,
        request_id: _,
        validate_only: _,
    } = body;
    if preferences.is_none() {
        fields.bad("preferences", "is required");
    }
    let pb::PartnerPreferences { receive_policy, blocked_account_ids, contact_retention, etag } =
        preferences.unwrap_or_default();
    let writable = ["receive_policy", "blocked_account_ids", "contact_retention"];
    let mask = Mask::read(fields, update_mask, &writable, &["etag"]);
    let receive_policy = mask
        .writes("receive_policy", receive_policy != 0)
        .then(|| fields.one("preferences.receive_policy", receive_policy, None));
    let contact_retention = mask
        .writes("contact_retention", contact_retention != 0)
        .then(|| fields.one("preferences.contact_retention", contact_retention, None));
    let blocked = mask.writes("blocked_account_ids", !blocked_account_ids.is_empty()).then(|| {
        let id = |(index, raw): (usize, &String)| -> AccountId {
            fields.id(&format!("preferences.blocked_account_ids[{index}]"), raw)
        };
        blocked_account_ids.iter().enumerate().map(id).collect()
    });
    NewPreferences {
        etag,
        fields: PreferencesUpdate {
            receive_policy: receive_policy.flatten(),
            blocked,
            contact_retention: contact_retention.flatten(),
        },
    }
}

pub fn list_audit(fields: &mut Fields, body: pb::ListAuditEntriesRequest) -> Option<PartnershipId> {
    let pb::ListAuditEntriesRequest {
        account_id: _,
        partnership_id,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
    fields.optional_id("partnership_id", &partnership_id)
}

pub fn shown(view: PartnershipView) -> pb::Partnership {
    let PartnershipView {
        id,
        account_id,
        side,
        state,
        state_reason,
        reject_reason,
        kind,
        partner_account_id,
        partner_display_name,
        invitee_email,
        inviter_member_id,
        inviter_display_name,
        message,
        admin_roles,
        roles_state,
        role_term,
        auto_extend,
        roles_end_at,
        permissions,
        roster_size,
        allowed_actions,
        created_at,
        updated_at,
        activated_at,
        ended_at,
        expires_at,
        etag,
    } = view;
    pb::Partnership {
        id: id.to_string(),
        account_id: account_id.to_string(),
        side: side.to_wire(),
        state: state.to_wire(),
        state_reason: optional(state_reason),
        reject_reason,
        r#type: kind.to_wire(),
        partner_account_id: partner_account_id.map(|id| id.to_string()).unwrap_or_default(),
        partner_display_name,
        invitee_email,
        inviter_member_id: inviter_member_id.map(|id| id.to_string()).unwrap_or_default(),
        inviter_display_name,
        message,
        admin_roles: admin_roles.0.into_iter().map(Wire::to_wire).collect(),
        roles_state: optional(roles_state),
        role_duration: role_term.map(span),
        role_expire_time: roles_end_at.map(time),
        auto_extend,
        permissions: permissions.into_iter().map(Wire::to_wire).collect(),
        roster_size: i32::try_from(roster_size).unwrap_or(i32::MAX),
        allowed_actions: allowed_actions.into_iter().map(Wire::to_wire).collect(),
        create_time: Some(time(created_at)),
        update_time: Some(time(updated_at)),
        activate_time: activated_at.map(time),
        end_time: ended_at.map(time),
        expire_time: expires_at.map(time),
        etag,
    }
}

/// As somebody sees it who is not signed in.
pub fn shown_to_nobody(view: PartnershipView) -> pb::Partnership {
    pb::Partnership {
        account_id: String::new(),
        allowed_actions: Vec::new(),
        etag: String::new(),
        ..shown(view)
    }
}

pub fn preferences(row: &account::Model) -> pb::PartnerPreferences {
    pb::PartnerPreferences {
        receive_policy: row.receive_policy.to_wire(),
        blocked_account_ids: blocked(row).iter().map(ToString::to_string).collect(),
        contact_retention: row.contact_retention.to_wire(),
        etag: etag(row.preferences_version),
    }
}

pub fn entry(view: EntryView) -> pb::AuditEntry {
    let EntryView {
        id,
        position: _,
        partnership,
        shared_item,
        action,
        actor,
        actor_is_operator,
        from,
        to,
        reason,
        request_id,
        created_at,
    } = view;
    pb::AuditEntry {
        id: id.to_string(),
        partnership_id: partnership.map(|id| id.to_string()).unwrap_or_default(),
        action: action.to_wire(),
        actor_member_id: actor.map(|id| id.to_string()).unwrap_or_default(),
        actor_is_operator,
        from_state: optional(from),
        to_state: optional(to),
        reason,
        request_id,
        create_time: Some(time(created_at)),
        shared_item_id: shared_item.map(|id| id.to_string()).unwrap_or_default(),
    }
}
