//! A collector of spans, by either protocol of OTLP.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::sync::{Arc, Mutex};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tonic::{Request, Response, Status, async_trait};

/// A running one; it ends with its runtime.
#[derive(Clone)]
pub struct Collector {
    /// Where, as `OTEL_EXPORTER_OTLP_ENDPOINT` says it.
    pub endpoint: String,
    got: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    /// One that speaks `grpc` or `http/protobuf`.
    pub async fn start(protocol: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self { endpoint, got: Arc::default() };
        let its = collector.clone();
        if protocol == "grpc" {
            let incoming = futures::stream::unfold(listener, |listener| async move {
                let accepted = listener.accept().await.map(|(stream, _)| stream);
                Some((accepted, listener))
            });
            let serving = tonic::transport::Server::builder()
                .add_service(TraceServiceServer::new(its))
                .serve_with_incoming(Box::pin(incoming));
            tokio::spawn(serving);
        } else {
            let router = Router::new().route("/v1/traces", post(take)).with_state(its);
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        collector
    }

    /// The same by way of TLS, with what it shows: where.
    pub async fn over_tls(&self, mut shown: ServerConfig) -> String {
        shown.alpn_protocols = vec![b"h2".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(shown));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let inside = self.endpoint.trim_start_matches("http://").to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, inside) = (acceptor.clone(), inside.clone());
                tokio::spawn(async move {
                    // whoever does not trust it goes away
                    let Ok(mut outer) = acceptor.accept(stream).await else { return };
                    let mut inner = TcpStream::connect(inside).await.unwrap();
                    let _ = copy_bidirectional(&mut outer, &mut inner).await;
                });
            }
        });
        endpoint
    }

    /// Every span so far, with the name of the service it is of.
    pub fn spans(&self) -> Vec<(String, Span)> {
        let got = self.got.lock().unwrap();
        let resources = got.iter().flat_map(|request| &request.resource_spans);
        let mut spans = Vec::new();
        for of_resource in resources {
            let attributes = &of_resource.resource.as_ref().unwrap().attributes;
            let service = text(attributes, "service.name").unwrap_or_default();
            let its = of_resource.scope_spans.iter().flat_map(|scope| scope.spans.clone());
            spans.extend(its.map(|span| (service.clone(), span)));
        }
        spans
    }

    /// Everything that came, as text.
    pub fn heard(&self) -> String {
        format!("{:?}", self.got.lock().unwrap())
    }
}

/// The text of an attribute.
pub fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        other => panic!("{key} is {other:?}"),
    }
}

async fn take(State(collector): State<Collector>, body: Bytes) -> Vec<u8> {
    let request = ExportTraceServiceRequest::decode(body).expect("spans");
    collector.got.lock().unwrap().push(request);
    ExportTraceServiceResponse::default().encode_to_vec()
}

#[async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.got.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}
