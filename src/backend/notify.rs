//! The doorbell between replicas, by PostgreSQL's NOTIFY: outside every mutation, since inside one it takes a lock that
//! all commits share, and at most so often. A bell that is never heard costs one poll.

use crate::feed::Feed;
use sqlx::postgres::{PgListener, PgPool};
use std::sync::Arc;
use tokio::time::Duration;
use uuid::Uuid;

const CHANNEL: &str = "partner_log";
/// At most fifty times a second.
pub(super) const APART: Duration = Duration::from_millis(20);
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Rings for the others and listens to them, for ever.
pub(super) async fn exchange(feed: Arc<Feed>, pool: PgPool) {
    let own = Uuid::now_v7().to_string();
    tokio::select! {
        () = ring(&feed, &pool, &own) => {}
        () = listen(&feed, &pool, &own) => {}
    }
}

async fn ring(feed: &Feed, pool: &PgPool, own: &str) {
    loop {
        feed.bell.to_tell().await;
        let told = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(own).execute(pool);
        if let Err(error) = told.await {
            tracing::debug!(%error, "the doorbell could not be rung; the others poll");
        }
        tokio::time::sleep(APART).await;
    }
}

async fn listen(feed: &Feed, pool: &PgPool, own: &str) {
    loop {
        if let Err(error) = heard(feed, pool, own).await {
            tracing::debug!(%error, "the doorbell cannot be heard; polling");
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

async fn heard(feed: &Feed, pool: &PgPool, own: &str) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // what was rung before was not heard
    feed.bell.told();
    loop {
        if listener.recv().await?.payload() != own {
            feed.bell.told();
        }
    }
}
