//! Connections to the real binary: over TLS by every client there is, and by clients that mean harm.
//!
//! ```text
//!   tls.rs      certificates, TLS and mTLS      frames.rs   HTTP/2 by hand
//!   floods.rs   too much of something           nonsense.rs what breaks the protocol's rules
//!   crowds.rs   too many connections            bell.rs     one that the service makes, to NATS
//! ```
//! What a connection can do to the others is nothing: after each attack the service answers who asks it as before, and has
//! not kept what it was sent.

mod bell;
mod crowds;
mod floods;
mod frames;
mod nonsense;
mod tls;

use super::service::Service;
use super::shell::Folder;
use frames::Attacker;
use std::time::Duration;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const PATIENCE: Duration = Duration::from_secs(60);

/// A service to attack.
struct Stage {
    service: Service,
    /// Gone when dropped, after the service that logs in it.
    _folder: Folder,
}

impl Stage {
    fn new() -> Self {
        Self::with("")
    }

    fn with(flags: &str) -> Self {
        let folder = Folder::new();
        let line = format!("env RUST_LOG=warn cargo run --release -- {flags}");
        let service = Service::start(&folder, line.trim(), None);
        Self { service, _folder: folder }
    }

    async fn attacker(&self) -> Attacker {
        Attacker::connect(&self.service.address).await
    }

    /// It answers somebody else, on a connection of their own and in time.
    async fn answers_others(&self) {
        let asking = async {
            let endpoint = Endpoint::from_shared(format!("http://{}", self.service.address));
            let channel = endpoint.expect("an address").connect().await.expect("a connection");
            let request = HealthCheckRequest { service: "readiness".to_owned() };
            HealthClient::new(channel).check(request).await.expect("an answer")
        };
        tokio::time::timeout(PATIENCE, asking).await.expect("an answer in time");
    }

    /// By how much its memory grows during `attack`, in MiB, once it has served somebody.
    async fn growth(&self, attack: impl Future<Output = ()>) -> f64 {
        self.answers_others().await;
        let before = self.service.memory();
        attack.await;
        self.service.memory() - before
    }
}
