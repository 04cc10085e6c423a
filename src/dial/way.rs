//! What a channel over TLS is made of.
//!
//! tonic's own TLS is not compiled in: it would bring a second way of reading certificates.

use crate::tls::{Dialling, Stream};
use http::Uri;
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::transport::Endpoint;

/// What port a service has whose address names none.
const HTTPS: u16 = 443;

/// Makes a channel's connections.
#[derive(Clone)]
pub struct Connector {
    dialling: Dialling,
    host: String,
    port: u16,
}

/// The way to `host` or `host:port`; none if it is neither.
#[must_use]
pub fn way(address: &str, dialling: Dialling) -> Option<(Endpoint, Connector)> {
    let origin: Uri = format!("https://{address}").parse().ok()?;
    let (host, port) = (origin.host()?.to_owned(), origin.port_u16().unwrap_or(HTTPS));
    // tonic takes no https:// where TLS is not its own
    let endpoint = Endpoint::from_shared(format!("http://{address}")).ok()?.origin(origin);
    Some((endpoint, Connector { dialling, host, port }))
}

impl tower::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { dialling, host, port } = self.clone();
        Box::pin(async move { dialling.connect(&host, port).await.map(TokioIo::new) })
    }
}
