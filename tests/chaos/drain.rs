//! SIGTERM: open calls finish, new ones are refused, and the process is gone by its deadline whatever its clients do.

use crate::pair::Readiness;
use crate::process::{Home, Process, until};
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::refusal::Refusal;
use crate::verdict::connect;
use partner_service::entity::account;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::member_sync_service_client::MemberSyncServiceClient;
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::transport::Channel;
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Far more than an idle process needs to end.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a process may take beyond its deadline to leave, on a busy machine.
const GRACE: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_the_call_in_flight_finish_and_refuses_new_ones() {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process = Process::start(&home, &[]).await.expect("the service starts");
    let channel = process.channel();
    let writers = Writers::stop(&database.url).await;
    let in_flight = tokio::spawn(create(channel.clone(), "in flight"));
    received(&channel, &in_flight).await;

    process.terminate();
    until("the service takes no connections", PATIENCE, || (!process.listens()).then_some(()))
        .await;
    // the client's own words for a connection that is going away, or that none can be made
    let refused = create(channel, "new").await.expect_err("a new call is refused");
    assert!(matches!(refused.code(), Code::Unavailable | Code::Cancelled), "{refused:?}");
    assert!(!in_flight.is_finished());
    writers.go().await;
    let answer = in_flight.await.expect("no panic").expect("the call in flight finishes");
    assert!(answer.into_inner().position > 1);
    let (status, _) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    assert!(!home.listen_file().exists(), "the listen file is removed");
    let db = connect(&database.url).await;
    let accounts = account::Entity::find().all(&db).await.expect("the accounts");
    let names: Vec<_> = accounts.iter().map(|account| account.display_name.as_str()).collect();
    assert_eq!(names, ["in flight"], "what was answered happened, what was refused did not");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_the_process_by_its_deadline_even_if_clients_never_answer() {
    let deadline = Duration::from_secs(2);
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process =
        Process::start(&home, &["--shutdown-deadline", "2s"]).await.expect("the service starts");
    let mut health = HealthClient::new(process.channel());
    let watched = health.watch(HealthCheckRequest::default()).await.expect("a Watch stream");
    let mut watched = watched.into_inner();
    let first = watched.message().await.expect("the stream's first message").expect("a message");
    assert_eq!(first.status(), ServingStatus::Serving);
    let mut silent = TcpStream::connect(&process.address).await.expect("a connection");
    let mut mute = TcpStream::connect(&process.address).await.expect("a connection");
    // a preface and empty settings, and then never a word, not even to GOAWAY's ping
    mute.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .expect("a preface is sent");

    process.terminate();
    let last = watched.message().await.expect("the stream's next message").expect("a message");
    assert_eq!(last.status(), ServingStatus::NotServing);
    let (status, took) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    println!("SIGTERM with clients that never answer: gone after {} ms of 2000", took.as_millis());
    assert!(took < deadline + GRACE, "{took:?}");
    assert!(!home.listen_file().exists(), "the listen file is removed");
    let _ = (silent.shutdown().await, mute.shutdown().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_the_process_by_its_deadline_even_if_the_database_never_answers() {
    let deadline = Duration::from_millis(500);
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process =
        Process::start(&home, &["--shutdown-deadline", "500ms"]).await.expect("the service starts");
    let channel = process.channel();
    let writers = Writers::stop(&database.url).await;
    let stuck = tokio::spawn(create(channel.clone(), "stuck"));
    received(&channel, &stuck).await;

    process.terminate();
    let (status, took) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    println!(
        "SIGTERM with a database that never answers: gone after {} ms of 500",
        took.as_millis()
    );
    assert!(took < deadline + GRACE, "{took:?}");
    stuck.await.expect("no panic").expect_err("the call was dropped");
    writers.go().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_streams_with_a_reason_and_does_not_wait_for_them() {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process = Process::start(&home, &[]).await.expect("the service starts");
    let answer = create(process.channel(), "watching").await.expect("an account").into_inner();
    let request = pb::WatchMembersRequest {
        account_id: answer.account.expect("an account").id,
        ..Default::default()
    };
    let mut sync = MemberSyncServiceClient::new(process.channel());
    let mut stream = sync.watch_members(request).await.expect("a stream").into_inner();
    for _ in 0..2 {
        stream.message().await.expect("a message").expect("an empty snapshot is two messages");
    }

    process.terminate();
    let end = loop {
        match stream.message().await {
            Ok(Some(message)) => assert!(!message.resume_token.is_empty()),
            Ok(None) => panic!("a stream ends with a reason"),
            Err(end) => break end,
        }
    };
    let refusal = Refusal::of(&end);
    assert_eq!((refusal.code, &*refusal.reason), (Code::Unavailable, "SHUTTING_DOWN"));
    let (status, took) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    println!("SIGTERM with a stream: gone after {} ms of 10000", took.as_millis());
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// Such a stream has no end of its own, and every connection pool keeps one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_go_of_those_who_watch_its_health() {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process = Process::start(&home, &[]).await.expect("the service starts");
    let mut watches = Vec::new();
    for service in ["", "liveness", "readiness", "partner.v1.PartnerService"] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let watched = HealthClient::new(process.channel()).watch(request).await;
        let mut watched = watched.expect("a Watch stream").into_inner();
        let first = watched.message().await.expect("a first message").expect("a message");
        assert_eq!(first.status(), ServingStatus::Serving);
        watches.push((service, watched));
    }

    process.terminate();
    for (service, mut watched) in watches {
        if service != "liveness" {
            let last = watched.message().await.expect("a next message").expect("a message");
            assert_eq!(last.status(), ServingStatus::NotServing, "{service}");
        }
        assert!(watched.message().await.expect("a clean end").is_none(), "{service}");
    }
    let (status, took) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    println!("SIGTERM with four watches of health: gone after {} ms of 10000", took.as_millis());
    assert!(took < Duration::from_secs(5), "{took:?}");
}

/// A load balancer that asks for health every so often goes on sending calls until it has asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_takes_readiness_away_at_once_and_calls_are_served_until_the_delay_is_over() {
    let delay = Duration::from_secs(2);
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let mut process =
        Process::start(&home, &["--drain-delay", "2s"]).await.expect("the service starts");
    let mut readiness = Readiness::watched(&process.channel()).await;

    let told = Instant::now();
    process.terminate();
    readiness.is(ServingStatus::NotServing).await;
    let answer = create(process.channel(), "on a new connection").await;
    answer.expect("a call is served");
    assert!(told.elapsed() < delay, "the machine is too busy to tell");
    let (status, _) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    assert!(told.elapsed() >= delay, "{:?}", told.elapsed());
}

type Answer = Result<Response<pb::CreateAccountResponse>, Status>;

async fn create(channel: Channel, name: &str) -> Answer {
    let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    AccountServiceClient::new(channel).create_account(request).await
}

/// Until the service has the call: it takes the requests of a connection in order, so a later one's answer says so.
async fn received(channel: &Channel, call: &tokio::task::JoinHandle<Answer>) {
    // the call has to be on its way first; three rounds are two more than its task needs
    for _ in 0..3 {
        let list = Request::new(pb::ListAccountsRequest::default());
        AccountServiceClient::new(channel.clone()).list_accounts(list).await.expect("reads go on");
    }
    assert!(!call.is_finished(), "a call that should wait for the database was answered");
}

/// Keeps everybody from writing, while reads go on.
struct Writers(DatabaseConnection);

impl Writers {
    async fn stop(database_url: &str) -> Self {
        let db = connect(database_url).await;
        let hold = match engine() {
            TestEngine::Postgres => "BEGIN; SELECT * FROM log_head FOR UPDATE",
            TestEngine::Sqlite => "BEGIN IMMEDIATE",
        };
        db.execute_unprepared(hold).await.expect("the writers' lock");
        Self(db)
    }

    async fn go(self) {
        self.0.execute_unprepared("ROLLBACK").await.expect("the lock is let go");
    }
}
