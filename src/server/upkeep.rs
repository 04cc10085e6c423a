//! What is done now and then whoever asks for nothing: time that is up, and rows that nobody needs any more.

use crate::backend::{Backend, REREADING};
use crate::mail;
use crate::partnership::sweep;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const INTERVAL: Duration = Duration::from_secs(60);

/// Does it until `shutdown`; replicas that do it at once do each thing once.
pub(super) async fn run(backend: Arc<Backend>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        match sweep::expire_overdue(&backend).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "overdue invitations expired"),
            Err(error) => {
                tracing::warn!(%error, "overdue invitations could not be swept; trying again later");
            }
        }
        match sweep::settle_roles(&backend).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "administrator roles warned of, extended or over"),
            Err(error) => {
                tracing::warn!(%error, "administrator roles could not be swept; trying again later");
            }
        }
        if let Err(error) = backend.trim_log().await {
            tracing::warn!(%error, "old events could not be deleted; trying again later");
        }
        if let Err(error) = mail::store::forget_old(&backend).await {
            tracing::warn!(%error, "old letters could not be forgotten; trying again later");
        }
        if let Err(error) = backend.forget_old_requests().await {
            tracing::warn!(%error, "old request ids could not be forgotten; trying again later");
        }
    }
}

/// Follows the keys that the database keeps, until `shutdown`.
pub(super) async fn keys(backend: Arc<Backend>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(REREADING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_silent = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        match backend.reread_keys().await {
            Ok(true) => tracing::info!("the secret keys kept in the database are others now"),
            Ok(false) => {}
            // told once, not every few seconds
            Err(error) if !is_silent => {
                is_silent = true;
                tracing::warn!(%error, "the secret keys could not be read; trying again");
                continue;
            }
            Err(_) => continue,
        }
        is_silent = false;
    }
}
