//! What may stand between a client and the service: it passes calls on, and answers UNAVAILABLE for some.

use http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};
use tower::{Service, ServiceExt};

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on, and so is the answer.
    Passes,
    /// It does not reach the service.
    IsRefused,
    /// It reaches the service; the answer is lost.
    LosesItsAnswer,
}

/// One attempt of a call, as it arrived.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The method's own name.
    pub method: String,
    /// How many attempts of this call the client's library says it made before.
    pub previous: u32,
    pub at: Instant,
}

/// Listens as long as the runtime lives.
pub struct Gateway {
    pub address: String,
    shared: Arc<Shared>,
}

struct Shared {
    service: Channel,
    /// What becomes of the first calls of a method; the later ones pass.
    fates: Mutex<HashMap<String, Vec<Fate>>>,
    /// What becomes of every call that has no fate of its own.
    otherwise: Fate,
    retry_delay: Duration,
    attempts: Mutex<Vec<Attempt>>,
}

impl Gateway {
    /// In front of the service at `address`: `fates` befall the first calls of the methods named, the others pass. With
    /// UNAVAILABLE it asks to stay away for `retry_delay`.
    pub async fn before(address: &str, fates: &[(&str, &[Fate])], retry_delay: Duration) -> Self {
        Self::start(address, fates, Fate::Passes, retry_delay, 0).await
    }

    /// In front of the service at `address`, and of no use at first: it hangs up on the first `dropped` connections.
    pub async fn late(address: &str, dropped: usize) -> Self {
        Self::start(address, &[], Fate::Passes, Duration::ZERO, dropped).await
    }

    /// There is nothing behind it.
    pub async fn alone() -> Self {
        Self::start("127.0.0.1:1", &[], Fate::IsRefused, Duration::from_millis(200), 0).await
    }

    async fn start(
        address: &str,
        fates: &[(&str, &[Fate])],
        otherwise: Fate,
        retry_delay: Duration,
        dropped: usize,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let own = listener.local_addr().expect("an address").to_string();
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        let fates = fates.iter().map(|(method, fates)| ((*method).to_owned(), fates.to_vec()));
        let shared = Arc::new(Shared {
            service: endpoint.connect_lazy(),
            fates: Mutex::new(fates.collect()),
            otherwise,
            retry_delay,
            attempts: Mutex::default(),
        });
        tokio::spawn(accept(listener, Arc::clone(&shared), dropped));
        Self { address: own, shared }
    }

    /// The attempts of a method, in the order of arrival.
    pub fn attempts(&self, method: &str) -> Vec<Attempt> {
        let attempts = self.shared.attempts.lock().expect("nobody panics holding it");
        attempts.iter().filter(|attempt| attempt.method == method).cloned().collect()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, dropped: usize) {
    for _ in 0..dropped {
        let _ = listener.accept().await;
    }
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared)));
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(move |request| answer(request, Arc::clone(&shared)));
    // a client that hangs up is no failure of ours
    let _ = http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), answer)
        .await;
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Body>, Infallible> {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let fate = shared.fate(&method);
    shared.attempts.lock().expect("nobody panics holding it").push(Attempt {
        method,
        previous: previous(request.headers()),
        at: Instant::now(),
    });
    if fate == Fate::IsRefused {
        return Ok(shared.unavailable());
    }
    let mut service = shared.service.clone();
    let answer = match service.ready().await {
        Ok(service) => service.call(request.map(Body::new)).await,
        Err(error) => Err(error),
    };
    Ok(match (answer, fate) {
        (Ok(answer), Fate::Passes) => answer,
        _ => shared.unavailable(),
    })
}

impl Shared {
    fn fate(&self, method: &str) -> Fate {
        let mut fates = self.fates.lock().expect("nobody panics holding it");
        let next = fates.get_mut(method).filter(|fates| !fates.is_empty());
        next.map_or(self.otherwise, |fates| fates.remove(0))
    }

    fn unavailable(&self) -> Response<Body> {
        let mut details = ErrorDetails::with_error_info("OVERLOADED", "partner.v1", HashMap::new());
        details.set_request_info("gateway", "");
        details.set_retry_info(Some(self.retry_delay));
        let message = "The service is overloaded; try again later.";
        Status::with_error_details(Code::Unavailable, message, details).into_http()
    }
}

fn previous(headers: &HeaderMap) -> u32 {
    let header = headers.get("grpc-previous-rpc-attempts");
    header.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}
