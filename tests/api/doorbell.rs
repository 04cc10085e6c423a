//! What wakes a replica when another one commits. The tails here look by themselves once an hour only, so that nothing
//! but a bell can be what woke them.

use crate::support::database::{TestEngine, engine};
use crate::support::nats_server::{Liar, NatsServer};
use crate::support::roster::connect;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use futures::FutureExt;
use partner_service::backend::{Limits, Nats};
use partner_service::feed::Sizes;
use partner_service::grpc::pb;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const NEVER: Duration = Duration::from_secs(3_600);
const SOON: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for a bell to arrive, were there one.
const A_MOMENT: Duration = Duration::from_millis(300);

fn looking_every(poll: Duration) -> Limits {
    Limits { feed: Sizes { poll, ..Sizes::default() }, ..Limits::default() }
}

/// Two replicas on one database, and an organisation.
async fn replicas(poll: Duration) -> (Harness, Harness, Organization) {
    let limits = looking_every(poll);
    let one = Harness::with(Options { limits, ..Options::default() }).await;
    let database = Some(Arc::clone(&one.database));
    let other = Harness::with(Options { limits, database, ..Options::default() }).await;
    let ann = one.organization("ann").await;
    (one, other, ann)
}

async fn reaches(harness: &Harness, position: i64) {
    let reached = timeout(PATIENCE, harness.backend.feed.hub.reach(position)).await;
    reached.expect("the replica hears of the commit");
}

async fn hears_nothing_of(harness: &Harness, position: i64) {
    let reached = timeout(A_MOMENT, harness.backend.feed.hub.reach(position)).await;
    assert!(reached.is_err(), "the replica looked by itself: these tests prove nothing");
}

fn postgres() -> bool {
    let is_postgres = engine() == TestEngine::Postgres;
    if !is_postgres {
        println!("two replicas: PostgreSQL only");
    }
    is_postgres
}

#[tokio::test]
async fn notify_wakes_the_other_replica_and_without_it_nothing_does() {
    if !postgres() {
        return;
    }
    let (one, other, ann) = replicas(NEVER).await;
    let unheard = ann.hires(&one, "unheard").await.position;
    reaches(&one, unheard).await;
    hears_nothing_of(&other, unheard).await;

    one.backend.ring_others();
    other.backend.ring_others();
    // who begins to listen looks, since it may have missed a bell
    reaches(&other, unheard).await;
    listening(&one, 2).await;
    let heard = ann.hires(&one, "heard").await.position;
    reaches(&other, heard).await;
    let back = ann.hires(&other, "back").await.position;
    reaches(&one, back).await;
}

/// Until so many sessions listen.
async fn listening(harness: &Harness, count: i64) {
    let db = connect(&harness.database.url).await;
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle' \
               AND query LIKE 'LISTEN%'";
    let asking = async {
        loop {
            let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await;
            let found: i64 = row.unwrap().unwrap().try_get_by_index(0).unwrap();
            if found == count {
                break;
            }
        }
    };
    timeout(PATIENCE, asking).await.expect("both replicas listen");
}

#[tokio::test]
async fn without_a_doorbell_a_replica_looks_by_itself() {
    if !postgres() {
        return;
    }
    let (one, other, ann) = replicas(SOON).await;
    let position = ann.hires(&one, "one").await.position;
    reaches(&other, position).await;
}

#[tokio::test]
async fn what_was_rolled_back_rings_nothing() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let rung = || harness.backend.feed.bell.to_tell().now_or_never().is_some();
    assert!(rung(), "what was committed rings");
    ann.invites(&ann.email()).await.expect_err("refused");
    let member = pb::Member { email: "one@ann.example".into(), ..Default::default() };
    let request = pb::RegisterMemberRequest {
        account_id: ann.id.clone(),
        member: Some(pb::Member { profile: pb::MemberProfile::Observer.into(), ..member }),
        validate_only: true,
        ..Default::default()
    };
    harness.operator().accounts.register_member(request).await.expect("it would be registered");
    assert!(!rung(), "nothing was committed");
    ann.hires(&harness, "one").await;
    assert!(rung());
}

#[tokio::test]
async fn nats_wakes_the_other_replica_and_again_once_it_is_back() {
    if !postgres() {
        return;
    }
    let (one, other, ann) = replicas(NEVER).await;
    let server = NatsServer::start(None).await;
    for harness in [&one, &other] {
        harness.backend.ring_through(Nats::parse(&server.url()).unwrap());
    }
    server.heard_by(2).await;
    let heard = ann.hires(&one, "heard").await.position;
    reaches(&other, heard).await;

    let port = server.stop();
    let unheard = ann.hires(&one, "unheard").await.position;
    reaches(&one, unheard).await;
    hears_nothing_of(&other, unheard).await;

    let server = NatsServer::start(Some(port)).await;
    // who is connected again looks, since it may have missed a bell
    reaches(&other, unheard).await;
    server.heard_by(2).await;
    let again = ann.hires(&one, "again").await.position;
    reaches(&other, again).await;
}

#[tokio::test]
async fn replicas_of_different_logs_do_not_hear_each_other() {
    if !postgres() {
        return;
    }
    let (one, _, ann) = replicas(NEVER).await;
    let (stranger, _, _) = replicas(NEVER).await;
    let server = NatsServer::start(None).await;
    for harness in [&one, &stranger] {
        harness.backend.ring_through(Nats::parse(&server.url()).unwrap());
    }
    server.heard_by(2).await;
    // what was to be heard so far
    while stranger.backend.feed.bell.heard().now_or_never().is_some() {}
    let position = ann.hires(&one, "one").await.position;
    reaches(&one, position).await;
    let heard = timeout(A_MOMENT, stranger.backend.feed.bell.heard()).await;
    assert!(heard.is_err(), "another log's bell was heard");
}

#[tokio::test]
async fn a_nats_server_that_is_not_there_or_mute_or_lies_costs_a_poll() {
    if !postgres() {
        return;
    }
    for liar in [Liar::Absent, Liar::Mute, Liar::Babbling, Liar::Ringing] {
        let (one, other, ann) = replicas(SOON).await;
        let url = liar.start().await;
        for harness in [&one, &other] {
            harness.backend.ring_through(Nats::parse(&url).unwrap());
        }
        for name in ["first", "second", "third"] {
            let position = ann.hires(&one, name).await.position;
            reaches(&other, position).await;
        }
        println!("{liar:?}: 3 of 3 commits seen");
    }
}
