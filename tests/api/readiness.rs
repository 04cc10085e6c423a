//! P9: a replica that does not see the log's end says so, to its streams and to whoever asks whether it is ready.

use crate::support::database::{TestEngine, engine};
use crate::support::roster::connect;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use sea_orm::ConnectionTrait;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;
use tonic_health::pb::health_check_response::ServingStatus::{self, NotServing, Serving};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const MOST_LAG: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(20);

async fn impatient() -> Harness {
    let feed = Sizes { poll: Duration::from_millis(20), ..Sizes::default() };
    let limits = Limits { most_lag: MOST_LAG, feed, ..Limits::default() };
    Harness::with(Options { limits, ..Options::default() }).await
}

struct Health(Streaming<HealthCheckResponse>);

impl Health {
    async fn watched(harness: &Harness, service: &str) -> Self {
        let request = HealthCheckRequest { service: service.to_owned() };
        let watched = HealthClient::new(harness.channel.clone()).watch(request).await.unwrap();
        Self(watched.into_inner())
    }

    async fn becomes(&mut self, wanted: ServingStatus) {
        let saying = async { while self.0.message().await.unwrap().unwrap().status() != wanted {} };
        timeout(PATIENCE, saying).await.expect("the status changes");
    }
}

#[tokio::test]
async fn p9_a_replica_that_does_not_see_the_logs_end_is_not_ready_and_its_heartbeats_tell_the_lag()
{
    let harness = impatient().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let mut watches = Vec::new();
    for service in ["", "readiness"] {
        let mut health = Health::watched(&harness, service).await;
        health.becomes(Serving).await;
        watches.push(health);
    }
    let mut liveness = Health::watched(&harness, "liveness").await;
    liveness.becomes(Serving).await;

    // the tail cannot tell what lies beyond a hole, nor whether that is all
    let db = connect(&harness.database.url).await;
    db.execute_unprepared(
        "INSERT INTO log SELECT position + 2, event_id, account_id, counterpart_account_id, kind, subject_id, \
         last_of_change, payload, at FROM log WHERE position = (SELECT max(position) FROM log)",
    )
    .await
    .unwrap();
    for health in &mut watches {
        health.becomes(NotServing).await;
    }
    assert!(harness.backend.feed.hub.lag() > MOST_LAG);
    let lag = |beat: pb::Heartbeat| Duration::try_from(beat.lag.unwrap()).unwrap();
    while lag(stream.is_quiet_until(0).await) < MOST_LAG {}

    db.execute_unprepared("DELETE FROM log WHERE position = (SELECT max(position) FROM log)")
        .await
        .unwrap();
    for health in &mut watches {
        health.becomes(Serving).await;
    }
    let late = b.hires(&harness, "late").await.position;
    assert_eq!(stream.said(1).await.len(), 1);
    assert!(lag(stream.is_quiet_until(late).await) < MOST_LAG);
    let changed = timeout(Duration::ZERO, liveness.0.message()).await;
    assert!(changed.is_err(), "it was alive all the while");
}

#[tokio::test]
async fn p5_a_replica_whose_history_is_gone_is_not_ready_for_a_moment() {
    let harness = impatient().await;
    harness.organization("ann").await;
    let mut health = Health::watched(&harness, "readiness").await;
    health.becomes(Serving).await;
    let db = connect(&harness.database.url).await;
    let other = match engine() {
        TestEngine::Postgres => "gen_random_uuid()",
        TestEngine::Sqlite => "randomblob(16)",
    };
    let sql = format!(
        "UPDATE log SET event_id = {other} WHERE position = (SELECT max(position) FROM log)"
    );
    db.execute_unprepared(&sql).await.unwrap();
    health.becomes(NotServing).await;
    health.becomes(Serving).await;
}

#[tokio::test]
async fn a_replica_whose_database_lacks_a_migration_is_not_ready_and_one_whose_database_is_ahead_is()
 {
    let harness = impatient().await;
    let mut health = Health::watched(&harness, "readiness").await;
    health.becomes(Serving).await;
    let db = connect(&harness.database.url).await;
    let called = |from: &str, to: &str| {
        format!("UPDATE seaql_migrations SET version = '{to}' WHERE version = '{from}'")
    };
    // probes over HTTP are told the same
    let is_ready = || harness.is_ready.load(Ordering::Relaxed);
    db.execute_unprepared(&called("m0001_create", "gone")).await.unwrap();
    health.becomes(NotServing).await;
    assert!(!is_ready());
    db.execute_unprepared(&called("gone", "m0001_create")).await.unwrap();
    health.becomes(Serving).await;
    assert!(is_ready());
    let ahead = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
    db.execute_unprepared(ahead).await.unwrap();
    let unchanged = timeout(2 * MOST_LAG, health.0.message()).await;
    assert!(unchanged.is_err(), "it was ready all the while");
}
