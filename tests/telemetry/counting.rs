//! Calls and streams as Prometheus sees them, of a real process.

use crate::process::{Home, Process, until};
use crate::support::Harness;
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::roster::connect;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_prost::ProstCodec;

const PATIENCE: Duration = Duration::from_secs(20);
const CALLS: &str = "rpc_server_call_duration_seconds";

/// What is answered to `GET path` on the port for metrics and probes: the status code, and the body.
pub async fn get(home: &Home, path: &str) -> (u16, String) {
    let address = std::fs::read_to_string(home.folder.path().join("metrics-listen")).unwrap();
    let mut stream = TcpStream::connect(address.trim()).await.expect("the metrics port");
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (code, body.to_owned())
}

/// The value of a series; nought where there is none.
async fn value(home: &Home, series: &str) -> f64 {
    let (code, page) = get(home, "/metrics").await;
    assert_eq!(code, 200);
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().expect("a number"))
}

async fn reaches(home: &Home, series: &str, wanted: f64) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while value(home, series).await != wanted {
        assert!(tokio::time::Instant::now() < deadline, "{series} is not {wanted}");
        tokio::task::yield_now().await;
    }
}

fn calls(method: &str, code: &str) -> String {
    format!("{CALLS}_count{{rpc_method=\"{method}\",rpc_response_status_code=\"{code}\"}}")
}

/// A service, with what has to be kept while it runs.
async fn service() -> (TestDatabase, Home, Process) {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let process = Process::start(&home, &[]).await.expect("the service starts");
    (database, home, process)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_are_counted_by_method_and_code() {
    let (_database, home, process) = service().await;
    let mut health = HealthClient::new(process.channel());
    for _ in 0..3 {
        health.check(HealthCheckRequest::default()).await.unwrap();
    }
    let unknown = HealthCheckRequest { service: "nobody".to_owned() };
    health.check(unknown).await.expect_err("nobody's");
    const CHECK: &str = "grpc.health.v1.Health/Check";
    assert_eq!(value(&home, &calls(CHECK, "OK")).await, 3.0);
    assert_eq!(value(&home, &calls(CHECK, "NOT_FOUND")).await, 1.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_callers_make_up_is_one_method_and_not_repeated() {
    let (_database, home, process) = service().await;
    for path in ["/zzyzx.Service/Do", "/partner.v1.PartnerService/Zzyzx", "/zzyzx@else.example/x"] {
        let mut client = Grpc::new(process.channel());
        client.ready().await.unwrap();
        let codec: ProstCodec<HealthCheckRequest, HealthCheckRequest> = ProstCodec::default();
        let request = Request::new(HealthCheckRequest::default());
        let answer = client.unary(request, PathAndQuery::from_static(path), codec).await;
        answer.expect_err("there is no such method");
    }
    let (_, page) = get(&home, "/metrics").await;
    let others = page.lines().filter(|line| line.contains("rpc_method=\"_OTHER\""));
    let counts = others.filter(|line| line.starts_with(&format!("{CALLS}_count")));
    let sum: f64 =
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum();
    assert_eq!(sum, 3.0, "{page}");
    assert!(!page.to_lowercase().contains("zzyzx"), "{page}");
    // nor does a log line repeat what is no method's name
    until("the last call is logged", PATIENCE, || {
        (process.said().matches("\"message\":\"call\"").count() >= 3).then_some(())
    })
    .await;
    assert!(!process.said().contains("else.example"), "{}", process.said());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_open_until_it_ends_and_counted_then() {
    const WATCH: &str = "partner.v1.MemberSyncService/WatchMembers";
    let (_database, home, process) = service().await;
    let channel = process.channel();
    let (a, b) = partners(&channel).await;
    let mut stream = watched(&channel, &a).await;
    reaches(&home, "partner_streams_open", 1.0).await;
    let before = value(&home, "partner_deliveries_total").await;
    register(&channel, &b.account_id, "new@bo.example").await;
    stream.message().await.unwrap().expect("the new member");
    assert!(value(&home, "partner_deliveries_total").await > before);
    assert_eq!(value(&home, "partner_commit_to_send_seconds_count").await, 1.0);
    assert!(value(&home, "partner_group_commit_size_sum").await >= 3.0);
    assert_eq!(value(&home, &calls(WATCH, "CANCELLED")).await, 0.0, "it has not ended");
    drop(stream);
    reaches(&home, &calls(WATCH, "CANCELLED"), 1.0).await;
    assert_eq!(value(&home, "partner_streams_open").await, 0.0);

    let mut refused = Harness::over(&channel, &[("x-member-id", a.id.clone())]).sync;
    let request = pb::WatchMembersRequest { account_id: b.account_id, ..Default::default() };
    refused.watch_members(request).await.expect_err("somebody else's");
    reaches(&home, &calls(WATCH, "NOT_FOUND"), 1.0).await;
}

const CREATE: &str = "partner.v1.AccountService/CreateAccount";

/// Keeps everybody from writing, while reads go on, for as long as the connection is kept.
async fn writers_stop(database: &TestDatabase) -> DatabaseConnection {
    let db = connect(&database.url).await;
    let hold = match engine() {
        TestEngine::Postgres => "BEGIN; SELECT * FROM log_head FOR UPDATE",
        TestEngine::Sqlite => "BEGIN IMMEDIATE",
    };
    db.execute_unprepared(hold).await.expect("the writers' lock");
    db
}

/// A call that waits for a lock, and is on its way.
async fn waiting(channel: &Channel) -> JoinHandle<()> {
    let mut accounts = Harness::over(channel, &[]).accounts;
    let account = pb::Account { display_name: "held up".to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let call = tokio::spawn(async move {
        let _ = accounts.create_account(request).await;
    });
    // frames of a connection are taken in their order
    for _ in 0..3 {
        let list = pb::ListAccountsRequest::default();
        Harness::over(channel, &[]).accounts.list_accounts(list).await.expect("reads go on");
    }
    assert!(!call.is_finished(), "a call that should wait was answered");
    call
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_its_caller_leaves_is_counted_and_logged_as_cancelled() {
    let (database, home, process) = service().await;
    let _lock = writers_stop(&database).await;
    let channel = process.channel();
    let call = waiting(&channel).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    reaches(&home, &calls(CREATE, "CANCELLED"), 1.0).await;
    assert_eq!(value(&home, &calls(CREATE, "OK")).await, 0.0);
    let line = "\"code\":\"Cancelled\"";
    until("it is logged", PATIENCE, || process.said().contains(line).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_lets_calls_finish_is_alive_and_not_ready() {
    let (database, home, mut process) = service().await;
    let lock = writers_stop(&database).await;
    let channel = process.channel();
    let call = waiting(&channel).await;
    process.terminate();
    until("the service takes no connections", PATIENCE, || (!process.listens()).then_some(()))
        .await;
    assert_eq!(get(&home, "/readyz").await, (503, "not ready\n".to_owned()));
    assert_eq!(get(&home, "/healthz").await.0, 200);
    lock.execute_unprepared("ROLLBACK").await.expect("the lock is let go");
    call.await.expect("an answer");
    process.ended(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_are_answered_and_nothing_else_is() {
    let (_database, home, mut process) = service().await;
    assert_eq!(get(&home, "/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get(&home, "/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(get(&home, "/").await.0, 404);
    let build = format!("partner_build_info{{version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(get(&home, "/metrics").await.1.contains(&build));
    assert_eq!(value(&home, "partner_log_lines_lost_total").await, 0.0);
    assert!(value(&home, "process_resident_memory_bytes").await > 1_000_000.0);
    process.terminate();
    process.ended(PATIENCE).await;
    assert!(!home.folder.path().join("metrics-listen").exists());
}

/// Two accounts that are partners, by a manager of each.
async fn partners(channel: &Channel) -> (pb::Member, pb::Member) {
    let (a, b) = (boss(channel, "ann").await, boss(channel, "bo").await);
    let mut by_a = Harness::over(channel, &[("x-member-id", a.id.clone())]).partners;
    let request = pb::InvitePartnerRequest {
        account_id: a.account_id.clone(),
        invitee_email: b.email.clone(),
        ..Default::default()
    };
    let invited = by_a.invite_partner(request).await.unwrap().into_inner();
    let mut by_b = Harness::over(channel, &[("x-member-id", b.id.clone())]).partners;
    let request = pb::AcceptPartnershipRequest {
        account_id: b.account_id.clone(),
        partnership_id: invited.partnership.unwrap().id,
        ..Default::default()
    };
    by_b.accept_partnership(request).await.unwrap();
    (a, b)
}

async fn boss(channel: &Channel, name: &str) -> pb::Member {
    let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
    let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
    let created = Harness::over(channel, &[]).accounts.create_account(request).await.unwrap();
    let account = created.into_inner().account.unwrap();
    register(channel, &account.id, &format!("boss@{name}.example")).await
}

async fn register(channel: &Channel, account_id: &str, email: &str) -> pb::Member {
    let member = pb::Member {
        email: email.to_owned(),
        display_name: email.to_owned(),
        profile: pb::MemberProfile::Administrator.into(),
        ..Default::default()
    };
    let request = pb::RegisterMemberRequest {
        account_id: account_id.to_owned(),
        member: Some(member),
        ..Default::default()
    };
    let done = Harness::over(channel, &[]).accounts.register_member(request).await.unwrap();
    done.into_inner().member.unwrap()
}

/// A stream from now on, its first sign of life behind it.
async fn watched(channel: &Channel, by: &pb::Member) -> tonic::Streaming<pb::WatchMembersResponse> {
    let mut sync = Harness::over(channel, &[("x-member-id", by.id.clone())]).sync;
    let request = pb::WatchMembersRequest {
        account_id: by.account_id.clone(),
        start: Some(Start::Now(())),
        ..Default::default()
    };
    let mut stream = sync.watch_members(request).await.unwrap().into_inner();
    let greeting = stream.message().await.unwrap();
    assert!(greeting.is_some());
    stream
}
