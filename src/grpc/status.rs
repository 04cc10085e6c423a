//! Errors become statuses here, in one exhaustive match: canonical code, published reason, details.

use super::pb::ErrorReason;
use crate::domain::mail::MailState;
use crate::domain::partnership::{Action, MustDelete, View};
use crate::error::{Error, Quota};
use rand::Rng;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason.
pub const DOMAIN: &str = "partner.v1";
const RETRY_SOON: Duration = Duration::from_millis(200);

/// The reason's published name, without its prefix.
pub fn reason_name(reason: ErrorReason) -> &'static str {
    reason.as_str_name().trim_start_matches("ERROR_REASON_")
}

/// The status that answers for `error`, and its reason. `request_id` names the call in the service's logs.
pub fn of(error: &Error, request_id: &str) -> (Status, ErrorReason) {
    let (code, reason, metadata) = classify(error);
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let mut details = ErrorDetails::with_error_info(reason_name(reason), DOMAIN, metadata);
    details.set_request_info(request_id, "");
    match error {
        Error::FieldInvalid(violations) => {
            for violation in violations {
                details.add_bad_request_violation(
                    violation.field.clone(),
                    violation.description.clone(),
                );
            }
        }
        Error::QuotaExceeded { retry_after, .. }
        | Error::RateLimited { retry_after, .. }
        | Error::ResendTooSoon { retry_after }
        | Error::TooManyLookups { retry_after } => {
            details.set_retry_info(Some(*retry_after));
        }
        Error::ShuttingDown | Error::StreamRotated => {
            details.set_retry_info(Some(scattered()));
        }
        _ if matches!(code, Code::Unavailable | Code::ResourceExhausted) => {
            details.set_retry_info(Some(RETRY_SOON));
        }
        _ if code == Code::FailedPrecondition => {
            details.add_precondition_failure_violation(
                reason_name(reason),
                subject(error),
                error.to_string(),
            );
        }
        _ => {}
    }
    (Status::with_error_details(code, error.to_string(), details), reason)
}

/// Those who were connected do not come back all at once.
fn scattered() -> Duration {
    rand::rng().random_range(RETRY_SOON..10 * RETRY_SOON)
}

type Metadata = Vec<(&'static str, String)>;

fn classify(error: &Error) -> (Code, ErrorReason, Metadata) {
    use ErrorReason as R;
    let none = Vec::new;
    match error {
        Error::CredentialsMissing => (Code::Unauthenticated, R::CredentialsMissing, none()),
        Error::CredentialsInvalid => (Code::Unauthenticated, R::CredentialsInvalid, none()),
        Error::ManagePartnersRequired => {
            (Code::PermissionDenied, R::ManagePartnersRequired, none())
        }
        Error::OperatorRequired => (Code::PermissionDenied, R::OperatorRequired, none()),
        Error::MemberNotActive => (Code::PermissionDenied, R::MemberNotActive, none()),
        Error::NotTheRecipient => (Code::PermissionDenied, R::NotTheRecipient, none()),
        Error::NotTheSender => (Code::PermissionDenied, R::NotTheSender, none()),
        Error::NotFound { resource, id } => (
            Code::NotFound,
            R::ResourceNotFound,
            vec![("resource_type", (*resource).to_owned()), ("resource_id", id.clone())],
        ),
        Error::FieldInvalid(_) => (Code::InvalidArgument, R::FieldInvalid, none()),
        Error::SelfInvitation => (Code::InvalidArgument, R::SelfInvitation, none()),
        Error::PageTokenInvalid => (Code::InvalidArgument, R::PageTokenInvalid, none()),
        Error::MessageMalformed => (Code::InvalidArgument, R::MessageMalformed, none()),
        Error::ResumeTokenInvalid => (Code::InvalidArgument, R::ResumeTokenInvalid, none()),
        Error::ResumeTokenExpired { earliest, retention } => (
            Code::OutOfRange,
            R::ResumeTokenExpired,
            vec![
                ("earliest_position", earliest.to_string()),
                ("retention_seconds", retention.as_secs().to_string()),
            ],
        ),
        Error::ResumeTokenDiverged => (Code::FailedPrecondition, R::ResumeTokenDiverged, none()),
        Error::AlreadyPartners { partnership } => (
            Code::AlreadyExists,
            R::AlreadyPartners,
            vec![("partnership_id", partnership.to_string())],
        ),
        Error::DuplicateInvitation { partnership } => (
            Code::AlreadyExists,
            R::DuplicateInvitation,
            vec![("partnership_id", partnership.to_string())],
        ),
        Error::MemberExists { member, account } => (
            Code::AlreadyExists,
            R::MemberExists,
            vec![("member_id", member.clone()), ("account_id", account.clone())],
        ),
        Error::AccountExists { account } => {
            (Code::AlreadyExists, R::AccountExists, vec![("account_id", account.clone())])
        }
        Error::ContactExists { contact } => {
            (Code::AlreadyExists, R::ContactExists, vec![("contact_id", contact.to_string())])
        }
        Error::AgreementExists { version } => {
            (Code::AlreadyExists, R::AgreementExists, vec![("version", version.clone())])
        }
        Error::AgreementNotAcknowledged { version, url } => (
            Code::InvalidArgument,
            R::AgreementNotAcknowledged,
            vec![("current_version", version.clone()), ("url", url.clone())],
        ),
        Error::AgreementVersionStale { named, current, url } => (
            Code::FailedPrecondition,
            R::AgreementVersionStale,
            vec![
                ("version", named.clone()),
                ("current_version", current.clone()),
                ("url", url.clone()),
            ],
        ),
        Error::NoAdminRoles { partnership } => (
            Code::FailedPrecondition,
            R::NoAdminRoles,
            vec![("partnership_id", partnership.to_string())],
        ),
        Error::PartnershipNotActive { partnership, state, allowed } => (
            Code::FailedPrecondition,
            R::PartnershipNotActive,
            vec![
                ("partnership_id", partnership.to_string()),
                ("state", view_name(*state).to_owned()),
                ("allowed_actions", action_names(allowed)),
            ],
        ),
        Error::PartnershipRequired { account } => (
            Code::FailedPrecondition,
            R::PartnershipRequired,
            vec![("account_id", account.to_string())],
        ),
        Error::RequestIdReused => (Code::AlreadyExists, R::RequestIdReused, none()),
        Error::ReinviteBlocked { blocking, must_delete } => (
            Code::FailedPrecondition,
            R::ReinviteBlocked,
            vec![
                ("blocking_partnership_id", blocking.to_string()),
                ("must_delete", must_delete_name(*must_delete).to_owned()),
            ],
        ),
        Error::IncomingInvitationPending { partnership } => (
            Code::FailedPrecondition,
            R::IncomingInvitationPending,
            vec![("partnership_id", partnership.to_string())],
        ),
        Error::InvitationNotPending { partnership, state, allowed } => (
            Code::FailedPrecondition,
            R::InvitationNotPending,
            vec![
                ("partnership_id", partnership.to_string()),
                ("state", view_name(*state).to_owned()),
                ("allowed_actions", action_names(allowed)),
            ],
        ),
        Error::InvitationExpired { partnership, allowed } => (
            Code::FailedPrecondition,
            R::InvitationExpired,
            vec![
                ("partnership_id", partnership.to_string()),
                ("state", view_name(View::Expired).to_owned()),
                ("allowed_actions", action_names(allowed)),
            ],
        ),
        Error::ContactPartner { partnership, contact_email } => {
            let address = contact_email.clone().map(|address| ("contact_email", address));
            let partnership = ("partnership_id", partnership.to_string());
            (
                Code::FailedPrecondition,
                R::ContactPartner,
                [partnership].into_iter().chain(address).collect(),
            )
        }
        Error::AccountNotActive { account } => {
            (Code::FailedPrecondition, R::AccountNotActive, vec![("account_id", account.clone())])
        }
        Error::UserContact { contact } => {
            (Code::FailedPrecondition, R::UserContact, vec![("contact_id", contact.to_string())])
        }
        Error::AudienceIsDynamic { shared_item } => (
            Code::FailedPrecondition,
            R::AudienceIsDynamic,
            vec![("shared_item_id", shared_item.to_string())],
        ),
        Error::MemberRemoved { member } => {
            (Code::FailedPrecondition, R::MemberRemoved, vec![("member_id", member.clone())])
        }
        Error::PositionUnknown { position, head } => (
            Code::FailedPrecondition,
            R::PositionUnknown,
            vec![("position", position.to_string()), ("head_position", head.to_string())],
        ),
        Error::EtagMismatch { current } => {
            (Code::Aborted, R::EtagMismatch, vec![("current_etag", current.clone())])
        }
        Error::ConcurrentChange => (Code::Aborted, R::ConcurrentChange, none()),
        Error::QuotaExceeded { quota, limit, .. } => {
            let (reason, name) = match quota {
                Quota::InvitationsPerDay => (R::InvitationsPerDay, "invitations_per_day"),
                Quota::RefusedPerDay => (R::InvitationsPerDay, "refused_invitations_per_day"),
                Quota::OpenInvitations => (R::OpenInvitations, "open_invitations"),
                Quota::ProvidersPerDay => (R::RateLimited, "providers_per_day"),
            };
            (
                Code::ResourceExhausted,
                reason,
                vec![("quota", name.to_owned()), ("limit", limit.to_string())],
            )
        }
        Error::RateLimited { limit, .. } => {
            (Code::ResourceExhausted, R::RateLimited, vec![("limit", limit.to_string())])
        }
        Error::ResendTooSoon { .. } => (Code::ResourceExhausted, R::ResendTooSoon, none()),
        Error::TooManyLookups { .. } => (Code::ResourceExhausted, R::RateLimited, none()),
        Error::MailNotRetryable { mail, state } => (
            Code::FailedPrecondition,
            R::MailNotRetryable,
            vec![("mail_id", mail.to_string()), ("state", mail_state_name(*state).to_owned())],
        ),
        Error::TooManyStreams { limit } => {
            (Code::ResourceExhausted, R::TooManyStreams, vec![("limit", limit.to_string())])
        }
        Error::NotYetThere { position } => {
            (Code::Unavailable, R::NotYetThere, vec![("position", position.to_string())])
        }
        Error::KeysNotThere => (Code::Unavailable, R::NotYetThere, none()),
        Error::MessageTooLarge { limit_bytes } => (
            Code::ResourceExhausted,
            R::MessageTooLarge,
            vec![("limit_bytes", limit_bytes.to_string())],
        ),
        Error::Deadline => (Code::DeadlineExceeded, R::Deadline, none()),
        Error::DatabaseUnavailable(_) => (Code::Unavailable, R::DatabaseUnavailable, none()),
        Error::ShuttingDown | Error::StreamRotated => (Code::Unavailable, R::ShuttingDown, none()),
        Error::Overloaded => (Code::Unavailable, R::Overloaded, none()),
        Error::Internal(_) => (Code::Internal, R::Internal, none()),
    }
}

/// What a failed precondition is about.
fn subject(error: &Error) -> String {
    match error {
        Error::ReinviteBlocked { blocking: partnership, .. }
        | Error::IncomingInvitationPending { partnership }
        | Error::InvitationNotPending { partnership, .. }
        | Error::InvitationExpired { partnership, .. }
        | Error::NoAdminRoles { partnership }
        | Error::PartnershipNotActive { partnership, .. }
        | Error::ContactPartner { partnership, .. } => format!("partnerships/{partnership}"),
        Error::PartnershipRequired { account } => format!("accounts/{account}"),
        Error::AgreementVersionStale { current, .. } => format!("agreements/{current}"),
        Error::AccountNotActive { account } => format!("accounts/{account}"),
        Error::UserContact { contact } => format!("contacts/{contact}"),
        Error::AudienceIsDynamic { shared_item } => format!("sharedItems/{shared_item}"),
        Error::MemberRemoved { member } => format!("members/{member}"),
        Error::MailNotRetryable { mail, .. } => format!("mails/{mail}"),
        Error::PositionUnknown { position, .. } => format!("positions/{position}"),
        Error::ResumeTokenDiverged => "resume_token".to_owned(),
        _ => String::new(),
    }
}

fn must_delete_name(who: MustDelete) -> &'static str {
    match who {
        MustDelete::Sender => "SENDER",
        MustDelete::Recipient => "RECIPIENT",
        MustDelete::Both => "BOTH",
    }
}

fn mail_state_name(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "QUEUED",
        MailState::Sending => "SENDING",
        MailState::Sent => "SENT",
        MailState::Failed => "FAILED",
    }
}

fn view_name(view: View) -> &'static str {
    match view {
        View::AwaitingApproval => "AWAITING_APPROVAL",
        View::Pending => "PENDING",
        View::Active => "ACTIVE",
        View::Rejected => "REJECTED",
        View::Expired => "EXPIRED",
    }
}

fn action_names(actions: &[Action]) -> String {
    let name = |action: &Action| match action {
        Action::Accept => "ACCEPT",
        Action::Reject => "REJECT",
        Action::Delete => "DELETE",
        Action::Resend => "RESEND",
        Action::RemoveAdminRoles => "REMOVE_ADMIN_ROLES",
    };
    actions.iter().map(name).collect::<Vec<_>>().join(",")
}
