//! What the process says when it starts, and what may be in its way then: one clear line, and an exit code.

use super::refusals::{FAILED, refused, secret};
use super::service::{Service, url};
use super::shell::Folder;
use super::support::database::{TestDatabase, TestEngine, engine};
use std::fs;
use std::net::TcpListener;

#[tokio::test]
async fn the_banner_tells_version_address_database_and_authentication() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let lines: Vec<&str> = service.banner.lines().collect();
    let at = &service.address;
    let store = match engine() {
        TestEngine::Sqlite => "SQLite ./data/partner.db".to_owned(),
        TestEngine::Postgres => {
            let (_, place) = database.url.split_once('@').expect("a user in the URL");
            format!("PostgreSQL {place}")
        }
    };
    assert_eq!(lines[0], concat!("partner-service ", env!("CARGO_PKG_VERSION")));
    assert_eq!(lines[1], format!("  gRPC      {at}, no TLS"));
    assert_eq!(lines[2], format!("  database  {store} (7 migrations applied)"));
    assert!(
        lines[3].starts_with("  auth      none: a caller is the member that x-member-id names")
    );
    assert!(lines[4].starts_with("  key       kept in the database"));
    assert_eq!(lines[5], "  mail      files in ./data/mail; --smtp-url sends them");
    let metrics = fs::read_to_string(folder.path().join("data/metrics-listen")).expect("the file");
    assert_eq!(lines[6], format!("  metrics   http://{}/metrics", metrics.trim()));
    assert_eq!(lines[7], format!("  try       target/release/partner-service demo --address {at}"));
    assert_eq!(lines[8], format!("            grpcurl -plaintext {at} list"));
    assert_eq!(lines.len(), 9);
}

#[tokio::test]
async fn the_listen_files_tell_the_addresses_and_go_with_the_process() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let files = ["data/listen", "data/metrics-listen"].map(|file| folder.path().join(file));
    assert_eq!(fs::read_to_string(&files[0]).expect("the file"), format!("{}\n", service.address));
    assert!(files[1].exists());
    assert_eq!(service.stop().code(), Some(0));
    assert!(!files[0].exists() && !files[1].exists());
}

#[tokio::test]
async fn metrics_that_are_not_wanted_are_not_served() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    for off in ["off", "''"] {
        let line = format!("env PARTNER_METRICS_LISTEN={off} cargo run --release");
        let service = Service::start(&folder, &line, url(&database));
        assert!(service.banner.contains("\n  metrics   off; --metrics-listen serves them\n"));
        assert!(!folder.path().join("data/metrics-listen").exists());
        assert!(service.stop().success());
    }
}

#[test]
fn an_address_in_use_for_metrics_is_told_how_to_choose_another_before_anything_begins() {
    let (folder, held) = (Folder::new(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let at = held.local_addr().expect("its address").to_string();
    assert_eq!(
        refused(&folder, &["--listen", "127.0.0.1:0", "--metrics-listen", &at], FAILED),
        format!(
            "cannot serve metrics on {at}: Address already in use (os error 98); \
             choose another address with --metrics-listen, or none with --metrics-listen off"
        )
    );
    let left = fs::read_dir(folder.path().join("data")).expect("the folder").count();
    assert_eq!(left, 0, "something was begun");
}

#[test]
fn beyond_loopback_metrics_are_served_without_more_words() {
    let folder = Folder::new();
    let line = "cargo run --release -- --metrics-listen 0.0.0.0:0";
    let service = Service::start(&folder, line, None);
    assert!(service.banner.contains("  metrics   http://0.0.0.0:"), "{}", service.banner);
}

#[tokio::test]
async fn a_second_start_finds_the_schema_up_to_date() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    assert!(Service::plain(&folder, &database).stop().success());
    let service = Service::start(&folder, "cargo run --release", url(&database));
    assert!(service.banner.contains("(schema up to date)"), "{}", service.banner);
}

#[tokio::test]
async fn insecure_allows_it_and_the_banner_says_what_that_means() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let line = "env PARTNER_INSECURE=1 cargo run --release -- --listen 0.0.0.0:0";
    let service = Service::start(&folder, line, url(&database));
    assert!(
        service.banner.contains("NONE: whoever can reach this address is an operator"),
        "{}",
        service.banner
    );
}

#[tokio::test]
async fn a_nats_server_that_does_not_answer_is_a_warning_without_its_password() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let line =
        "env RUST_LOG=trace cargo run --release -- --doorbell nats://partner:hush@127.0.0.1:1";
    let service = Service::start(&folder, line, url(&database));
    let warning = "the doorbell does not work; polling until it does";
    while engine() == TestEngine::Postgres && !service.log().contains(warning) {
        std::thread::yield_now();
    }
    let log = service.log();
    assert!(!log.contains("hush") && !service.banner.contains("hush"), "{log}");
    assert_eq!(service.stop().code(), Some(0));
}

#[test]
fn a_sqlite_file_serves_one_process() {
    let folder = Folder::new();
    let service = Service::start(&folder, "cargo run --release", None);
    assert_eq!(
        refused(&folder, &["--listen", "127.0.0.1:0"], FAILED),
        "./data/partner.db is in use by another process; stop that one, or use PostgreSQL, which serves any number"
    );
    // the refused one has left the first one's files alone
    let told = |file: &str| fs::read_to_string(folder.path().join(file)).expect("the file");
    assert_eq!(told("data/listen").trim(), service.address);
    let metrics = format!("http://{}/metrics", told("data/metrics-listen").trim());
    assert!(service.banner.contains(&metrics), "{}", service.banner);
}

#[test]
fn an_address_in_use_is_told_how_to_choose_another() {
    let folder = Folder::new();
    let service = Service::start(&folder, "cargo run --release", None);
    assert_eq!(
        refused(&folder, &["--data-dir", "other", "--listen", &service.address], FAILED),
        format!(
            "cannot listen on {}: Address already in use (os error 98); choose another address with --listen",
            service.address
        )
    );
}

#[test]
fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = Folder::new();
    let file = secret(&folder, 1);
    assert_eq!(
        refused(&folder, &["--listen", "127.0.0.1:0", "--data-dir", file], FAILED),
        "secret cannot be written: File exists (os error 17); choose another folder with --data-dir"
    );
}

#[test]
fn a_demo_without_a_service_is_told_to_start_one() {
    assert_eq!(
        refused(&Folder::new(), &["demo", "--address", "127.0.0.1:1"], FAILED),
        "no service answers on 127.0.0.1:1 (Connection refused (os error 111)); start one first, or say where with --address"
    );
}
