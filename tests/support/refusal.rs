//! Refusals, taken apart: code, reason, metadata, fields.

use std::collections::BTreeMap;
use std::time::Duration;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt;

/// What a client can learn from a refused call.
#[derive(Debug)]
pub struct Refusal {
    pub code: Code,
    pub reason: String,
    pub message: String,
    pub metadata: BTreeMap<String, String>,
    /// Fields of a BadRequest.
    pub fields: Vec<String>,
    pub retry_after: Option<Duration>,
    pub request_id: String,
    pub preconditions: usize,
}

impl Refusal {
    /// Reads a status; every one of the service's has these details.
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"));
        assert_eq!(info.domain, "partner.v1");
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            message: status.message().to_owned(),
            metadata: info.metadata.clone().into_iter().collect(),
            fields: details
                .bad_request()
                .map(|bad| {
                    bad.field_violations.iter().map(|violation| violation.field.clone()).collect()
                })
                .unwrap_or_default(),
            retry_after: details.retry_info().and_then(|info| info.retry_delay),
            request_id: details
                .request_info()
                .map(|info| info.request_id.clone())
                .unwrap_or_default(),
            preconditions: details
                .precondition_failure()
                .map_or(0, |failure| failure.violations.len()),
        }
    }
}

/// The refusal of a call that must not have succeeded.
pub fn refused<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> Refusal {
    Refusal::of(&answer.expect_err("the call should have been refused"))
}

/// The reason of a call that must not have succeeded.
pub fn reason<T: std::fmt::Debug>(answer: Result<Response<T>, Status>) -> String {
    refused(answer).reason
}
