//! Every reason that this release can give, produced once, with the details that the contract promises: the code, exactly one
//! ErrorInfo, RequestInfo, BadRequest, RetryInfo, PreconditionFailure, and a sentence that says what to do.

mod mailing;
mod providing;
mod scenarios;
mod streaming;

use crate::dynamic::POOL;
use crate::support::Harness;
use crate::support::published::{PUBLISHED, checked};
use partner_service::grpc::pb::ErrorReason;
use prost::Message;
pub use scenarios::service;
use scenarios::{CALL, produce};
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::{Code, Status};
use tonic_types::pb::{BadRequest, ErrorInfo, PreconditionFailure, RequestInfo, RetryInfo};
use tonic_types::{ErrorDetails, StatusExt};
use tower::ServiceExt;

const SHORT: usize = 160;

/// The published table of codes.
fn code_of(reason: ErrorReason) -> Code {
    use ErrorReason as R;
    match reason {
        R::Unspecified => Code::Unknown,
        R::CredentialsMissing | R::CredentialsInvalid => Code::Unauthenticated,
        R::ManagePartnersRequired
        | R::OperatorRequired
        | R::MemberNotActive
        | R::NotTheRecipient
        | R::NotTheSender => Code::PermissionDenied,
        R::ResourceNotFound => Code::NotFound,
        R::FieldInvalid
        | R::SelfInvitation
        | R::AgreementNotAcknowledged
        | R::PageTokenInvalid
        | R::ResumeTokenInvalid
        | R::MessageMalformed => Code::InvalidArgument,
        R::AlreadyPartners
        | R::DuplicateInvitation
        | R::MemberExists
        | R::AccountExists
        | R::ContactExists
        | R::AgreementExists
        | R::RequestIdReused => Code::AlreadyExists,
        R::ReinviteBlocked
        | R::IncomingInvitationPending
        | R::InvitationNotPending
        | R::InvitationExpired
        | R::PartnershipNotActive
        | R::PartnershipRequired
        | R::ContactPartner
        | R::NoAdminRoles
        | R::AgreementVersionStale
        | R::AccountNotActive
        | R::MemberRemoved
        | R::UserContact
        | R::AudienceIsDynamic
        | R::MailNotRetryable
        | R::ResumeTokenDiverged
        | R::PositionUnknown => Code::FailedPrecondition,
        R::EtagMismatch | R::ConcurrentChange => Code::Aborted,
        R::ResumeTokenExpired => Code::OutOfRange,
        R::InvitationsPerDay
        | R::OpenInvitations
        | R::ResendTooSoon
        | R::TooManyStreams
        | R::RateLimited
        | R::MessageTooLarge => Code::ResourceExhausted,
        R::Deadline => Code::DeadlineExceeded,
        R::DatabaseUnavailable | R::NotYetThere | R::ShuttingDown | R::Overloaded => {
            Code::Unavailable
        }
        R::Internal => Code::Internal,
    }
}

/// Every value of the published enumeration.
fn reasons() -> Vec<ErrorReason> {
    let published =
        POOL.get_enum_by_name("partner.v1.ErrorReason").expect("the enumeration is published");
    published
        .values()
        .map(|value| ErrorReason::try_from(value.number()).expect("generated from it"))
        .collect()
}

fn name_of(reason: ErrorReason) -> &'static str {
    reason
        .as_str_name()
        .strip_prefix("ERROR_REASON_")
        .expect("values carry the enumeration's prefix")
}

#[tokio::test]
async fn every_reason_is_given_with_its_code_and_the_promised_details() {
    let common = Arc::new(Harness::start().await);
    let mut wrong = Vec::new();
    for reason in reasons() {
        // boxed: the scenarios together are more than a test thread has room for
        if let Some(status) = Box::pin(produce(reason, &common)).await {
            wrong.extend(
                faults(reason, &status)
                    .into_iter()
                    .map(|fault| format!("{}: {fault}", name_of(reason))),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_published_comment_of_a_reason_begins_with_its_code() {
    assert_eq!(PUBLISHED.reasons.len() + 1, reasons().len());
    for (reason, published) in reasons().into_iter().skip(1).zip(&PUBLISHED.reasons) {
        assert_eq!(published.name, name_of(reason));
        let code = published.code.replace('_', "");
        assert_eq!(code, format!("{:?}", code_of(reason)).to_uppercase(), "{}", name_of(reason));
    }
}

#[tokio::test]
#[should_panic(expected = "gave DUPLICATE_INVITATION, which its comment does not list")]
async fn a_refusal_that_the_comment_of_its_rpc_does_not_list_fails_whatever_test_meets_it() {
    const PATH: &str = "/partner.v1.PartnerService/GetPartnership";
    let refuse = async || {
        let details = ErrorDetails::with_error_info("DUPLICATE_INVITATION", "partner.v1", []);
        Status::with_error_details(Code::AlreadyExists, "Once is enough.", details)
            .into_http::<axum::body::Body>()
    };
    let router = axum::Router::new().route(PATH, axum::routing::get(refuse));
    let request = http::Request::get(PATH).body(axum::body::Body::empty()).expect("a request");
    let _ = checked(router.into()).into_axum_router().oneshot(request).await;
}

/// What the contract promises and this status does not keep.
fn faults(reason: ErrorReason, status: &Status) -> Vec<String> {
    let mut faults = Vec::new();
    let mut must = |holds: bool, promise: &str| {
        if !holds {
            faults.push(format!("{promise}: {status:?}"));
        }
    };
    let details = Details::of(status);
    let code = status.code();
    must(code == code_of(reason), "has the code of the published table");
    must(details.infos.len() == 1, "carries exactly one ErrorInfo");
    let info = details.infos.first().cloned().unwrap_or_default();
    must(info.domain == "partner.v1", "names the domain");
    must(info.reason == name_of(reason), "names the reason without its prefix");

    let named: Vec<_> = details.requests.iter().map(|info| info.request_id.as_str()).collect();
    must(named == [CALL], "carries one RequestInfo with the id that the caller sent");
    let header = status.metadata().get("x-request-id").and_then(|id| id.to_str().ok());
    must(header == Some(CALL), "answers the caller's id as a header too");

    let bad = details.bad.iter().flat_map(|bad| &bad.field_violations).collect::<Vec<_>>();
    must(
        bad.is_empty() == (reason != ErrorReason::FieldInvalid),
        "carries BadRequest with FIELD_INVALID only",
    );
    must(
        bad.iter().all(|bad| !bad.field.is_empty() && !bad.description.is_empty()),
        "says what is wrong with a field",
    );

    let retryable = matches!(code, Code::Unavailable | Code::ResourceExhausted);
    must(
        details.retries.len() == usize::from(retryable),
        "carries RetryInfo where trying again helps, and only there",
    );
    let delay = |retry: &RetryInfo| {
        retry.retry_delay.is_some_and(|delay| delay.seconds > 0 || delay.nanos > 0)
    };
    must(details.retries.iter().all(delay), "says how long to wait");

    let failed: Vec<_> = details.failures.iter().flat_map(|failure| &failure.violations).collect();
    must(
        failed.len() == usize::from(code == Code::FailedPrecondition),
        "carries one PreconditionFailure where one failed",
    );
    must(
        failed.iter().all(|failed| failed.r#type == name_of(reason) && !failed.subject.is_empty()),
        "says of what",
    );
    must(details.others.is_empty(), "carries nothing besides");

    must(is_sentence(status.message()), "is one short sentence without anything internal");
    let told: Vec<_> = info.metadata.values().map(String::as_str).collect();
    let published = PUBLISHED.reasons.iter().find(|published| published.name == info.reason);
    let (always, perhaps) = published
        .map(|published| (published.always.as_slice(), published.perhaps.as_slice()))
        .unwrap_or_default();
    must(
        always.iter().all(|key| info.metadata.contains_key(key))
            && info.metadata.keys().all(|key| always.contains(key) || perhaps.contains(key)),
        "has the metadata that its comment names, and no others",
    );
    let in_fields = reason == ErrorReason::FieldInvalid;
    must(
        in_fields || variables(status.message()).all(|word| told.contains(&word)),
        "repeats its variables in metadata",
    );
    faults
}

#[derive(Default)]
struct Details {
    infos: Vec<ErrorInfo>,
    requests: Vec<RequestInfo>,
    bad: Vec<BadRequest>,
    retries: Vec<RetryInfo>,
    failures: Vec<PreconditionFailure>,
    others: Vec<String>,
}

impl Details {
    fn of(status: &Status) -> Self {
        let mut details = Self::default();
        let whole = tonic_types::Status::decode(status.details()).unwrap_or_default();
        for any in whole.details {
            let bytes = any.value.as_slice();
            match any.type_url.rsplit('.').next().unwrap_or_default() {
                "ErrorInfo" => details.infos.extend(ErrorInfo::decode(bytes)),
                "RequestInfo" => details.requests.extend(RequestInfo::decode(bytes)),
                "BadRequest" => details.bad.extend(BadRequest::decode(bytes)),
                "RetryInfo" => details.retries.extend(RetryInfo::decode(bytes)),
                "PreconditionFailure" => {
                    details.failures.extend(PreconditionFailure::decode(bytes));
                }
                _ => details.others.push(any.type_url),
            }
        }
        details
    }
}

fn is_sentence(message: &str) -> bool {
    const SQL: [&str; 5] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", " WHERE "];
    const INTERNAL: [&str; 10] =
        ["constraint", "sqlite", "postgres", "sqlx", "seaorm", "sea_orm", "panic", "::", "@", "/"];
    let lower = message.to_lowercase();
    message.len() <= SHORT
        && message.ends_with('.')
        && message.starts_with(|first: char| first.is_uppercase() || first.is_lowercase())
        && !message.contains('\n')
        && !SQL.iter().any(|word| message.contains(word))
        && !INTERNAL.iter().any(|word| lower.contains(word))
}

/// The numbers and ids of a sentence.
fn variables(sentence: &str) -> impl Iterator<Item = &str> {
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    sentence
        .split(move |c| !part_of_word(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

#[test]
fn the_checks_themselves_see_what_is_wrong() {
    assert!(is_sentence("The invitation has expired; ask the sender to send it again."));
    for wrong in [
        "no stop",
        "Two\nlines.",
        "UPDATE account SET x.",
        "Write to bo@b.example.",
        "See /var/lib/x.",
    ] {
        assert!(!is_sentence(wrong), "{wrong}");
    }
    assert_eq!(
        variables("Position 7 is beyond 0198-ab, 12.").collect::<Vec<_>>(),
        ["7", "0198-ab", "12"]
    );
    let naked = Status::not_found("nothing");
    assert!(faults(ErrorReason::ResourceNotFound, &naked).len() > 3);
    let codes: BTreeMap<_, _> =
        reasons().into_iter().map(|reason| (name_of(reason), code_of(reason))).collect();
    assert_eq!(codes.len(), 53);
}
