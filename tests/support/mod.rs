//! What every kind of test stands on: a whole service over a fresh database, reached in memory, with a clock that moves
//! when told to. `TEST_DATABASE` chooses SQLite (the default) or PostgreSQL.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod certificates;
pub mod checker;
pub mod contact_oracle;
pub mod contacts;
pub mod database;
pub mod directory;
pub mod discreet;
pub mod histories;
pub mod issuer;
pub mod letters;
pub mod nats_server;
pub mod postbox;
pub mod provider_oracle;
pub mod providers;
pub mod published;
pub mod refusal;
pub mod restart;
pub mod roster;
pub mod sharing;
pub mod sink;
pub mod stream;
pub mod wire;
pub mod world;

use database::TestDatabase;
use hyper_util::rt::TokioIo;
use partner_service::account::group_commit::Registrations;
use partner_service::backend::{Backend, Clock, Database, Limits, Migrate, Pause, SecretKey};
use partner_service::domain::time::Timestamp;
use partner_service::grpc::auth::Authenticator;
use partner_service::grpc::pb::account_service_client::AccountServiceClient;
use partner_service::grpc::pb::agreement_service_client::AgreementServiceClient;
use partner_service::grpc::pb::contact_service_client::ContactServiceClient;
use partner_service::grpc::pb::mail_service_client::MailServiceClient;
use partner_service::grpc::pb::member_sync_service_client::MemberSyncServiceClient;
use partner_service::grpc::pb::partner_service_client::PartnerServiceClient;
use partner_service::grpc::pb::provider_service_client::ProviderServiceClient;
use partner_service::grpc::pb::sharing_service_client::SharingServiceClient;
use partner_service::grpc::transport::serve_connection;
use partner_service::server::{REACTIONS, Service};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// 2030-01-15 12:00:00 UTC: where every test's clock starts, later than the log itself was opened.
pub const NOON: Timestamp = Timestamp(1_894_708_800_000_000);

/// A service, its clock and its database.
pub struct Harness {
    pub backend: Arc<Backend>,
    pub clock: Clock,
    pub channel: Channel,
    pub routes: Arc<Routes>,
    /// Where registrations queue.
    pub registrations: Arc<Registrations>,
    /// What `/readyz` answers.
    pub is_ready: Arc<AtomicBool>,
    pub database: Arc<TestDatabase>,
    shutdown: CancellationToken,
}

/// What a test may want otherwise.
#[derive(Default)]
pub struct Options {
    pub limits: Limits,
    pub authenticator: Option<Authenticator>,
    pub pause: Option<Arc<dyn Pause>>,
    /// Another replica's database; a fresh one otherwise.
    pub database: Option<Arc<TestDatabase>>,
    pub clock: Option<Clock>,
    /// What the service signs with, if not with its usual key.
    pub key: Option<SecretKey>,
    /// Whether it signs with the keys that the database keeps.
    pub kept_keys: bool,
    /// By what way the database is reached, if not straight.
    pub url: Option<String>,
}

impl Harness {
    /// A service as it comes, over a fresh database.
    pub async fn start() -> Self {
        Self::with(Options::default()).await
    }

    /// A service with other limits, authentication, pauses, or over a database that another one serves.
    pub async fn with(options: Options) -> Self {
        let clock = options.clock.unwrap_or_else(|| Clock::fixed(NOON));
        let database = match options.database {
            Some(database) => database,
            None => Arc::new(TestDatabase::fresh().await),
        };
        let url = options.url.as_ref().unwrap_or(&database.url);
        let pooled = options.url.is_none().then(|| database::pooled(url)).flatten();
        let (url, direct) = pooled.as_ref().map_or((url, None), |pooled| (pooled, Some(&**url)));
        let opened = Database::open_with(url, direct, Migrate::Auto).await;
        let opened = opened.expect("the test database opens");
        let key = match (options.key, options.kept_keys) {
            (Some(key), _) => key,
            (None, true) => opened.service_key(clock.now()).await.expect("a key is made, or read"),
            (None, false) => SecretKey::new(vec![7; 32]).expect("32 bytes are enough"),
        };
        let mut backend = Backend::new(opened, clock.clone(), options.limits, key, REACTIONS);
        if options.kept_keys {
            backend = backend.with_kept_keys();
        }
        if let Some(pause) = options.pause {
            backend = backend.paused_by(pause);
        }
        let authenticator = options.authenticator.unwrap_or(Authenticator::None);
        let service =
            Service::assemble(backend, authenticator).await.expect("the service assembles");
        let shutdown = CancellationToken::new();
        tokio::spawn(service.readiness(shutdown.clone()));
        let routes = Arc::new(published::checked(service.routes));
        let endpoint = Endpoint::from_static("http://in-memory");
        let channel = in_memory(&routes, &shutdown, endpoint).await;
        let (backend, registrations) = (service.backend, service.registrations);
        let is_ready = service.is_ready;
        Self { backend, clock, channel, routes, registrations, is_ready, database, shutdown }
    }

    /// Clients whose calls carry these metadata.
    pub fn caller(&self, metadata: &[(&'static str, String)]) -> Caller {
        Self::over(&self.channel, metadata)
    }

    /// Clients over another connection.
    pub fn over(channel: &Channel, metadata: &[(&'static str, String)]) -> Caller {
        let headers = metadata
            .iter()
            .map(|(name, value)| (*name, value.parse().expect("a header value")))
            .collect::<Vec<(&'static str, MetadataValue<Ascii>)>>();
        let headers = Headers(headers.into());
        Caller {
            accounts: AccountServiceClient::with_interceptor(channel.clone(), headers.clone()),
            agreements: AgreementServiceClient::with_interceptor(channel.clone(), headers.clone()),
            contacts: ContactServiceClient::with_interceptor(channel.clone(), headers.clone()),
            mails: MailServiceClient::with_interceptor(channel.clone(), headers.clone()),
            partners: PartnerServiceClient::with_interceptor(channel.clone(), headers.clone()),
            providers: ProviderServiceClient::with_interceptor(channel.clone(), headers.clone()),
            sharing: SharingServiceClient::with_interceptor(channel.clone(), headers.clone()),
            sync: MemberSyncServiceClient::with_interceptor(channel.clone(), headers),
        }
    }

    /// A connection of which each call may have this many bytes under way: a reader that stops is felt at once.
    pub async fn narrow(&self, window: u32) -> Channel {
        let endpoint = Endpoint::from_static("http://in-memory").initial_stream_window_size(window);
        in_memory(&self.routes, &self.shutdown, endpoint).await
    }

    /// The operator, under `--auth none`.
    pub fn operator(&self) -> Caller {
        self.caller(&[])
    }

    /// A member, under `--auth none`.
    pub fn member(&self, id: &str) -> Caller {
        self.caller(&[("x-member-id", id.to_owned())])
    }
}

/// Clients of every service, as one caller.
#[derive(Clone)]
pub struct Caller {
    pub accounts: AccountServiceClient<InterceptedService<Channel, Headers>>,
    pub agreements: AgreementServiceClient<InterceptedService<Channel, Headers>>,
    pub contacts: ContactServiceClient<InterceptedService<Channel, Headers>>,
    pub mails: MailServiceClient<InterceptedService<Channel, Headers>>,
    pub partners: PartnerServiceClient<InterceptedService<Channel, Headers>>,
    pub providers: ProviderServiceClient<InterceptedService<Channel, Headers>>,
    pub sharing: SharingServiceClient<InterceptedService<Channel, Headers>>,
    pub sync: MemberSyncServiceClient<InterceptedService<Channel, Headers>>,
}

/// Metadata that every call of a caller carries.
#[derive(Clone)]
pub struct Headers(Arc<[(&'static str, MetadataValue<Ascii>)]>);

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in self.0.iter() {
            request.metadata_mut().insert(*name, value.clone());
        }
        Ok(request)
    }
}

async fn in_memory(
    routes: &Arc<Routes>,
    shutdown: &CancellationToken,
    endpoint: Endpoint,
) -> Channel {
    // clients outlive a service that was stopped: they must not keep it
    let (routes, shutdown) = (Arc::downgrade(routes), shutdown.clone());
    let connector = tower::service_fn(move |_: http::Uri| {
        let (routes, shutdown) = (routes.upgrade(), shutdown.clone());
        async move {
            let routes = routes.ok_or_else(|| std::io::Error::other("the service was stopped"))?;
            let (client, server) = tokio::io::duplex(64 * 1024);
            tokio::spawn(serve_connection(server, Routes::clone(&routes), shutdown));
            Ok::<_, std::io::Error>(TokioIo::new(client))
        }
    });
    endpoint.connect_with_connector(connector).await.expect("an in-memory connection")
}
