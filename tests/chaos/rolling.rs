//! Rolling restarts under load: replica after replica is told to stop and started again, while a client in Go with the
//! published retries calls all three, and others follow streams.
//!
//! Ten times round, or as often as `CHAOS_CYCLES` says.

use crate::fleet::Load;
use crate::follow::{Audience, Fleet};
use crate::kill::clients;
use crate::load::Client;
use crate::process::{Home, Process};
use crate::silent::Silent;
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::verdict::{Verdict, judge_records};
use crate::{cycles, seed};
use std::time::Duration;

const REPLICAS: usize = 3;
const VIEWERS: usize = 2;
const DEADLINE: Duration = Duration::from_secs(2);
/// What a process may take beyond its deadline to leave, on a busy machine.
const GRACE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(20);
/// Every so many restarts the replica has clients that never answer, and so takes its whole deadline.
const SILENCED: usize = 7;
/// Calls between two restarts.
const CALLS: usize = 40;
/// The first members are registered by then, and one for each fortieth call later: enough to follow.
const FIRST_CALLS: usize = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rolling_restarts_fail_no_call_and_lose_or_double_no_event() {
    if engine() == TestEngine::Sqlite {
        println!("rolling restarts: PostgreSQL only");
        return;
    }
    let (seed, rounds) = (seed(), cycles(10));
    let database = TestDatabase::empty().await;
    // addresses of loopback's that nothing else listens on, and that no connection going out is given either
    let [_, _, a, b] = u32::try_from(seed % u64::from(u32::MAX)).unwrap().to_be_bytes();
    let listen = |replica| format!("127.{}.{}.{}:50051", 64 + replica, a, b.clamp(1, 254));
    let addresses: Vec<String> = (0..REPLICAS).map(listen).collect();
    let homes: Vec<Home> =
        addresses.iter().map(|address| Home::at(&database.url, address)).collect();
    let mut processes = Vec::new();
    for home in &homes {
        processes.push(start(home).await);
    }
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let clients = clients(seed, &fleet.channel(0)).await;
    let audience = Audience::gather(&fleet, &clients, VIEWERS).await;
    let accounts: Vec<&str> = clients.iter().map(|client: &Client| client.accounts()[0]).collect();
    let load = Load::begin(&addresses, &accounts);
    load.goes_on(FIRST_CALLS).await;

    let mut exits = Vec::new();
    for restart in 0..rounds * REPLICAS {
        let replica = restart % REPLICAS;
        let silent = if restart % SILENCED == 0 {
            Some(Silent::meet(&addresses[replica], clients[0].accounts()[0]).await)
        } else {
            None
        };
        let mut process = processes.remove(replica);
        process.terminate();
        let (status, took) = process.ended(PATIENCE).await;
        assert_eq!(status.code(), Some(0), "{}", process.said());
        assert!(took < DEADLINE + GRACE, "restart {restart}: {took:?}");
        exits.push((silent.is_some(), took));
        let again = start(&homes[replica]).await;
        fleet.moved(replica, again.channel());
        processes.insert(replica, again);
        load.goes_on(CALLS).await;
    }

    let calls = load.end().await;
    let streams = audience.verdict(&database.url).await;
    let Verdict { acknowledged, lost, doubled, holes } =
        judge_records(&database.url, &calls.told).await;
    let slowest = |is_silent: bool| {
        let of = exits.iter().filter(|(silent, _)| *silent == is_silent);
        of.map(|(_, took)| took.as_millis()).max().unwrap_or(0)
    };
    let silenced = exits.iter().filter(|(silent, _)| *silent).count();
    println!(
        "{rounds} rolling restarts of {REPLICAS} replicas: {} of {} calls failed, {} were tried again; lost {lost} of \
         {acknowledged} acknowledged, doubled {doubled}, holes {holes}",
        calls.failed.len(),
        calls.total,
        calls.retried
    );
    println!("{rounds} rolling restarts: {streams}");
    println!(
        "{} exits: {} ms at most; {silenced} of them with clients that never answer: {} ms of {}",
        exits.len(),
        slowest(false),
        slowest(true),
        DEADLINE.as_millis()
    );
    assert!(calls.failed.is_empty(), "{:#?}", calls.failed);
    streams.assert_clean("rolling restarts");
    assert_eq!((lost, doubled, holes), (0, 0, 0), "lost, doubled, holes");
    assert!(exits.iter().all(|(silent, took)| *silent || *took < DEADLINE), "{exits:?}");
}

async fn start(home: &Home) -> Process {
    Process::start(home, &["--shutdown-deadline", "2s"]).await.expect("the service starts")
}
