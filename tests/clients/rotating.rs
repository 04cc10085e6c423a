//! `key rotate`, `key drop` and `key status`, on the real binary while it serves.

use super::service::{Service, url};
use super::shell::{BINARY, Folder, finish};
use super::support::database::{TestDatabase, TestEngine, engine};
use super::support::roster::connect;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic::transport::{Channel, Endpoint};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const PATIENCE: Duration = Duration::from_secs(60);
const PLAIN: &str = "cargo run --release";

fn run(folder: &Folder, arguments: &[&str], database: Option<&str>) -> (i32, String, String) {
    let mut command = folder.command(BINARY);
    command.args(arguments).stdout(Stdio::piped());
    if let Some(url) = database {
        command.env("PARTNER_DATABASE_URL", url);
    }
    let Output { status, stdout, stderr } = finish(command);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("an exit code"), text(stdout), text(stderr))
}

/// What it answers as JSON.
fn told(folder: &Folder, arguments: &[&str], database: Option<&str>) -> Value {
    let (code, out, err) = run(folder, &[arguments, &["-o", "json"]].concat(), database);
    assert_eq!(code, DONE, "{arguments:?}: {err}");
    serde_json::from_str(&out).expect("JSON")
}

fn client(service: &Service) -> AccountServiceClient<Channel> {
    let channel = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    AccountServiceClient::new(channel.connect_lazy())
}

/// The second page's token, as the service signs it now.
async fn signed(service: &Service) -> String {
    let request = pb::ListAccountsRequest { page_size: 1, ..Default::default() };
    client(service).list_accounts(request).await.unwrap().into_inner().next_page_token
}

async fn takes(service: &Service, token: &str) -> bool {
    let page_token = token.to_owned();
    let request = pb::ListAccountsRequest { page_size: 1, page_token, ..Default::default() };
    client(service).list_accounts(request).await.is_ok()
}

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let (mut ticks, deadline) = (interval(Duration::from_millis(20)), Instant::now() + PATIENCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !so().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        ticks.tick().await;
    }
}

/// As many minutes later, as far as the keys can tell.
async fn minutes_pass(folder: &Folder, database: Option<&str>, minutes: u32) {
    let file = format!("sqlite://{}", folder.path().join("data/partner.db").display());
    let db = connect(database.unwrap_or(&file)).await;
    let micros = u64::from(minutes) * 60_000_000;
    let earlier = format!("UPDATE service_key SET created_at = created_at - {micros}");
    db.execute_unprepared(&earlier).await.unwrap();
}

/// Services that share what they keep: on SQLite there is one.
fn replicas(folders: &[Folder], at: Option<&str>) -> Vec<Service> {
    let count = if engine() == TestEngine::Postgres { folders.len() } else { 1 };
    folders[..count].iter().map(|folder| Service::start(folder, PLAIN, at)).collect()
}

#[tokio::test]
async fn a_new_key_signs_after_a_minute_and_what_the_old_one_signed_stays_good_until_it_is_dropped()
{
    let (folders, database) = ([Folder::new(), Folder::new()], TestDatabase::empty().await);
    let (folder, at) = (&folders[0], url(&database));
    let mut services = replicas(&folders, at);
    for name in ["one", "two"] {
        let account = pb::Account { display_name: name.to_owned(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        client(&services[0]).create_account(request).await.unwrap();
    }
    let old = signed(&services[0]).await;
    let status = told(folder, &["key", "status"], at);
    assert_eq!(
        (&status["keys"][0]["number"], &status["keys"][0]["signs"]),
        (&json!(1), &json!(true))
    );
    if engine() == TestEngine::Sqlite {
        let (code, out, err) = run(folder, &["key", "rotate"], at);
        assert_eq!((code, out.as_str()), (FAILED, ""));
        assert!(err.contains("is in use by another process; stop that one"), "{err}");
        assert!(services.remove(0).stop().success());
    }

    let added = told(folder, &["key", "rotate"], at);
    assert_eq!(added["added"], 2);
    let status = told(folder, &["key", "status"], at);
    assert_eq!(status["keys"][0]["signsUntil"], added["signsFrom"]);
    assert_eq!(status["keys"][1]["signs"], json!(false));
    let dropped = told(folder, &["key", "drop", "--unused-for", "0"], at);
    assert_eq!((&dropped["dropped"], &dropped["left"]), (&json!([]), &json!([1, 2])));
    minutes_pass(folder, at, 1).await;
    if engine() == TestEngine::Sqlite {
        services = replicas(&folders, at);
    }
    for service in &services {
        until("it signs with the new key", async || signed(service).await != old).await;
    }
    let new = signed(&services[0]).await;
    for service in &services {
        assert_eq!(signed(service).await, new, "all of them do");
        assert!(takes(service, &old).await && takes(service, &new).await);
    }

    let (_, text, _) = run(folder, &["key", "status"], at);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(": 2 keys"), "{text}");
    assert!(
        lines[1].starts_with("  key 1  signed until ")
            && lines[1].ends_with("; what it signed is good")
    );
    assert!(lines[2].starts_with("  key 2  signs since "), "{text}");
    if engine() == TestEngine::Sqlite {
        assert!(services.remove(0).stop().success());
    }
    minutes_pass(folder, at, 1).await;
    let (code, text, err) = run(folder, &["key", "drop", "--unused-for", "0"], at);
    assert_eq!(code, DONE, "{err}");
    assert!(text.ends_with(": 1 key dropped, 1 key left\n"), "{text}");
    if engine() == TestEngine::Sqlite {
        services = replicas(&folders, at);
    }
    for service in &services {
        until("what the old key signed is void", async || !takes(service, &old).await).await;
        assert!(takes(service, &new).await);
    }
    for service in &services {
        let log = service.log();
        if engine() == TestEngine::Postgres {
            assert!(log.contains("the secret keys kept in the database are others now"), "{log}");
        }
    }
}

#[tokio::test]
async fn a_database_that_keeps_no_key_has_none_to_rotate() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let at = url(&database);
    assert_eq!(told(&folder, &["key", "status"], at)["keys"], json!([]), "no schema");
    let (code, _, err) = run(&folder, &["key", "rotate"], at);
    assert_eq!(code, FAILED);
    assert!(err.contains("the schema is behind this version"), "{err}");
    assert_eq!(run(&folder, &["migrate", "up"], at).0, DONE);
    let (code, _, err) = run(&folder, &["key", "rotate"], at);
    assert_eq!(code, FAILED);
    assert!(err.contains(" keeps no key: the service makes one at its first start"), "{err}");
    let (code, text, _) = run(&folder, &["key", "status"], at);
    assert_eq!(code, DONE);
    assert!(text.ends_with(": no key\n"), "{text}");
    let dropped = told(&folder, &["key", "drop", "--unused-for", "30d"], at);
    assert_eq!((&dropped["dropped"], &dropped["left"]), (&json!([]), &json!([])));
}

#[test]
fn which_keys_are_dropped_has_to_be_said() {
    let (code, _, err) = run(&Folder::new(), &["key", "drop"], None);
    assert_eq!(code, USAGE);
    assert!(err.contains("--unused-for"), "{err}");
    let (code, _, err) = run(&Folder::new(), &["key", "rotate"], Some("mysql://host/db"));
    assert_eq!(code, USAGE, "{err}");
}
