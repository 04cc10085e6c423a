//! What to do about a status: its code decides, and where several things share a code, the published reason.

use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const DOMAIN: &str = "partner.v1";
const TOKEN_REASONS: [&str; 3] =
    ["RESUME_TOKEN_INVALID", "RESUME_TOKEN_EXPIRED", "RESUME_TOKEN_DIVERGED"];
/// Whoever asks for more is taken to be mistaken.
const LONGEST_DELAY: Duration = Duration::from_secs(3_600);

/// What to do about a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on from the last token.
    TryAgain,
    /// The token is of no use any more: begin with a snapshot.
    StartAnew,
    /// Trying again would give the same answer.
    GiveUp,
}

/// What to do about `status`.
#[must_use]
pub fn verdict(status: &Status) -> Verdict {
    let is_of_no_use = |reason: String| TOKEN_REASONS.contains(&reason.as_str());
    if reason(status).is_some_and(is_of_no_use) {
        return Verdict::StartAnew;
    }
    match status.code() {
        Code::PermissionDenied
        | Code::Unauthenticated
        | Code::NotFound
        | Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::Unimplemented => Verdict::GiveUp,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::AlreadyExists
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::OutOfRange
        | Code::Internal
        | Code::Unavailable
        | Code::DataLoss => Verdict::TryAgain,
    }
}

/// The published reason, if the service itself gave one.
#[must_use]
pub fn reason(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

/// How long the service asks to stay away.
#[must_use]
pub fn retry_delay(status: &Status) -> Option<Duration> {
    let delay = status.get_details_retry_info()?.retry_delay?;
    Some(delay.min(LONGEST_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tonic_types::ErrorDetails;

    fn refusal(code: Code, domain: &str, reason: &str) -> Status {
        let details = ErrorDetails::with_error_info(reason, domain, HashMap::new());
        Status::with_error_details(code, "no", details)
    }

    #[test]
    fn a_token_of_no_use_is_told_from_a_mistaken_request_by_its_reason() {
        for (code, reason) in [
            (Code::InvalidArgument, "RESUME_TOKEN_INVALID"),
            (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"),
            (Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED"),
        ] {
            assert_eq!(verdict(&refusal(code, DOMAIN, reason)), Verdict::StartAnew, "{reason}");
            let foreign = verdict(&refusal(code, "proxy.example", reason));
            assert_ne!(foreign, Verdict::StartAnew, "{reason} of somebody else");
        }
        for (code, reason) in [
            (Code::InvalidArgument, "FIELD_INVALID"),
            (Code::FailedPrecondition, "ACCOUNT_NOT_ACTIVE"),
            (Code::PermissionDenied, "MEMBER_NOT_ACTIVE"),
            (Code::Unauthenticated, "CREDENTIALS_INVALID"),
            (Code::NotFound, "RESOURCE_NOT_FOUND"),
        ] {
            assert_eq!(verdict(&refusal(code, DOMAIN, reason)), Verdict::GiveUp, "{reason}");
        }
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        for code in [
            Code::Unavailable,
            Code::ResourceExhausted,
            Code::Internal,
            Code::Unknown,
            Code::Cancelled,
            Code::Aborted,
            Code::DeadlineExceeded,
        ] {
            assert_eq!(verdict(&Status::new(code, "")), Verdict::TryAgain, "{code:?}");
        }
    }

    #[test]
    fn a_delay_is_taken_as_asked_within_reason() {
        let asking = |delay| {
            let details = ErrorDetails::with_retry_info(Some(delay));
            retry_delay(&Status::with_error_details(Code::Unavailable, "no", details))
        };
        assert_eq!(asking(Duration::from_millis(1_500)), Some(Duration::from_millis(1_500)));
        assert_eq!(asking(Duration::from_secs(1 << 40)), Some(LONGEST_DELAY));
        assert_eq!(retry_delay(&Status::unavailable("no")), None);
    }
}
