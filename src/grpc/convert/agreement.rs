//! Agreements and their acceptances.

use super::enums::Wire;
use super::{MAX_VERSION, moment, time};
use crate::agreement::publish::Edition;
use crate::agreement::store::Shown;
use crate::domain::agreement::AgreementKind;
use crate::entity::{agreement, agreement_acceptance};
use crate::grpc::fields::{Fields, MAX_LOCALE, Text};
use crate::grpc::pb;

const MAX_URL: usize = 2_000;
const SHA256_DIGITS: usize = 64;

pub fn publish(fields: &mut Fields, body: pb::PublishAgreementRequest) -> Edition {
    let pb::PublishAgreementRequest { agreement, request_id: _, validate_only: _ } = body;
    if agreement.is_none() {
        fields.bad("agreement", "is required");
    }
    let pb::Agreement {
        kind,
        version,
        locale,
        url,
        sha256,
        effective_time,
        publish_time: _,
        in_force: _,
        accept_time: _,
    } = agreement.unwrap_or_default();
    if sha256.len() != SHA256_DIGITS || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        fields.bad("agreement.sha256", "must be 64 hexadecimal digits");
    }
    if !is_web_address(&url) {
        fields.bad("agreement.url", "must be an https or http URL");
    }
    let effective_at = effective_time.map(moment);
    if effective_at == Some(None) {
        fields.bad("agreement.effective_time", "must be a time that there is");
    }
    Edition {
        kind: kind_of(fields, "agreement.kind", kind),
        version: fields.required_text("agreement.version", version, MAX_VERSION),
        locale: fields.text("agreement.locale", locale, MAX_LOCALE, Text::OneLine),
        url: fields.text("agreement.url", url, MAX_URL, Text::OneLine),
        sha256: sha256.to_ascii_lowercase(),
        effective_at: effective_at.flatten(),
    }
}

fn is_web_address(url: &str) -> bool {
    let parsed = url.parse::<http::Uri>();
    parsed
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

fn kind_of(fields: &mut Fields, field: &str, raw: i32) -> AgreementKind {
    fields.one(field, raw, Some(AgreementKind::Customer)).unwrap_or(AgreementKind::Customer)
}

/// The version that an account accepts.
pub struct Named {
    pub kind: AgreementKind,
    pub version: String,
}

pub fn accept(fields: &mut Fields, body: pb::AcceptAgreementRequest) -> Named {
    let pb::AcceptAgreementRequest {
        account_id: _,
        kind,
        version,
        request_id: _,
        validate_only: _,
    } = body;
    Named {
        kind: kind_of(fields, "kind", kind),
        version: fields.required_text("version", version, MAX_VERSION),
    }
}

pub fn list(_: &mut Fields, body: pb::ListAgreementsRequest) {
    let pb::ListAgreementsRequest { account_id: _, page_size: _, page_token: _, min_position: _ } =
        body;
}

pub fn list_acceptances(_: &mut Fields, body: pb::ListAgreementAcceptancesRequest) {
    let pb::ListAgreementAcceptancesRequest {
        account_id: _,
        page_size: _,
        page_token: _,
        min_position: _,
    } = body;
}

pub fn shown(shown: Shown) -> pb::Agreement {
    let Shown { agreement, in_force, accepted_at } = shown;
    let agreement::Model {
        kind,
        version,
        position: _,
        locale,
        url,
        sha256,
        effective_at,
        published_at,
    } = agreement;
    pb::Agreement {
        kind: kind.to_wire(),
        version,
        locale,
        url,
        sha256,
        effective_time: Some(time(effective_at)),
        publish_time: Some(time(published_at)),
        in_force,
        accept_time: accepted_at.map(time),
    }
}

pub fn acceptance(row: agreement_acceptance::Model) -> pb::AgreementAcceptance {
    let agreement_acceptance::Model {
        account_id,
        kind,
        version,
        position: _,
        member_id,
        by_operator,
        sha256,
        accepted_at,
    } = row;
    pb::AgreementAcceptance {
        account_id: account_id.to_string(),
        kind: kind.to_wire(),
        version,
        sha256,
        member_id: member_id.map(|id| id.to_string()).unwrap_or_default(),
        by_operator,
        accept_time: Some(time(accepted_at)),
    }
}
