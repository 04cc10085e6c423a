//! PostgreSQL itself goes down without a word (`pg_ctl stop -m immediate`) while the service stays.

use crate::cluster::Cluster;
use crate::kill::{Round, clients, repeat, report};
use crate::load::Repeated;
use crate::process::{Home, Process, ticks};
use crate::support::database::{TestEngine, engine};
use crate::verdict::judge;
use crate::{cycles, seed};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::time::Duration;
use tokio::time::timeout;
use tonic::transport::Channel;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashed_postgres_has_lost_nothing_acknowledged_and_doubles_nothing() {
    if engine() == TestEngine::Sqlite {
        println!("pg_ctl stop -m immediate: PostgreSQL only");
        return;
    }
    let (seed, cycles) = (seed(), cycles(3));
    let mut random = StdRng::seed_from_u64(seed);
    let cluster = Cluster::start();
    let home = Home::new(&cluster.url);
    let process = Process::start(&home, &[]).await.expect("the service starts");
    let channel = process.channel();
    let mut clients = clients(seed, &channel).await;
    let mut repeated = Repeated::default();
    for _ in 0..cycles {
        let calls = random.random_range(10..150);
        let round = Round::begin(clients, &channel);
        round.reach(calls).await;
        cluster.control(&["stop", "-m", "immediate"]);
        clients = round.end().await;
        cluster.control(&["start"]);
        serves_again(&channel).await;
        repeated += repeat(&mut clients, &channel).await;
    }
    report(
        &format!("pg_ctl stop -m immediate, {cycles} cycles"),
        judge(&cluster.url, &clients).await,
        repeated,
    );
}

/// Until every connection that the crash left in the pool has been found out.
pub async fn serves_again(channel: &Channel) {
    let mut accounts = AccountServiceClient::new(channel.clone());
    let mut ticks = ticks();
    let mut in_a_row = 0;
    let serving = async {
        while in_a_row < 30 {
            let listed = accounts.list_accounts(pb::ListAccountsRequest::default()).await;
            in_a_row = if listed.is_ok() { in_a_row + 1 } else { 0 };
            ticks.tick().await;
        }
    };
    timeout(Duration::from_secs(30), serving).await.expect("the service comes back by itself");
}
