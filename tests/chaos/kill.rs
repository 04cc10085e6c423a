//! kill -9 of the service under load, again and again.

use crate::load::{Client, Repeated};
use crate::process::{Home, Process, until};
use crate::support::database::TestDatabase;
use crate::verdict::{Verdict, judge};
use crate::{cycles, seed};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

const CLIENTS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_service_has_lost_nothing_acknowledged_and_doubles_nothing() {
    let (seed, cycles) = (seed(), cycles(10));
    let mut random = StdRng::seed_from_u64(seed);
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process = Process::start(&home, &[]).await.expect("the service starts");
    let mut clients = clients(seed, &process.channel()).await;
    let mut repeated = Repeated::default();
    for _ in 0..cycles {
        let (calls, hesitation) = (random.random_range(10..150), random.random_range(0..500));
        let round = Round::begin(clients, &process.channel());
        round.reach(calls).await;
        for _ in 0..hesitation {
            tokio::task::yield_now().await;
        }
        process.kill();
        clients = round.end().await;
        process = Process::start(&home, &[]).await.expect("the service starts again");
        repeated += repeat(&mut clients, &process.channel()).await;
    }
    let verdict = judge(&database.url, &clients).await;
    report(&format!("kill -9, {cycles} cycles"), verdict, repeated);
}

/// Clients at work.
pub struct Round {
    stop: CancellationToken,
    started: Arc<AtomicUsize>,
    working: Vec<tokio::task::JoinHandle<Client>>,
}

impl Round {
    pub fn begin(clients: Vec<Client>, channel: &Channel) -> Self {
        let (stop, started) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
        let working = clients
            .into_iter()
            .map(|client| {
                tokio::spawn(client.work(channel.clone(), stop.clone(), Arc::clone(&started)))
            })
            .collect();
        Self { stop, started, working }
    }

    /// Waits until so many calls were made.
    pub async fn reach(&self, calls: usize) {
        let enough = || (self.started.load(Ordering::SeqCst) >= calls).then_some(());
        until("the clients have called", Duration::from_secs(60), enough).await;
    }

    pub async fn end(self) -> Vec<Client> {
        self.stop.cancel();
        join_all(self.working)
            .await
            .into_iter()
            .map(|client| client.expect("a client's work ends"))
            .collect()
    }
}

pub async fn clients(seed: u64, channel: &Channel) -> Vec<Client> {
    join_all((0..CLIENTS).map(|number| Client::new(number, seed, channel))).await
}

pub async fn repeat(clients: &mut [Client], channel: &Channel) -> Repeated {
    let mut sum = Repeated::default();
    for repeated in join_all(clients.iter_mut().map(|client| client.repeat(channel))).await {
        sum += repeated;
    }
    sum
}

/// Prints the figures, and fails on any that is not 0.
pub fn report(what: &str, verdict: Verdict, repeated: Repeated) {
    let Verdict { acknowledged, lost, doubled, holes } = verdict;
    let Repeated { acknowledged: told, unknown, different } = repeated;
    println!(
        "{what}: lost {lost} of {acknowledged} acknowledged, doubled {doubled}, holes {holes}"
    );
    println!(
        "{what}: answered differently when repeated {different} of {} ({unknown} had no answer before)",
        told + unknown
    );
    assert_eq!(
        (lost, doubled, holes, different),
        (0, 0, 0, 0),
        "{what}: lost, doubled, holes, different"
    );
    assert!(told > 0, "nothing was acknowledged: nothing was tried");
}
