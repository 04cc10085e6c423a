//! A call from its first header to its end: counted, told to traces, and logged, once each, whatever ends it.
//!
//! A call that its caller leaves is dropped wherever it is: what was not said to have ended otherwise was CANCELLED. A
//! stream is logged when it begins, and counted when it ends.

use super::calls::{Calls, name_of};
use super::trace::{self, Tracer};
use super::transport::CallContext;
use http::HeaderMap;
use opentelemetry::trace::TraceId;
use std::sync::Arc;
use std::time::Instant;
use tonic::Code;
use tonic::service::Routes as Services;

/// The longest path that a log line repeats.
const LONGEST_PATH: usize = 128;

/// Every service, and what is counted and traced of its calls.
#[derive(Clone, Default)]
pub struct Routes {
    pub(super) services: Services,
    calls: Arc<Calls>,
    tracer: Option<Tracer>,
}

impl From<Services> for Routes {
    fn from(services: Services) -> Self {
        Self { services, ..Self::default() }
    }
}

impl Routes {
    /// Services whose calls are counted, and traced where there is a tracer.
    #[must_use]
    pub fn new(services: Services, calls: Arc<Calls>, tracer: Option<Tracer>) -> Self {
        Self { services, calls, tracer }
    }

    /// A call begins.
    pub(super) fn admit(&self, path: &str, headers: &HeaderMap, context: &CallContext) -> Underway {
        let calls = Arc::clone(&self.calls);
        let method = calls.number(path);
        let span =
            self.tracer.as_ref().map(|tracer| trace::span(tracer, calls.name(method), headers));
        let trace = match &span {
            Some(span) => trace::id_of(span),
            None => trace::id_in(headers),
        };
        Underway {
            method,
            unknown: (calls.path(method).is_none() && is_method(path)).then(|| path.into()),
            context: context.clone(),
            began: Instant::now(),
            code: Code::Cancelled,
            trace,
            span,
            is_logged: false,
            calls,
        }
    }
}

/// A call that has not ended.
pub(super) struct Underway {
    calls: Arc<Calls>,
    method: usize,
    /// The path of a method that there is not.
    unknown: Option<Box<str>>,
    context: CallContext,
    began: Instant,
    code: Code,
    trace: Option<TraceId>,
    span: Option<trace::Span>,
    is_logged: bool,
}

impl Underway {
    /// How it ends, as far as is known.
    pub(super) fn ends(&mut self, code: Code) {
        self.code = code;
    }

    /// It does not end with its answer's head; its caller may leave.
    pub(super) fn goes_on(&mut self) {
        self.code = Code::Cancelled;
    }

    /// Writes its log line, if that was not done.
    pub(super) fn log(&mut self, code: Code) {
        if std::mem::replace(&mut self.is_logged, true) {
            return;
        }
        tracing::info!(
            target: "partner_service::call",
            method = self.calls.path(self.method).or(self.unknown.as_deref()).unwrap_or("_OTHER"),
            ?code,
            reason = self.context.reason(),
            caller = self.context.caller(),
            request_id = self.context.request_id(),
            trace_id = self.trace.map(tracing::field::display),
            duration_ms = self.began.elapsed().as_micros() as f64 / 1_000.0,
            "call"
        );
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.calls.count(self.method, self.code, self.began.elapsed());
        if let Some(span) = &mut self.span {
            trace::end(span, self.code, name_of(self.code));
        }
        self.log(self.code);
    }
}

/// Whether it looks like a method's path, whatever there is: log lines repeat no other.
fn is_method(path: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte))
    };
    let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    path.len() <= LONGEST_PATH
        && parts.is_some_and(|(service, method)| is_name(service) && is_name(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_lines_repeat_what_looks_like_a_method_and_nothing_else() {
        for path in ["/partner.v1.PartnerService/InvitePartner", "/a_b/C"] {
            assert!(is_method(path), "{path}");
        }
        let long = format!("/a/{}", "b".repeat(LONGEST_PATH));
        for path in
            ["", "/", "/a", "/a/", "//b", "a/b", "/a/b/c", "/bo@b.example/x", "/a/%20", &long]
        {
            assert!(!is_method(path), "{path}");
        }
    }
}
