//! A replica that stands still (SIGSTOP) with transactions open holds up the others for as long as the database lets it:
//! a second for each that gets the head, and nobody waits for the head longer than three.

use crate::process::{Home, Process, until};
use crate::proxy::Proxy;
use crate::support::database::{TestDatabase, TestEngine, engine};
use futures::future::join_all;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tonic::Code;
use tonic::transport::Channel;

/// As many as a replica has connections, and some.
const IN_FLIGHT: usize = 40;
/// Three seconds for the head, and what a busy machine adds.
const LONGEST: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_that_stands_still_holds_up_the_others_for_seconds_only() {
    if engine() == TestEngine::Sqlite {
        println!("SIGSTOP of one replica of two: PostgreSQL only");
        return;
    }
    let database = TestDatabase::empty().await;
    stands_still(&database.url, &[]).await;
}

/// A pooler's sessions have none of our settings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_pooler_too_a_replica_that_stands_still_holds_up_the_others_for_seconds_only() {
    if engine() == TestEngine::Sqlite {
        println!("a pooler: PostgreSQL only");
        return;
    }
    let database = TestDatabase::empty().await;
    let pooler = Proxy::start(&database.url).await;
    stands_still(&pooler.url, &["--database-direct-url", &database.url]).await;
}

async fn stands_still(url: &str, flags: &[&str]) {
    let homes: Vec<Home> = (0..2).map(|_| Home::new(url)).collect();
    let processes = join_all(homes.iter().map(|home| Process::start(home, flags))).await;
    let processes: Vec<Process> =
        processes.into_iter().map(|process| process.expect("the service starts")).collect();
    let (stopped, other) = (processes[0].channel(), processes[1].channel());
    let account = create(&other, "other").await.expect("an account");
    let made = Arc::new(AtomicUsize::new(0));
    let busy: Vec<_> = (0..IN_FLIGHT)
        .map(|number| {
            let (stopped, made) = (stopped.clone(), Arc::clone(&made));
            AbortOnDropHandle::new(tokio::spawn(async move {
                while create(&stopped, &format!("busy {number}")).await.is_ok() {
                    made.fetch_add(1, Ordering::SeqCst);
                }
            }))
        })
        .collect();
    let enough = || (made.load(Ordering::SeqCst) >= 100).then_some(());
    until("the replica is busy", Duration::from_secs(60), enough).await;
    processes[0].signal("STOP");
    let (mut longest, mut refused, mut done) = (Duration::ZERO, 0, 0);
    for number in 0..20 {
        let began = Instant::now();
        match register(&other, &account, number).await {
            Ok(()) => done += 1,
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                refused += 1;
            }
        }
        longest = longest.max(began.elapsed());
    }
    println!(
        "SIGSTOP with {IN_FLIGHT} calls under way: {done} of 20 registrations elsewhere done, {refused} refused, the \
         longest took {} ms",
        longest.as_millis()
    );
    processes[0].signal("CONT");
    drop(busy);
    assert!(done > 0 && longest < LONGEST, "{done} done, {longest:?}");
}

async fn create(channel: &Channel, name: &str) -> Result<String, tonic::Status> {
    let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let answer = AccountServiceClient::new(channel.clone()).create_account(request).await?;
    Ok(answer.into_inner().account.expect("an account").id)
}

async fn register(channel: &Channel, account: &str, number: usize) -> Result<(), tonic::Status> {
    let member = pb::Member {
        email: format!("m{number}@other.example"),
        profile: pb::MemberProfile::Observer.into(),
        ..Default::default()
    };
    let request = pb::RegisterMemberRequest {
        account_id: account.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    AccountServiceClient::new(channel.clone()).register_member(request).await.map(|_| ())
}
