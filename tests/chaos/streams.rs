//! Streams while their replicas are killed, stopped and bereft of their database: nothing is lost, doubled, reordered or
//! leaked, whatever happened in between.

use crate::cluster::Cluster;
use crate::crash::serves_again;
use crate::follow::{Audience, Fleet};
use crate::kill::{Round, clients, repeat, report};
use crate::load::{Client, Repeated};
use crate::process::{Home, Process};
use crate::proxy::{FAULTS, Proxy};
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::verdict::judge;
use crate::{cycles, seed};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Mutex;

pub const VIEWERS: usize = 2;

/// Several on PostgreSQL; SQLite serves one process.
pub fn replicas() -> usize {
    if engine() == TestEngine::Postgres { 3 } else { 1 }
}

pub async fn start(homes: &[Home]) -> Vec<Process> {
    let processes = join_all(homes.iter().map(|home| Process::start(home, &[]))).await;
    processes.into_iter().map(|process| process.expect("the service starts")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_outlive_killed_replicas_miss_nothing_and_repeat_nothing() {
    let (seed, cycles) = (seed(), cycles(10));
    let mut random = StdRng::seed_from_u64(seed);
    let database = TestDatabase::empty().await;
    let homes: Vec<Home> = (0..replicas()).map(|_| Home::new(&database.url)).collect();
    let mut processes = start(&homes).await;
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let mut clients = clients(seed, &fleet.channel(0)).await;
    let audience = Audience::gather(&fleet, &clients, VIEWERS).await;
    let mut repeated = Repeated::default();
    for _ in 0..cycles {
        let struck = random.random_range(0..homes.len());
        let round = Round::begin(clients, &fleet.channel(struck));
        round.reach(random.random_range(10..100)).await;
        processes.remove(struck).kill();
        clients = round.end().await;
        let again = Process::start(&homes[struck], &[]).await.expect("the service starts again");
        fleet.moved(struck, again.channel());
        processes.insert(struck, again);
        repeated += repeat(&mut clients, &fleet.channel(random.random_range(0..homes.len()))).await;
    }
    let what = format!("kill -9 of one of {} replicas under streams, {cycles} cycles", homes.len());
    let streams = audience.verdict(&database.url).await;
    println!("{what}: {streams}");
    streams.assert_clean(&what);
    report(&what, judge(&database.url, &clients).await, repeated);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_outlive_a_crashed_database_miss_nothing_and_repeat_nothing() {
    if engine() == TestEngine::Sqlite {
        println!("pg_ctl stop -m immediate under streams: PostgreSQL only");
        return;
    }
    let (seed, cycles) = (seed(), cycles(3));
    let mut random = StdRng::seed_from_u64(seed);
    let cluster = Cluster::start();
    let homes: Vec<Home> = (0..2).map(|_| Home::new(&cluster.url)).collect();
    let processes = start(&homes).await;
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let mut clients = clients(seed, &fleet.channel(0)).await;
    let audience = Audience::gather(&fleet, &clients, VIEWERS).await;
    let mut repeated = Repeated::default();
    for _ in 0..cycles {
        let round = Round::begin(clients, &fleet.channel(0));
        round.reach(random.random_range(10..100)).await;
        cluster.control(&["stop", "-m", "immediate"]);
        clients = round.end().await;
        cluster.control(&["start"]);
        serves_again(&fleet.channel(0)).await;
        repeated += repeat(&mut clients, &fleet.channel(0)).await;
    }
    let what = format!("pg_ctl stop -m immediate under streams, {cycles} cycles");
    let streams = audience.verdict(&cluster.url).await;
    println!("{what}: {streams}");
    streams.assert_clean(&what);
    report(&what, judge(&cluster.url, &clients).await, repeated);
}

/// A replica that stands still may hold the head; the database lets go of it, and the others go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_miss_nothing_while_a_replica_stands_still_in_the_middle_of_its_changes() {
    if engine() == TestEngine::Sqlite {
        println!("SIGSTOP of one replica of two: PostgreSQL only");
        return;
    }
    let (seed, cycles) = (seed(), cycles(3));
    let mut random = StdRng::seed_from_u64(seed);
    let database = TestDatabase::empty().await;
    let homes: Vec<Home> = (0..2).map(|_| Home::new(&database.url)).collect();
    let processes = start(&homes).await;
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let channel = fleet.channel(0);
    let everybody = (0..4).map(|number| Client::new(number, seed, &channel));
    let mut everybody = join_all(everybody).await;
    let audience = Audience::gather(&fleet, &everybody, VIEWERS).await;
    let mut repeated = Repeated::default();
    let mut others = everybody.split_off(2);
    let mut stopped = everybody;
    for _ in 0..cycles {
        let round = Round::begin(stopped, &fleet.channel(0));
        round.reach(random.random_range(10..100)).await;
        processes[0].signal("STOP");
        let beside = Round::begin(others, &fleet.channel(1));
        beside.reach(30).await;
        others = beside.end().await;
        processes[0].signal("CONT");
        stopped = round.end().await;
        repeated += repeat(&mut stopped, &fleet.channel(1)).await;
        repeated += repeat(&mut others, &fleet.channel(0)).await;
    }
    let what = format!("SIGSTOP of one of two replicas under streams, {cycles} cycles");
    let streams = audience.verdict(&database.url).await;
    println!("{what}: {streams}");
    streams.assert_clean(&what);
    stopped.extend(others);
    report(&what, judge(&database.url, &stopped).await, repeated);
}

/// Followers of the replica that loses them, and of another one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_miss_nothing_and_repeat_nothing_while_commits_lose_their_replies() {
    if engine() == TestEngine::Sqlite {
        println!("commits spoilt at random under streams: PostgreSQL only");
        return;
    }
    let seed = seed();
    let database = TestDatabase::empty().await;
    let proxy = Proxy::start(&database.url).await;
    let homes = [Home::new(&proxy.url), Home::new(&database.url)];
    let processes = start(&homes).await;
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let clients = clients(seed, &fleet.channel(0)).await;
    let audience = Audience::gather(&fleet, &clients, VIEWERS).await;
    let random = Mutex::new(StdRng::seed_from_u64(seed));
    proxy.spoil(move |_| {
        let mut random = random.lock().unwrap();
        (random.random_range(0..6) == 0).then(|| FAULTS[random.random_range(0..FAULTS.len())])
    });
    let round = Round::begin(clients, &fleet.channel(0));
    round.reach(300).await;
    let mut clients = round.end().await;
    proxy.spoil(|_| None);
    let repeated = repeat(&mut clients, &fleet.channel(1)).await;
    let faults = proxy.faults();
    let what = format!("{faults} commits spoilt at random under streams");
    let streams = audience.verdict(&database.url).await;
    println!("{what}: {streams}");
    streams.assert_clean(&what);
    report(&what, judge(&database.url, &clients).await, repeated);
    assert!(faults > 10, "{faults} commits were spoilt: too few to prove anything");
}
