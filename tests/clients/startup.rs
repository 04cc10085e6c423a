//! What the process says when it starts, and when it cannot: one clear line, and an exit code.

use super::service::{Service, url};
use super::shell::{BINARY, Folder, finish};
use super::support::database::{TestDatabase, TestEngine, engine};
use std::fs;
use std::net::TcpListener;
use std::process::{Output, Stdio};

const FAILED: i32 = 1;
const USAGE: i32 = 2;

fn run(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = folder.command(BINARY);
    command.args(arguments).envs(settings.iter().copied()).stdout(Stdio::piped());
    finish(command)
}

/// The process must refuse, print nothing but one line, and begin nothing.
fn refused(folder: &Folder, arguments: &[&str], code: i32) -> String {
    let Output { status, stdout, stderr } = run(folder, arguments, &[]);
    let said = String::from_utf8(stderr).expect("UTF-8");
    assert_eq!(status.code(), Some(code), "{arguments:?} said {said}");
    assert!(stdout.is_empty(), "{arguments:?} printed something");
    let line = said.strip_prefix("partner-service: ").expect("its own name comes first");
    let line = line.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "{arguments:?} said more than one line: {said}");
    line.to_owned()
}

fn secret(folder: &Folder, bytes: usize) -> &'static str {
    fs::write(folder.path().join("secret"), "s".repeat(bytes)).expect("a key file");
    "secret"
}

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

#[test]
fn help_names_the_subcommands_and_the_exit_codes() {
    let Output { status, stdout, .. } = run(&Folder::new(), &["--help"], &[]);
    let help = String::from_utf8(stdout).expect("UTF-8");
    assert_eq!(status.code(), Some(0));
    for expected in [
        "\n  serve ",
        "\n  migrate ",
        "\n  healthcheck ",
        "\n  config ",
        "\n  export ",
        "\n  import ",
        "\n  demo ",
        "\n  token ",
        "\n  watch ",
        "\n  version ",
        "\n  completions ",
        "Exit codes: 0 done",
        "1 failed",
        "2 the command",
    ] {
        assert!(help.contains(expected), "{expected:?} is not in {help}");
    }
}

#[test]
fn version_is_the_packages() {
    let Output { status, stdout, .. } = run(&Folder::new(), &["--version"], &[]);
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&stdout),
        concat!("partner-service ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_misspelt_flag_is_told_its_nearest_match() {
    let Output { status, stderr, .. } = run(&Folder::new(), &["--databse-url", "x"], &[]);
    assert_eq!(status.code(), Some(USAGE));
    let said = String::from_utf8_lossy(&stderr);
    assert!(said.contains("'--databse-url'") && said.contains("'--database-url'"), "{said}");
}

#[test]
fn values_that_cannot_be_read_are_told_what_to_write() {
    for (flag, value, hint) in [
        (
            "--listen",
            "example.com:50051",
            "write an IP address and a port, such as 127.0.0.1:50051",
        ),
        ("--metrics-listen", "9090", "such as 127.0.0.1:50051 or [::1]:0; or off"),
        ("--invitation-expiry", "3 fortnights", "write a span such as 30d, 12h, 90s, or 0"),
    ] {
        let Output { status, stderr, .. } = run(&Folder::new(), &[flag, value], &[]);
        assert_eq!(status.code(), Some(USAGE));
        let said = String::from_utf8_lossy(&stderr);
        assert!(said.contains(value) && said.contains(hint), "{said}");
    }
}

#[test]
fn beyond_loopback_it_asks_for_authentication_or_insecure() {
    assert_eq!(
        refused(&Folder::new(), &["--listen", "0.0.0.0:0"], USAGE),
        "other machines can reach 0.0.0.0:0, and without authentication each of them would be the operator: \
         listen on 127.0.0.1, authenticate with --auth jwt, or allow it with --insecure"
    );
}

#[test]
fn beyond_loopback_it_asks_for_tls_or_insecure() {
    let folder = Folder::new();
    let key = secret(&folder, 32);
    let arguments = ["--listen", "[::]:0", "--auth", "jwt", "--jwt-key-file", key];
    assert_eq!(
        refused(&folder, &arguments, USAGE),
        "other machines can reach [::]:0, and without TLS tokens travel readable: \
         listen on 127.0.0.1, give --tls-cert-file and --tls-key-file, or allow it with --insecure"
    );
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

#[test]
fn jwt_asks_for_a_key() {
    assert_eq!(
        refused(&Folder::new(), &["--auth", "jwt"], USAGE),
        "--auth jwt needs a key to verify tokens with: give --jwt-key-file or --jwks"
    );
}

#[test]
fn a_key_that_would_verify_nothing_is_not_taken_for_authentication() {
    let folder = Folder::new();
    let key = secret(&folder, 32);
    assert_eq!(
        refused(&folder, &["--jwt-key-file", key], USAGE),
        "--jwt-key-file and --jwks verify nothing without --auth jwt: add it, or leave them out"
    );
}

#[test]
fn a_key_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    for arguments in [
        &["--auth", "jwt", "--jwt-key-file", "nowhere"][..],
        &["--auth", "jwt", "--jwks", "nowhere"],
        &["--listen", "127.0.0.1:0", "--secret-key-file", "nowhere"],
        &["token", "--operator", "--sub", "x", "--jwt-key-file", "nowhere"],
    ] {
        assert_eq!(
            refused(&folder, arguments, USAGE),
            "nowhere cannot be read: No such file or directory (os error 2)"
        );
    }
}

#[test]
fn a_secret_too_short_to_verify_with_is_too_short_to_sign_with() {
    let folder = Folder::new();
    let key = secret(&folder, 31);
    for arguments in [
        &["--auth", "jwt", "--jwt-key-file", key][..],
        &["token", "--operator", "--sub", "x", "--jwt-key-file", key],
    ] {
        assert_eq!(
            refused(&folder, arguments, USAGE),
            "secret cannot be used as a key: a shared secret needs at least 32 bytes"
        );
    }
}

#[test]
fn a_subject_that_no_service_takes_is_not_signed() {
    let folder = Folder::new();
    let key = secret(&folder, 32);
    assert_eq!(
        refused(&folder, &["token", "--sub", "Bo", "--jwt-key-file", key], USAGE),
        "--sub is no member's id (a UUID): give one, or add --operator"
    );
}

#[test]
fn a_database_url_of_another_kind_is_told_the_two_there_are() {
    assert_eq!(
        refused(&Folder::new(), &["--database-url", "mysql://localhost/partner"], USAGE),
        "--database-url must begin with sqlite:// or postgres://"
    );
}

#[test]
fn a_doorbell_of_no_kind_is_told_the_kinds_there_are_without_what_may_be_a_password() {
    for value in [
        "notfy",
        "nats://",
        "nats://partner:hush@bell.example/subject",
        "http://partner:hush@bell.example",
    ] {
        assert_eq!(
            refused(&Folder::new(), &["--doorbell", value], USAGE),
            "--doorbell is none of notify, poll, nats://host:port and tls://host:port"
        );
    }
}

#[test]
fn a_mail_server_is_told_who_we_are_wholly_or_not_at_all() {
    for half in [["--smtp-username", "partner"], ["--smtp-password-file", "password"]] {
        assert_eq!(
            refused(&Folder::new(), &half, USAGE),
            "--smtp-username and --smtp-password-file go together: give both, or neither"
        );
    }
}

#[test]
fn a_password_in_the_address_of_a_mail_server_is_refused_without_being_told() {
    let said = refused(&Folder::new(), &["--smtp-url", "smtp://partner:hush@mail.example"], USAGE);
    assert!(said.contains("--smtp-password-file") && !said.contains("hush"), "{said}");
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
fn a_direct_url_without_a_postgresql_to_go_around_to_is_refused() {
    let direct = "postgres://partner:hush@127.0.0.1:1/partner";
    for arguments in [
        &["--database-direct-url", direct][..],
        &["--database-url", direct, "--database-direct-url", "sqlite://partner.db"],
    ] {
        assert_eq!(
            refused(&Folder::new(), arguments, USAGE),
            "--database-direct-url goes with a --database-url that begins with postgres://, and begins so itself"
        );
    }
}

#[tokio::test]
async fn a_direct_url_to_another_database_is_refused() {
    if engine() == TestEngine::Sqlite {
        println!("a direct way to the database: PostgreSQL only");
        return;
    }
    // a copy, with the same log in it
    let (one, other) = (TestDatabase::fresh().await, TestDatabase::fresh().await);
    let place = |database: &TestDatabase| database.url.split_once('@').unwrap().1.to_owned();
    let arguments = ["--database-url", &one.url, "--database-direct-url", &other.url];
    assert_eq!(
        refused(&Folder::new(), &arguments, USAGE),
        format!(
            "--database-direct-url leads to another database (PostgreSQL {}) than --database-url (PostgreSQL {}); \
             both have to lead to the same one",
            place(&other),
            place(&one)
        )
    );
}

#[test]
fn a_direct_url_that_does_not_answer_is_named_without_its_password() {
    let url = "postgres://partner:hush@127.0.0.1:1/partner";
    let arguments = ["--database-url", url, "--database-direct-url", url];
    assert_eq!(
        refused(&Folder::new(), &arguments, FAILED),
        "PostgreSQL 127.0.0.1:1/partner cannot be used: Connection refused (os error 111); check --database-direct-url"
    );
}

#[test]
fn a_postgresql_that_does_not_answer_is_named_without_its_password() {
    let url = "postgres://partner:hush@127.0.0.1:1/partner";
    assert_eq!(
        refused(&Folder::new(), &["--database-url", url], FAILED),
        "PostgreSQL 127.0.0.1:1/partner cannot be used: Connection refused (os error 111); check --database-url"
    );
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
