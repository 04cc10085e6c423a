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

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tail_goes_the_direct_way() {
    if engine() == TestEngine::Sqlite {
        println!("a direct way to the database: PostgreSQL only");
        return;
    }
    let database = TestDatabase::empty().await;
    let proxy = Proxy::start(&database.url).await;
    let (home, other) = (Home::new(&proxy.url), Home::new(&database.url));
    let direct = ["--database-direct-url", database.url.as_str()];
    let process = Process::start(&home, &direct).await.expect("the service starts");
    let beside = Process::start(&other, &[]).await.expect("the service starts");
    let create = async |display_name: &str| {
        let account = pb::Account { display_name: display_name.to_owned(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        let answer = AccountServiceClient::new(beside.channel()).create_account(request).await;
        answer.expect("an account").into_inner()
    };
    let account = create("watching").await;
    let request = pb::WatchMembersRequest {
        account_id: account.account.expect("an account").id,
        start: Some(Start::Now(())),
        heartbeat_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        min_position: account.position,
    };
    let watched = MemberSyncServiceClient::new(process.channel()).watch_members(request).await;
    let mut watched = watched.expect("a stream").into_inner();

    // calls have no way to the database any more; the tail does
    proxy.stalls(|_| true);
    proxy.leads_to(&database.url);
    let last = create("later").await.position;
    let following = async {
        loop {
            let message = watched.message().await.expect("the stream goes on").expect("a message");
            if let Some(Payload::Heartbeat(beat)) = message.payload
                && beat.position >= last
            {
                return beat;
            }
        }
    };
    let beat = timeout(PATIENCE, following).await.expect("the tail goes on");
    assert_eq!(beat.lag.expect("a lag").seconds, 0);
}
