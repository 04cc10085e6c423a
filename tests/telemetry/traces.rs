//! Spans: one for each call, below its caller's, at whatever collector the environment names.

use crate::collector::{Collector, text};
use crate::process::{Home, Process, until};
use crate::support::certificates::{self_signed, write};
use crate::support::database::TestDatabase;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

const PATIENCE: Duration = Duration::from_secs(20);
/// What is under way when a call begins, as its caller says.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const CHECK: &str = "grpc.health.v1.Health/Check";

/// What has to be kept while a service runs.
type Kept = (TestDatabase, Home);

/// A service with these variables.
async fn service(variables: &[(&str, &str)]) -> (Kept, Process) {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let process = Process::start_in(&home, &[], variables).await.expect("the service starts");
    ((database, home), process)
}

/// Checks the health of `service`, as part of a trace.
async fn check(process: &Process, service: &str) -> Option<Code> {
    let mut request = Request::new(HealthCheckRequest { service: service.to_owned() });
    let parent = format!("00-{TRACE}-{PARENT}-01");
    request.metadata_mut().insert("traceparent", parent.parse().unwrap());
    let checked = HealthClient::new(process.channel()).check(request).await;
    checked.err().map(|status| status.code())
}

async fn spans(collector: &Collector, count: usize) -> Vec<(String, Span)> {
    until("spans come", PATIENCE, || Some(collector.spans()).filter(|it| it.len() >= count)).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_is_a_span_below_its_callers_by_either_protocol() {
    for protocol in ["grpc", "http/protobuf"] {
        let collector = Collector::start(protocol).await;
        let (_kept, process) = service(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ])
        .await;
        assert_eq!(check(&process, "").await, None);
        assert_eq!(check(&process, "nobody").await, Some(Code::NotFound));
        let spans = spans(&collector, 2).await;
        for ((service, span), code) in spans.iter().zip(["OK", "NOT_FOUND"]) {
            assert_eq!((&**service, &*span.name), ("partner-service", CHECK), "{protocol}");
            assert_eq!(span.kind(), SpanKind::Server);
            assert_eq!(
                (hex(&span.trace_id), hex(&span.parent_span_id)),
                (TRACE.into(), PARENT.into())
            );
            assert!(span.end_time_unix_nano > span.start_time_unix_nano);
            let attribute = |key| text(&span.attributes, key);
            assert_eq!(attribute("rpc.system.name").as_deref(), Some("grpc"));
            assert_eq!(attribute("rpc.method").as_deref(), Some(CHECK));
            assert_eq!(attribute("rpc.response.status_code").as_deref(), Some(code));
            // what a caller did wrong is no error of the server's
            assert_eq!(attribute("error.type"), None);
            assert_eq!(span.status.as_ref().map_or(0, |status| status.code), 0);
            assert_eq!((span.events.len(), span.links.len()), (0, 0));
        }
        let line = format!("\"trace_id\":\"{TRACE}\"");
        until("its log line names the trace", PATIENCE, || {
            process.said().contains(&line).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_over_tls_reaches_a_collector_whom_the_machine_trusts_and_no_other() {
    let folder = TempDir::new().unwrap();
    let (config, certificate) = self_signed("localhost");
    let trusted = write(folder.path(), "trusted.pem", &certificate);
    let stranger = write(folder.path(), "stranger.pem", &self_signed("localhost").1);
    for (authorities, is_trusted) in [(trusted, true), (stranger, false)] {
        let collector = Collector::start("grpc").await;
        let endpoint = collector.over_tls(config.clone()).await;
        let (_kept, process) = service(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ("SSL_CERT_FILE", authorities.to_str().unwrap()),
        ])
        .await;
        check(&process, "").await;
        if is_trusted {
            assert_eq!(spans(&collector, 1).await[0].1.name, CHECK);
        } else {
            let warning = "spans cannot be sent to the collector";
            until("that is told", PATIENCE, || process.said().contains(warning).then_some(()))
                .await;
            assert!(collector.spans().is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_trusts_nobody_says_so() {
    let folder = TempDir::new().unwrap();
    let nobody = write(folder.path(), "nobody.pem", "");
    let (_kept, process) = service(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("SSL_CERT_FILE", nobody.to_str().unwrap()),
    ])
    .await;
    let warning = "this machine knows no authority";
    until("that is told", PATIENCE, || process.said().contains(warning).then_some(())).await;
    assert_eq!(check(&process, "").await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_the_service_cannot_do_is_an_error() {
    let collector = Collector::start("grpc").await;
    let (_kept, process) = service(&[
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &collector.endpoint),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
        ("OTEL_SERVICE_NAME", "partners-in-test"),
    ])
    .await;
    let mut client = Grpc::new(process.channel());
    client.ready().await.unwrap();
    let codec: ProstCodec<HealthCheckRequest, HealthCheckRequest> = ProstCodec::default();
    let path = PathAndQuery::from_static("/grpc.health.v1.Health/Zzyzx");
    let request = Request::new(HealthCheckRequest::default());
    let refused: Result<_, Status> = client.unary(request, path, codec).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    let (service, span) = spans(&collector, 1).await.remove(0);
    assert_eq!((&*service, &*span.name), ("partners-in-test", "_OTHER"));
    assert_eq!(text(&span.attributes, "error.type").as_deref(), Some("UNIMPLEMENTED"));
    assert_eq!(span.status.expect("a status").code, 2);
    assert!(span.parent_span_id.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_spans_are_sent_when_the_service_stops() {
    let collector = Collector::start("http/protobuf").await;
    let (_kept, mut process) = service(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
    ])
    .await;
    check(&process, "").await;
    assert!(collector.spans().is_empty(), "sent before their time");
    process.terminate();
    let (status, _) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    assert_eq!(collector.spans().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_environment_does_not_sample_or_turns_off_is_not_sent() {
    for (name, value) in [
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
    ] {
        let collector = Collector::start("http/protobuf").await;
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.endpoint), (name, value)];
        let (_kept, mut process) = service(&variables).await;
        check(&process, "").await;
        process.terminate();
        process.ended(PATIENCE).await;
        assert!(collector.spans().is_empty(), "{name}");
        // the log line names the caller's trace all the same
        assert!(process.said().contains(TRACE), "{}", process.said());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_gone_is_told_once_and_keeps_nobody_waiting() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let endpoint = format!("http://{gone}");
    for protocol in ["grpc", "http/protobuf"] {
        let (_kept, mut process) = service(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "100"),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ])
        .await;
        let warning = "spans cannot be sent to the collector";
        let mut health = HealthClient::new(process.channel());
        for _ in 0..50 {
            let answer = health.check(HealthCheckRequest::default());
            tokio::time::timeout(PATIENCE, answer).await.expect("in time").expect("an answer");
        }
        until("that is told", PATIENCE, || process.said().contains(warning).then_some(())).await;
        for _ in 0..50 {
            health.check(HealthCheckRequest::default()).await.expect("an answer");
        }
        process.terminate();
        let (status, took) = process.ended(PATIENCE).await;
        assert_eq!(status.code(), Some(0), "{}", process.said());
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert_eq!(process.said().matches(warning).count(), 1, "{}", process.said());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_never_answers_keeps_no_service_from_stopping() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let (_kept, mut process) = service(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]).await;
    check(&process, "").await;
    process.terminate();
    let (status, took) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_that_cannot_be_used_is_told_without_its_password() {
    let (_kept, process) = service(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://someone:hush@collector.example:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ])
    .await;
    until("that is told", PATIENCE, || process.said().contains("spans are not sent").then_some(()))
        .await;
    assert_eq!(check(&process, "").await, None);
    assert!(!process.said().contains("hush"), "{}", process.said());
}
