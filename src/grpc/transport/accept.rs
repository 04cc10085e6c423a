//! The accept loop: connections from their first byte to their last.
//!
//! ```text
//!   accept -> a place (door.rs) -> TLS handshake, 5 s -> preface (greeting.rs), 5 s -> HTTP/2, kept alive by PING
//! ```
//! Each connection is a task of its own, so that one that says nothing keeps nobody waiting. Without TLS nothing is kept
//! for it.

use super::arriving::UnderWay;
use super::door::{Door, Place};
use super::gather::gathered;
use super::greeting::Greeted;
use super::seldom::Seldom;
use super::{Peer, Routes, call};
use crate::tls::{Accepted, Serving};
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::future::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const MAX_HEADER_BYTES: u32 = 8 * 1024;
const MAX_STREAMS_PER_CONNECTION: u32 = 1_000;
/// Of one stream; it leaves in one write (gather.rs).
const SEND_BUFFER_BYTES: usize = 64 * 1024;
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// For the TLS handshake, and for the preface after it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Out of file descriptors, most likely: others get time to close some.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many may wait to be accepted, as far as the system lets them (mostly 4,096): a replica that is there again is called by
/// everybody at once.
const WAITING: u32 = 65_535;

/// Takes an address.
///
/// # Errors
/// The system's: it is taken, or none of this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // or it would be taken for a while after whoever had it has ended
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Where connections come from, and what is asked of them.
pub struct Listening {
    pub listener: TcpListener,
    /// What they are encrypted with, if they are.
    pub tls: Option<Arc<Serving>>,
    /// How many may be open at once.
    pub max_connections: usize,
}

/// Serves connections until `shutdown`, then lets calls finish for at most `deadline`.
pub async fn serve(
    Listening { listener, tls, max_connections }: Listening,
    routes: Routes,
    shutdown: CancellationToken,
    deadline: Duration,
) {
    let connections = TaskTracker::new();
    let (door, cut) = (Door::new(max_connections), CancellationToken::new());
    let (refused, failed) = (Seldom::default(), Seldom::default());
    let broken = Arc::new(Seldom::default());
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, Some(Peer(peer.ip().to_canonical()))),
            Err(error) => {
                if let Some(count) = failed.count() {
                    tracing::warn!(%error, count, "connections could not be accepted");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some((place, gives_way)) = door.enter() else {
            if let Some(count) = refused.count() {
                tracing::warn!(
                    count,
                    max_connections,
                    "connections were closed as they came: so many are open already"
                );
            }
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (routes, shutdown, cut) = (routes.clone(), shutdown.clone(), cut.clone());
        // two kinds of tasks: the room of a TLS session would be kept in every one. Boxed: so would that of a handshake
        match tls.clone() {
            None => {
                let heard = first(greeting(stream), gives_way, shutdown.clone());
                let serving = serve_one(Box::pin(heard), place, peer, routes, shutdown);
                connections.spawn(serving.with_cancellation_token_owned(cut));
            }
            Some(tls) => {
                let heard = handshake(tls, stream, Arc::clone(&broken));
                let heard = first(heard, gives_way, shutdown.clone());
                let serving = serve_one(Box::pin(heard), place, peer, routes, shutdown);
                connections.spawn(serving.with_cancellation_token_owned(cut));
            }
        }
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(deadline, connections.wait()).await.is_err() {
        tracing::warn!(
            open = connections.len(),
            "the shutdown deadline passed; dropping open connections"
        );
        cut.cancel();
    }
}

/// What was heard, unless the connection has to give way, or the service stops.
async fn first<IO>(
    heard: impl Future<Output = io::Result<IO>>,
    gives_way: CancellationToken,
    shutdown: CancellationToken,
) -> Option<IO> {
    let heard = tokio::select! {
        heard = heard => heard,
        () = gives_way.cancelled() => Err(io::Error::other("it was silent, and others came")),
        () = shutdown.cancelled() => return None,
    };
    // probes of load balancers end here too
    heard.inspect_err(|error| tracing::debug!(%error, "a connection said nothing to serve")).ok()
}

async fn greeting<IO: AsyncRead + Unpin>(io: IO) -> io::Result<Greeted<IO>> {
    tokio::time::timeout(PATIENCE, Greeted::hear(io)).await?
}

async fn handshake(
    tls: Arc<Serving>,
    stream: TcpStream,
    broken: Arc<Seldom>,
) -> io::Result<Greeted<Accepted>> {
    let shaken = tokio::time::timeout(PATIENCE, tls.accept(stream)).await?;
    let io = shaken.inspect_err(|error| {
        let is_gone = error.kind() == io::ErrorKind::UnexpectedEof;
        if let Some(count) = (!is_gone).then(|| broken.count()).flatten() {
            tracing::info!(%error, count, "TLS handshakes failed");
        }
    })?;
    greeting(io).await
}

async fn serve_one<IO>(
    heard: Pin<Box<impl Future<Output = Option<Greeted<IO>>>>>,
    place: Place,
    peer: Option<Peer>,
    routes: Routes,
    shutdown: CancellationToken,
) where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some(io) = heard.await else { return };
    place.speaks();
    serve_peer(io, peer, routes, shutdown).await;
}

/// Serves one connection, over TCP or in memory; on `shutdown` it says GOAWAY and ends with its last call.
pub async fn serve_connection<IO>(io: IO, routes: impl Into<Routes>, shutdown: CancellationToken)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve_peer(io, None, routes.into(), shutdown).await;
}

async fn serve_peer<IO>(io: IO, peer: Option<Peer>, routes: Routes, shutdown: CancellationToken)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let under_way = UnderWay::default();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let routes = routes.clone();
        request.extensions_mut().insert(under_way.clone());
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        // boxed: hyper keeps the room of this future as long as the answer's body lasts, and streams last
        async move { Ok::<_, Infallible>(Box::pin(call(routes, request)).await) }
    });
    let mut http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS_PER_CONNECTION)
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT);
    let (io, turns) = gathered(io);
    let mut connection = pin!(http.serve_connection(TokioIo::new(io), service));
    let serving = pin!(async {
        tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    });
    let ended = turns.of(serving).await;
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

#[cfg(test)]
mod tests;
