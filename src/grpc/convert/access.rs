//! Questions of access, and their answers.

use super::enums::optional;
use super::time;
use crate::access::{Question, Verdict};
use crate::domain::partner_type::Permission;
use crate::grpc::fields::Fields;
use crate::grpc::pb;

pub fn question(fields: &mut Fields, body: &pb::CheckPartnerAccessRequest) -> Question {
    let pb::CheckPartnerAccessRequest {
        customer_account_id,
        partner_account_id,
        permission,
        purchases_of_account_id,
        min_position,
    } = body;
    fields.min_position(*min_position);
    let permission = fields.one("permission", *permission, None).unwrap_or(Permission::Share);
    let purchases_of = fields.optional_id("purchases_of_account_id", purchases_of_account_id);
    if purchases_of.is_some() && permission != Permission::ViewPurchases {
        fields.bad("purchases_of_account_id", "must be empty unless permission is VIEW_PURCHASES");
    }
    Question {
        customer: fields.id("customer_account_id", customer_account_id),
        partner: fields.id("partner_account_id", partner_account_id),
        permission,
        purchases_of,
    }
}

pub fn verdict(verdict: Verdict) -> pb::CheckPartnerAccessResponse {
    let Verdict { denial, position, at } = verdict;
    pb::CheckPartnerAccessResponse {
        allowed: denial.is_none(),
        reason: optional(denial),
        checked_position: position,
        check_time: Some(time(at)),
    }
}
