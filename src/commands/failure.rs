//! What failed, as the process tells it: a line for people, or with `-o json` an object, on standard error.

use super::{copy, health, key};
use crate::backend::OpenError;
use crate::client::verdict::reason;
use crate::config::{ConfigError, Output, ReadError};
use crate::demo::DemoError;
use crate::server::ServeError;
use crate::watch::WatchError;
use serde_json::json;
use std::error::Error;

const FAILED: u8 = 1;
/// What clap exits with too.
const USAGE: u8 = 2;

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// The published reason, where the service refused a call.
    pub reason: Option<String>,
    /// What happened, and what to do about it.
    pub message: String,
}

impl Failure {
    /// Failed, as `error` says; `is_usage` is whether it is the command line, the environment or a file of settings that has
    /// to be put right.
    #[must_use]
    pub fn new(is_usage: bool, error: &dyn Error) -> Self {
        let code = if is_usage { USAGE } else { FAILED };
        Self { code, reason: None, message: error.to_string() }
    }

    /// The line or the object, with its end.
    #[must_use]
    pub fn told(&self, output: Output) -> String {
        let Self { code, reason, message } = self;
        match output {
            Output::Text => format!("partner-service: {message}\n"),
            Output::Json => {
                let mut error = json!({"exitCode": code, "message": message});
                if let Some(reason) = reason {
                    error["reason"] = json!(reason);
                }
                format!("{}\n", json!({ "error": error }))
            }
        }
    }

    /// A kind of letter without a sample.
    pub(super) fn no_letter() -> Self {
        Self { code: FAILED, reason: None, message: "no such letter".to_owned() }
    }

    fn refused(self, status: Option<&tonic::Status>) -> Self {
        Self { reason: status.and_then(reason), ..self }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(true, &error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(true, &error)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(error.is_usage(), &error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::new(error.is_usage(), &error)
    }
}

impl From<copy::CopyError> for Failure {
    fn from(error: copy::CopyError) -> Self {
        Self::new(error.is_usage(), &error)
    }
}

impl From<key::KeyError> for Failure {
    fn from(error: key::KeyError) -> Self {
        Self::new(error.is_usage(), &error)
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(error.is_usage(), &error).refused(error.status())
    }
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        Self::new(error.is_usage(), &error).refused(error.status())
    }
}

impl From<health::HealthError> for Failure {
    fn from(error: health::HealthError) -> Self {
        Self::new(error.is_usage(), &error).refused(error.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::GaveUp;
    use std::collections::HashMap;
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, StatusExt};

    #[test]
    fn a_failure_is_a_line_or_an_object() {
        let plain = Failure { code: 1, reason: None, message: "it \"broke\"".to_owned() };
        assert_eq!(plain.told(Output::Text), "partner-service: it \"broke\"\n");
        let json = "{\"error\":{\"exitCode\":1,\"message\":\"it \\\"broke\\\"\"}}\n";
        assert_eq!(plain.told(Output::Json), json);
    }

    #[test]
    fn a_refusal_of_the_services_keeps_its_published_reason() {
        let details =
            ErrorDetails::with_error_info("ACCOUNT_NOT_ACTIVE", "partner.v1", HashMap::new());
        let status = || Status::with_error_details(Code::FailedPrecondition, "no", details.clone());
        let watch = Failure::from(WatchError::from(GaveUp(status())));
        let demo = Failure::from(DemoError::from(status()));
        for failure in [watch, demo] {
            assert_eq!(failure.reason.as_deref(), Some("ACCOUNT_NOT_ACTIVE"), "{failure:?}");
            assert!(failure.told(Output::Json).contains("\"reason\":\"ACCOUNT_NOT_ACTIVE\""));
        }
    }
}
