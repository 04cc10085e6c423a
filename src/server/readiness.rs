//! Whether this replica should be given calls, as health services and `/readyz` tell.

use crate::backend::Backend;
use crate::grpc::auth::Authenticator;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// Says it at the health services that are about readiness alone.
pub(super) async fn say(health: &HealthReporter, status: ServingStatus) {
    for service in ["", "readiness"] {
        health.set_service_status(service, status).await;
    }
}

/// Watches the place in the log, the schema and the keys, and tells when it changes; until `shutdown`.
pub(super) async fn watch(
    backend: Arc<Backend>,
    authenticator: Arc<Authenticator>,
    health: HealthReporter,
    told: Arc<AtomicBool>,
    shutdown: CancellationToken,
) {
    let (hub, most) = (&backend.feed.hub, backend.limits.most_lag);
    let mut restarts = hub.restarts();
    let mut ticks = tokio::time::interval(most / 10);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_ready = authenticator.is_ready();
    loop {
        let is_ready = tokio::select! {
            biased;
            () = shutdown.cancelled() => return,
            // for as long as a tick, so that whoever asks now and then hears of it
            Ok(()) = restarts.changed() => {
                ticks.reset();
                false
            }
            _ = ticks.tick() => hub.lag() <= most,
        };
        let is_ready = is_ready
            && authenticator.is_ready()
            && tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                is_behind = backend.lacks_migrations() => !is_behind,
            };
        if std::mem::replace(&mut was_ready, is_ready) == is_ready {
            continue;
        }
        told.store(is_ready, Ordering::Relaxed);
        let status = if is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
        let lag_s = hub.lag().as_secs();
        tracing::warn!(
            lag_s,
            is_ready,
            "readiness changed with the place in the log, with the schema, or with the keys"
        );
        say(&health, status).await;
    }
}
