//! The pages over HTTP: `/metrics` for Prometheus, `/healthz` and `/readyz` for probes that speak no gRPC.
//!
//! Whoever reaches the port may read them: they hold nothing that concerns anybody.

use super::Pages;
use crate::meter::TYPE;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Who says nothing for longer is not waited for.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Out of file descriptors, most likely: others get time to close some.
const BREATH: Duration = Duration::from_millis(50);

/// Serves pages for as long as it is polled.
pub async fn serve(listener: TcpListener, pages: Arc<Pages>) {
    let service = TowerToHyperService::new(router(pages));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
        let connection = http.serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(async move {
            // a scraper that leaves is no event
            let _ = connection.await;
        });
    }
}

fn router(pages: Arc<Pages>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(pages)
}

async fn metrics(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TYPE)], pages.metrics().await)
}

async fn ready(State(pages): State<Arc<Pages>>) -> impl IntoResponse {
    match pages.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
