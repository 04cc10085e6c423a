//! Calls as spans, named and labelled by OpenTelemetry's conventions for RPC: the method, how it ended, and nothing of
//! what was said.

use http::HeaderMap;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{Span as _, SpanBuilder, SpanKind, Status, TraceId, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::Code;

pub use opentelemetry_sdk::trace::{SdkTracer as Tracer, Span};

/// A span begins, below the caller's where it names one.
pub fn span(tracer: &Tracer, method: &str, headers: &HeaderMap) -> Span {
    let parent =
        TraceContextPropagator::new().extract_with_context(&Context::new(), &Carried(headers));
    let attributes =
        [KeyValue::new("rpc.system.name", "grpc"), KeyValue::new("rpc.method", method.to_owned())];
    let span = SpanBuilder::from_name(method.to_owned())
        .with_kind(SpanKind::Server)
        .with_attributes(attributes);
    tracer.build_with_context(span, &parent)
}

/// It ends.
pub fn end(span: &mut Span, code: Code, name: &'static str) {
    span.set_attribute(KeyValue::new("rpc.response.status_code", name));
    // by the conventions only what is the server's fault makes its span an error
    if let Code::Unknown
    | Code::DeadlineExceeded
    | Code::Unimplemented
    | Code::Internal
    | Code::Unavailable
    | Code::DataLoss = code
    {
        span.set_attribute(KeyValue::new("error.type", name));
        span.set_status(Status::error(""));
    }
    span.end();
}

/// The trace that a span is part of.
pub fn id_of(span: &Span) -> Option<TraceId> {
    let context = span.span_context();
    context.is_valid().then(|| context.trace_id())
}

/// The trace that a caller says it is part of.
pub fn id_in(headers: &HeaderMap) -> Option<TraceId> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (_version, id) = (parts.next()?, parts.next()?);
    let is_one = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let id = TraceId::from_hex(id).ok().filter(|_| is_one)?;
    (id != TraceId::INVALID).then_some(id)
}

struct Carried<'a>(&'a HeaderMap);

impl Extractor for Carried<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_trace_of_a_caller_is_read_off_its_header_and_nothing_else() {
        let read = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_static(value));
            id_in(&headers).map(|id| id.to_string())
        };
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(
            read("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").as_deref(),
            Some(id)
        );
        for value in [
            "",
            "00",
            "00-x-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-bo@b.example, who wrote this, wrote32-00f067aa0ba902b7-01",
        ] {
            assert_eq!(read(value), None, "{value:?}");
        }
        assert_eq!(id_in(&HeaderMap::new()), None);
    }
}
