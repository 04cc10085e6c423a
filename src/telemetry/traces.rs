//! Spans on their way to a collector, where OpenTelemetry's variables name one; otherwise there are none at all.
//!
//! A thread of the SDK's gathers them, and a task sends them: a collector that does not answer costs what does not fit
//! the queue, and one line in the log.

use crate::dial;
use crate::grpc::trace::Tracer;
use crate::tls::{self, Dialling};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter as Otlp, WithTonicConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;

const NAME: &str = "partner-service";
const NO_ADDRESS: &str =
    "OTEL_EXPORTER_OTLP_ENDPOINT has to be http://host:port or https://host:port";
const NOBODY_TRUSTED: &str = "this machine knows no authority to trust; SSL_CERT_FILE names some";
/// How long a collector has at the end for what is left.
const LAST: Duration = Duration::from_secs(2);

/// What makes spans and sends them.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// As the environment says; nothing where it names no collector, or one that cannot be used.
    #[must_use]
    pub fn from_environment() -> Option<Self> {
        let endpoint =
            first_of(["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"])?;
        let is_off = first_of(["OTEL_SDK_DISABLED"])
            .is_some_and(|off| off.eq_ignore_ascii_case("true"))
            || first_of(["OTEL_TRACES_EXPORTER"]).is_some_and(|which| which == "none");
        if is_off {
            return None;
        }
        let protocol =
            first_of(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]);
        if let Some(protocol) =
            protocol.as_deref().filter(|it| !["grpc", "http/protobuf"].contains(it))
        {
            tracing::warn!(
                protocol,
                "OTEL_EXPORTER_OTLP_PROTOCOL is neither grpc nor http/protobuf, which is used"
            );
        }
        let is_grpc = protocol.as_deref() == Some("grpc");
        let exporter = match exporter(&endpoint, is_grpc) {
            Ok(exporter) => exporter,
            Err(problem) => {
                tracing::warn!(problem, "spans are not sent");
                return None;
            }
        };
        let exporter = Sender {
            exporter: Arc::new(exporter),
            runtime: Handle::current(),
            is_secret: endpoint.contains('@'),
            is_failing: AtomicBool::new(false),
        };
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Some(Self(provider))
    }

    /// What begins spans.
    #[must_use]
    pub fn tracer(&self) -> Tracer {
        self.0.tracer(NAME)
    }

    /// Sends what is left, for a while; spans that end later are lost.
    pub async fn finish(&self) {
        let provider = self.0.clone();
        let finished = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST));
        if !matches!(finished.await, Ok(Ok(()))) {
            tracing::debug!("the last spans could not be sent");
        }
    }
}

/// The first variable that says something.
fn first_of<const N: usize>(names: [&str; N]) -> Option<String> {
    names.into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// The library's, which takes what is not said here from the environment; by gRPC over TLS on a channel of our own.
fn exporter(endpoint: &str, is_grpc: bool) -> Result<Otlp, &'static str> {
    tls::install();
    let builder = Otlp::builder();
    let built = match endpoint.strip_prefix("https://").filter(|_| is_grpc) {
        None => builder.build(),
        Some(address) => {
            let dialling = Dialling::trusting(None, None).map_err(|_| NOBODY_TRUSTED)?;
            // gRPC has no use for a password in an address
            let address = Some(address.trim_end_matches('/')).filter(|it| !it.contains('@'));
            let (endpoint, connector) =
                address.and_then(|address| dial::way(address, dialling)).ok_or(NO_ADDRESS)?;
            let channel = endpoint.connect_with_connector_lazy(connector);
            builder.with_tonic().with_channel(channel).build()
        }
    };
    // the error repeats the address, which may hold a password
    built.map_err(|_| NO_ADDRESS)
}

fn resource() -> Resource {
    let is_named = first_of(["OTEL_SERVICE_NAME"]).is_some()
        || first_of(["OTEL_RESOURCE_ATTRIBUTES"]).is_some_and(|all| all.contains("service.name="));
    let version = opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder().with_attribute(version);
    if is_named { resource } else { resource.with_service_name(NAME) }.build()
}

/// Sends on the runtime, which the SDK's thread is not part of, and tells of trouble once.
struct Sender {
    exporter: Arc<Otlp>,
    runtime: Handle,
    /// The address may hold a password, and errors repeat it.
    is_secret: bool,
    is_failing: AtomicBool,
}

impl Sender {
    fn tell(&self, sent: &OTelSdkResult) {
        let is_failing = sent.is_err();
        if self.is_failing.swap(is_failing, Ordering::Relaxed) == is_failing {
            return;
        }
        match sent {
            Ok(()) => tracing::info!("spans are sent again"),
            Err(error) => {
                let cause = if self.is_secret { String::new() } else { error.to_string() };
                tracing::warn!(
                    cause,
                    "spans cannot be sent to the collector; those that do not fit the queue are lost"
                );
            }
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender(..)")
    }
}

impl SpanExporter for Sender {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let exporter = Arc::clone(&self.exporter);
        let sending = self.runtime.spawn(async move { exporter.export(batch).await });
        let failed =
            |error: tokio::task::JoinError| OTelSdkError::InternalFailure(error.to_string());
        let sent = sending.await.map_err(failed).and_then(|sent| sent);
        self.tell(&sent);
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        if let Some(exporter) = Arc::get_mut(&mut self.exporter) {
            exporter.set_resource(resource);
        }
    }
}
