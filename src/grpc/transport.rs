//! Connections, and what surrounds every call on them: its id, its deadline, a caught panic, one log line.
//!
//! ```text
//!   accept.rs     the accept loop, TLS or not      door.rs   how many connections, and which give way
//!   greeting.rs   what a connection says first     seldom.rs lines that a caller can provoke
//!   arriving.rs   requests on their way            gather.rs what leaves together
//! ```
//! An accept loop of our own: tonic's answers a passed deadline with CANCELLED and waits for open connections for ever.
//! A status without details is tonic's own (a message too large, or malformed), and gets its published reason here.

mod accept;
mod arriving;
mod door;
mod gather;
mod greeting;
mod seldom;

pub use accept::{Listening, bind, serve, serve_connection};

use super::pieces;
pub use super::underway::Routes;
use crate::caller::Caller;
use crate::error::Error;
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use hyper::body::Incoming;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::ServiceExt;
use uuid::Uuid;

/// The largest request, in bytes.
pub const MAX_REQUEST_BYTES: usize = 256 * 1024;
/// Metadata in which a caller may name its call, and in which the answer names it.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The network address that a call came from, where it came over a network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) IpAddr);

/// What is known of one call, shared between its handler and its log line.
#[derive(Clone, Debug)]
pub struct CallContext(Arc<Noted>);

#[derive(Debug)]
struct Noted {
    request_id: String,
    caller: OnceLock<&'static str>,
    reason: OnceLock<&'static str>,
}

impl CallContext {
    fn new(headers: &HeaderMap) -> Self {
        let named = headers.get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        let named = named.filter(|id| {
            (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let request_id = named.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
        Self(Arc::new(Noted { request_id, caller: OnceLock::new(), reason: OnceLock::new() }))
    }

    /// The context of the call these extensions came with.
    pub(super) fn of(extensions: &http::Extensions) -> Self {
        extensions.get().cloned().unwrap_or_else(|| Self::new(&HeaderMap::new()))
    }

    /// The id that names the call in the service's logs.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.0.request_id
    }

    pub(super) fn note_caller(&self, caller: &Caller) {
        let _ = self.0.caller.set(match caller {
            Caller::Member(_) => "member",
            Caller::Operator(_) => "operator",
            Caller::OperatorFor(..) => "operator_for_member",
        });
    }

    /// What kind of caller it is.
    pub(super) fn caller(&self) -> &'static str {
        self.0.caller.get().copied().unwrap_or("none")
    }

    /// Why it was refused; empty where it was not.
    pub(super) fn reason(&self) -> &'static str {
        self.0.reason.get().copied().unwrap_or_default()
    }

    pub(super) fn note_reason(&self, reason: &'static str) {
        let _ = self.0.reason.set(reason);
    }
}

async fn call(routes: Routes, mut request: Request<Incoming>) -> Response<Body> {
    let context = CallContext::new(request.headers());
    let mut underway = routes.admit(request.uri().path(), request.headers(), &context);
    // ours alone: tonic would answer CANCELLED
    let timeout = request.headers_mut().remove("grpc-timeout").as_ref().and_then(parse_timeout);
    let mut request = arriving::bounded(request, &context);
    request.extensions_mut().insert(context.clone());
    let handled = AssertUnwindSafe(routes.services.oneshot(request)).catch_unwind();
    let handled = match timeout {
        Some(timeout) => tokio::time::timeout(timeout, handled).await.map_err(|_| Error::Deadline),
        None => Ok(handled.await),
    };
    let response = match handled {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(never))) => match never {},
        Ok(Err(_panic)) => context.refuse(&Error::internal("a call panicked")).into_http(),
        Err(error) => context.refuse(&error).into_http(),
    };
    let mut response = explain(response, &context);
    if let Ok(id) = HeaderValue::from_str(context.request_id()) {
        response.headers_mut().insert(REQUEST_ID_HEADER, id);
    }
    let code = code_of(response.headers()).unwrap_or(Code::Ok);
    underway.log(code);
    underway.ends(code);
    pieces::placed(response, underway)
}

/// Gives tonic's own refusals the published reason and details.
fn explain(response: Response<Body>, context: &CallContext) -> Response<Body> {
    let headers = response.headers();
    let Some(code) = code_of(headers).filter(|_| !headers.contains_key("grpc-status-details-bin"))
    else {
        return response;
    };
    let error = match code {
        Code::OutOfRange => Error::MessageTooLarge { limit_bytes: MAX_REQUEST_BYTES },
        Code::Internal => Error::MessageMalformed,
        Code::NotFound => Error::NotFound { resource: "service", id: String::new() },
        _ => return response,
    };
    context.refuse(&error).into_http()
}

/// The status of a call that was refused before it answered anything.
fn code_of(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|code| Code::from_bytes(code.as_bytes()))
}

/// `grpc-timeout`: at most eight digits and a unit.
fn parse_timeout(value: &HeaderValue) -> Option<Duration> {
    let text = value.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3_600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_in_every_unit_of_the_protocol() {
        let parse = |text: &'static str| parse_timeout(&HeaderValue::from_static(text));
        assert_eq!(parse("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("4S"), Some(Duration::from_secs(4)));
        assert_eq!(parse("5m"), Some(Duration::from_millis(5)));
        assert_eq!(parse("6u"), Some(Duration::from_micros(6)));
        assert_eq!(parse("7n"), Some(Duration::from_nanos(7)));
        for wrong in ["", "S", "123456789S", "-1S", "1x", "1"] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
