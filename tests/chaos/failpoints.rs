//! Replicas die at each spot where dying hurts (`src/faults.rs`), one after the other, under streams.

use crate::follow::{Audience, Fleet};
use crate::kill::{Round, clients, repeat, report};
use crate::load::Repeated;
use crate::process::{Home, Process};
use crate::streams::{VIEWERS, replicas, start};
use crate::support::database::TestDatabase;
use crate::verdict::judge;
use crate::{cycles, seed};
use partner_service::faults::{DIES_AT, Spot};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sea_orm::Iterable;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// Far longer than a spot takes to be passed so often.
const PATIENCE: Duration = Duration::from_secs(60);
const SIGABRT: i32 = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_outlive_replicas_killed_at_each_spot_miss_nothing_and_repeat_nothing() {
    // a worker of letters is no concern of streams: it dies in a test of its own
    let of_mail = [Spot::MailClaimed, Spot::MailSent, Spot::MailMarked];
    let spots: Vec<Spot> = Spot::iter().filter(|spot| !of_mail.contains(spot)).collect();
    let (seed, cycles) = (seed(), cycles(spots.len()).max(spots.len()));
    let mut random = StdRng::seed_from_u64(seed);
    let database = TestDatabase::empty().await;
    let homes: Vec<Home> = (0..replicas()).map(|_| Home::new(&database.url)).collect();
    let mut processes = start(&homes).await;
    let fleet = Fleet::of(processes.iter().map(Process::channel).collect());
    let mut clients = clients(seed, &fleet.channel(0)).await;
    let mut audience = Audience::gather(&fleet, &clients, VIEWERS).await;
    let mut repeated = Repeated::default();
    for cycle in 0..cycles {
        let (spot, struck) = (spots[cycle % spots.len()], random.random_range(0..homes.len()));
        // streams and snapshots begin less often than calls are made
        let most = if matches!(spot, Spot::AfterSeat | Spot::InSnapshot) { 1 } else { 20 };
        let armed = format!("{spot:?}:{}", random.random_range(1..=most));
        processes.remove(struck).kill();
        let doomed = Process::start_in(&homes[struck], &[], &[(DIES_AT, &armed)]).await;
        let mut doomed = doomed.expect("the service starts");
        fleet.moved(struck, doomed.channel());
        fleet.doom(Some(struck));
        // somebody who begins with a snapshot there
        audience.joins(cycle % VIEWERS, struck);
        let round = Round::begin(clients, &doomed.channel());
        println!("replica {struck} dies at {armed}");
        let (status, _) = doomed.ended(PATIENCE).await;
        fleet.doom(None);
        assert_eq!(status.signal(), Some(SIGABRT), "at {armed}: {}", doomed.said());
        clients = round.end().await;
        let again = Process::start(&homes[struck], &[]).await.expect("the service starts again");
        fleet.moved(struck, again.channel());
        processes.insert(struck, again);
        repeated += repeat(&mut clients, &fleet.channel(random.random_range(0..homes.len()))).await;
    }
    let what = format!(
        "one of {} replicas killed at each of {} spots and before it, {cycles} cycles",
        homes.len(),
        spots.len()
    );
    let streams = audience.verdict(&database.url).await;
    println!("{what}: {streams}");
    streams.assert_clean(&what);
    report(&what, judge(&database.url, &clients).await, repeated);
}
