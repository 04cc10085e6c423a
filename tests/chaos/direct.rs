//! A pooler between service and database, and a way around it for what needs a session of its own.

use crate::process::{Home, Process};
use crate::proxy::Proxy;
use crate::support::database::{TestDatabase, TestEngine, engine};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use pb::member_sync_service_client::MemberSyncServiceClient;
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;

const PATIENCE: Duration = Duration::from_secs(30);

fn sqlite() -> bool {
    let is_sqlite = engine() == TestEngine::Sqlite;
    if is_sqlite {
        println!("a direct way to the database: PostgreSQL only");
    }
    is_sqlite
}

/// A new account, by way of a replica.
async fn create(replica: &Process, display_name: &str) -> pb::CreateAccountResponse {
    let account = pb::Account { display_name: display_name.to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let answer = AccountServiceClient::new(replica.channel()).create_account(request).await;
    answer.expect("an account").into_inner()
}

/// A stream from now on.
async fn watch(
    replica: &Process,
    account: pb::CreateAccountResponse,
) -> Streaming<pb::WatchMembersResponse> {
    let request = pb::WatchMembersRequest {
        account_id: account.account.expect("an account").id,
        start: Some(Start::Now(())),
        heartbeat_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        min_position: account.position,
    };
    let watched = MemberSyncServiceClient::new(replica.channel()).watch_members(request).await;
    watched.expect("a stream").into_inner()
}

/// Until a heartbeat has come as far as a position.
async fn beats(stream: &mut Streaming<pb::WatchMembersResponse>, position: i64) -> pb::Heartbeat {
    let following = async {
        loop {
            let message = stream.message().await.expect("the stream goes on").expect("a message");
            if let Some(Payload::Heartbeat(beat)) = message.payload
                && beat.position >= position
            {
                return beat;
            }
        }
    };
    timeout(PATIENCE, following).await.expect("the tail goes on")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_goes_the_direct_way() {
    if sqlite() {
        return;
    }
    let database = TestDatabase::empty().await;
    let proxy = Proxy::start(&database.url).await;
    let (home, other) = (Home::new(&proxy.url), Home::new(&database.url));
    let direct = ["--database-direct-url", database.url.as_str()];
    let process = Process::start(&home, &direct).await.expect("the service starts");
    let beside = Process::start(&other, &[]).await.expect("the service starts");
    let mut stream = watch(&process, create(&beside, "watching").await).await;

    // calls have no way to the database any more; the tail does
    proxy.stalls(|_| true);
    proxy.leads_to(&database.url);
    let last = create(&beside, "later").await.position;
    let beat = beats(&mut stream, last).await;
    assert_eq!(beat.lag.expect("a lag").seconds, 0);
}

/// A machine that is gone closes no connection: whoever waits for its answer waits for minutes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_gives_up_a_connection_that_falls_silent() {
    if sqlite() {
        return;
    }
    let database = TestDatabase::empty().await;
    let proxy = Proxy::start(&database.url).await;
    let home = Home::new(&database.url);
    let direct = ["--database-direct-url", proxy.url.as_str()];
    let process = Process::start(&home, &direct).await.expect("the service starts");
    let mut stream = watch(&process, create(&process, "watching").await).await;
    beats(&mut stream, 1).await;

    proxy.freezes();
    let last = create(&process, "later").await.position;
    beats(&mut stream, last).await;
}

/// Whatever else a session is to begin with, a pooler refuses: it could be anybody's next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_is_asked_for_nothing_that_poolers_do_not_know() {
    if sqlite() {
        return;
    }
    let database = TestDatabase::empty().await;
    let proxy = Proxy::start(&database.url).await;
    let home = Home::new(&proxy.url);
    let direct = ["--database-direct-url", database.url.as_str()];
    let process = Process::start(&home, &direct).await.expect("the service starts");
    create(&process, "pooled").await;
    let known =
        ["DateStyle", "TimeZone", "application_name", "client_encoding", "database", "user"];
    assert_eq!(proxy.asked(), known.map(str::to_owned).into());
}
