//! The composition root: which services there are, which reactions, and in what order things start and stop.

mod banner;
mod metrics;
mod readiness;
mod upkeep;

pub use banner::migrations;

use crate::account::group_commit::{self, Registrations};
use crate::backend::{Backend, Clock, Database, Limits, OpenError, Reaction, SecretKey};
use crate::config::{ConfigError, Doorbell, ServeConfig};
use crate::error::Error;
use crate::grpc::auth::Authenticator;
use crate::grpc::transport::{self, Listening, MAX_REQUEST_BYTES};
use crate::grpc::{
    Accounts, Agreements, Calls, Contacts, Gate, Mails, MemberSync, Partners, Providers, Sharing,
    pb,
};
use crate::keys::{Follower, authenticator, key_in_file};
use crate::mail::worker::Worker;
use crate::telemetry::{Pages, Telemetry, Traces};
use crate::tls::Serving;
use crate::{audit, mail, partnership, provider};
use pb::account_service_server::AccountServiceServer;
use pb::agreement_service_server::AgreementServiceServer;
use pb::contact_service_server::ContactServiceServer;
use pb::mail_service_server::MailServiceServer;
use pb::member_sync_service_server::MemberSyncServiceServer;
use pb::partner_service_server::PartnerServiceServer;
use pb::provider_service_server::ProviderServiceServer;
use pb::sharing_service_server::SharingServiceServer;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// What follows from changes made in other rooms, in the order it runs: mail locks last, and the audit sees the whole change.
pub const REACTIONS: &[Reaction] = &[
    partnership::reactions::react,
    provider::reactions::react,
    mail::reactions::react,
    audit::react,
];

/// For closing connections when open calls took the whole shutdown deadline.
const LEAVE_TAKING: Duration = Duration::from_millis(200);
/// Health services besides those of the API: the whole, and one for each kind of probe.
const PROBES: [&str; 3] = ["", "liveness", "readiness"];

/// Why the service could not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen { address: String, source: std::io::Error },
    #[error(
        "cannot serve metrics on {address}: {source}; choose another address with --metrics-listen, or none with --metrics-listen off"
    )]
    Metrics { address: String, source: std::io::Error },
    #[error("{} cannot be written: {source}; choose another folder with --data-dir", path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error("the log cannot be read: {0}")]
    Log(Error),
    #[error("reflection cannot be built: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

impl ServeError {
    /// Whether it is the command line or the environment that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Database(error) => error.is_usage(),
            other => matches!(other, Self::Config(_)),
        }
    }
}

/// The whole service over one database: what a listener, or a test, serves.
pub struct Service {
    /// What verbs run on.
    pub backend: Arc<Backend>,
    /// Every gRPC service.
    pub routes: Routes,
    /// Where registrations queue for their commit.
    pub registrations: Arc<Registrations>,
    authenticator: Arc<Authenticator>,
    /// Whether it should be given calls, as readiness says too.
    pub is_ready: Arc<AtomicBool>,
    health: HealthReporter,
}

impl Service {
    /// Puts the service together over an open database.
    ///
    /// # Errors
    /// A log that cannot be read; reflection that cannot be built.
    pub async fn assemble(
        backend: Backend,
        authenticator: Authenticator,
    ) -> Result<Self, ServeError> {
        let backend = Arc::new(backend);
        backend.follow().await.map_err(ServeError::Log)?;
        let authenticator = Arc::new(authenticator);
        let gate = Gate::new(Arc::clone(&backend), Arc::clone(&authenticator));
        let (health, health_service) = tonic_health::server::health_reporter();
        let registrations = Arc::new(group_commit::start(&backend));
        let accounts = Accounts { gate: gate.clone(), registrations: Arc::clone(&registrations) };
        let accounts =
            AccountServiceServer::new(accounts).max_decoding_message_size(MAX_REQUEST_BYTES);
        let partners = PartnerServiceServer::new(Partners(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let contacts = ContactServiceServer::new(Contacts(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let agreements = AgreementServiceServer::new(Agreements(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let providers = ProviderServiceServer::new(Providers(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let sharing = SharingServiceServer::new(Sharing(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let mails = MailServiceServer::new(Mails(gate.clone()))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let sync = MemberSyncServiceServer::new(MemberSync(gate))
            .max_decoding_message_size(MAX_REQUEST_BYTES);
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(pb::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                // without these a client that knows only reflection shows error details as base64
                .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        };
        let routes = Routes::new(accounts)
            .add_service(partners)
            .add_service(sync)
            .add_service(contacts)
            .add_service(agreements)
            .add_service(providers)
            .add_service(sharing)
            .add_service(mails)
            .add_service(health_service)
            .add_service(reflection().build_v1()?)
            .add_service(reflection().build_v1alpha()?)
            .prepare();
        let is_ready = Arc::default();
        let service = Self { backend, routes, registrations, authenticator, is_ready, health };
        service.report(ServingStatus::Serving).await;
        if !service.authenticator.is_ready() {
            service.is_ready.store(false, Ordering::Relaxed);
            readiness::say(&service.health, ServingStatus::NotServing).await;
        }
        Ok(service)
    }

    /// Takes the replica out of service while it does not see the log's end (P9), the database lacks a migration or there
    /// are no keys to verify tokens with, and for a moment when it had to go on from another place in the log; until
    /// `shutdown`.
    pub fn readiness(
        &self,
        shutdown: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let (backend, authenticator) = (Arc::clone(&self.backend), Arc::clone(&self.authenticator));
        let is_ready = Arc::clone(&self.is_ready);
        readiness::watch(backend, authenticator, self.health.clone(), is_ready, shutdown)
    }

    async fn report(&self, status: ServingStatus) {
        self.is_ready.store(status == ServingStatus::Serving, Ordering::Relaxed);
        for service in PROBES.into_iter().chain(services()) {
            // a service that is going away is still alive
            if service != "liveness" || status == ServingStatus::Serving {
                self.health.set_service_status(service, status).await;
            }
        }
    }

    /// Lets go of those who watch its health: a stream of theirs would outlast every deadline.
    async fn let_go(&self) {
        let mut health = self.health.clone();
        for service in PROBES.into_iter().chain(services()) {
            health.clear_service_status(service).await;
        }
    }
}

fn services() -> [&'static str; 8] {
    [
        name_of::<AccountServiceServer<Accounts>>(),
        name_of::<PartnerServiceServer<Partners>>(),
        name_of::<MemberSyncServiceServer<MemberSync>>(),
        name_of::<ContactServiceServer<Contacts>>(),
        name_of::<AgreementServiceServer<Agreements>>(),
        name_of::<ProviderServiceServer<Providers>>(),
        name_of::<SharingServiceServer<Sharing>>(),
        name_of::<MailServiceServer<Mails>>(),
    ]
}

fn name_of<S: NamedService>() -> &'static str {
    S::NAME
}

/// Serves until `shutdown`, then finishes open calls within the deadline. The banner goes to standard output.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(
    config: &ServeConfig,
    telemetry: &Telemetry,
    shutdown: CancellationToken,
) -> Result<(), ServeError> {
    config.check()?;
    let (authenticator, follower) = authenticator(config)?;
    let keys = follower.as_ref().map(Follower::keys);
    let following = follower.map(|follower| follower.run(shutdown.clone()));
    let _following = following.map(|following| AbortOnDropHandle::new(tokio::spawn(following)));
    let tls = config.tls.files()?.map(Serving::start).transpose().map_err(ConfigError::Tls)?;
    let post = config.mail.post(&config.data_dir, config.insecure)?;
    std::fs::create_dir_all(&config.data_dir)
        .map_err(|source| ServeError::File { path: config.data_dir.clone(), source })?;
    let metrics = metrics::Listener::bind(config).await?;
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let database = Database::open_with(&url, direct, config.migrate.into()).await?;
    let (key, is_kept) = secret_key(config, &database).await?;
    let about_database =
        format!("{} ({})", database.location(), migrations(database.migrations_applied()));
    let backend = Backend::new(database, Clock::System, limits(config), key, REACTIONS);
    let backend = if is_kept { backend.with_kept_keys() } else { backend };
    let service = Service::assemble(backend, authenticator).await?;
    match config.doorbell()? {
        Doorbell::Notify => service.backend.ring_others(),
        Doorbell::Nats(nats) => service.backend.ring_through(nats),
        Doorbell::Poll => {}
    }

    if let Some(keys) = keys {
        // whoever comes first should not be refused for want of a moment; its timeouts bound it
        tokio::select! {
            () = keys.looked() => {}
            () = shutdown.cancelled() => {}
        }
    }
    let unusable = |source| ServeError::Listen { address: config.listen.to_string(), source };
    let listener = transport::bind(config.listen).map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?.to_string();
    let told = metrics.as_ref().map(|metrics| metrics.tell(&config.data_dir)).transpose()?;
    let listen_file = config.data_dir.join("listen");
    std::fs::write(&listen_file, format!("{address}\n"))
        .map_err(|source| ServeError::File { path: listen_file.clone(), source })?;
    let metrics_at = metrics.as_ref().map(metrics::Listener::address);
    banner::print(config, &address, metrics_at, &about_database, is_kept);
    banner::warn(config);

    let ready = tokio::spawn(service.readiness(shutdown.clone()));
    let sweeper = tokio::spawn(upkeep::run(Arc::clone(&service.backend), shutdown.clone()));
    let keeper = is_kept.then(|| upkeep::keys(Arc::clone(&service.backend), shutdown.clone()));
    let _keeper = keeper.map(|keeper| AbortOnDropHandle::new(tokio::spawn(keeper)));
    let worker = Worker::new(Arc::clone(&service.backend), post);
    let calls = Arc::new(Calls::served());
    let _metrics = metrics.map(|metrics| {
        let (backend, is_ready) = (Arc::clone(&service.backend), Arc::clone(&service.is_ready));
        let (tally, lines) = (worker.tally(), telemetry.lines.clone());
        metrics.serve(Pages::new(backend, Arc::clone(&calls), tally, lines, is_ready))
    });
    let mailer = tokio::spawn(worker.run(shutdown.clone()));
    let stopping = CancellationToken::new();
    let tracer = telemetry.traces.as_ref().map(Traces::tracer);
    if let Some(tls) = &tls {
        tokio::spawn(Arc::clone(tls).keep_up(stopping.clone()));
    }
    let serving = transport::serve(
        Listening { listener, tls, max_connections: config.max_connections as usize },
        transport::Routes::new(service.routes.clone(), calls, tracer),
        stopping.clone(),
        config.shutdown_deadline.0,
    );
    let draining = async {
        shutdown.cancelled().await;
        let _ = ready.await;
        service.report(ServingStatus::NotServing).await;
        if !config.drain_delay.0.is_zero() {
            tracing::info!("shutting down: serving on until load balancers have noticed");
            tokio::time::sleep(config.drain_delay.0).await;
        }
        let began = Instant::now();
        tracing::info!("shutting down: no new calls, open ones may finish");
        stopping.cancel();
        service.let_go().await;
        service.backend.feed.hub.close();
        began
    };
    let ((), began) = tokio::join!(serving, draining);
    // nor does a database that does not answer keep the process beyond its deadline
    let leaving = async {
        if let Some(traces) = &telemetry.traces {
            traces.finish().await;
        }
        let _ = sweeper.await;
        service.registrations.drain().await;
        // with a letter in its hands it may take a while
        let _ = mailer.await;
        service.backend.close().await;
    };
    let deadline = began + config.shutdown_deadline.0 + LEAVE_TAKING;
    if tokio::time::timeout_at(deadline, leaving).await.is_err() {
        tracing::warn!("the shutdown deadline passed; leaving without the database's answer");
    }
    drop(told);
    let _ = std::fs::remove_file(&listen_file);
    tracing::info!("stopped");
    Ok(())
}

fn limits(config: &ServeConfig) -> Limits {
    Limits {
        invitation_expiry: config.invitation_expiry.0,
        invitations_per_day: config.invitations_per_day,
        open_invitations: config.open_invitations,
        event_retention: config.event_retention.0,
        rate_limit: config.rate_limit,
        mails_per_recipient: config.mail.mails_per_recipient,
        ..Limits::default()
    }
}

/// The service's keys, and whether it is the database that keeps them.
async fn secret_key(
    config: &ServeConfig,
    database: &Database,
) -> Result<(SecretKey, bool), ServeError> {
    match key_in_file(config)? {
        Some(key) => Ok((key, false)),
        None => Ok((database.service_key(Clock::System.now()).await?, true)),
    }
}
