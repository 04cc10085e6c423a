//! Subcommands for operators: the schema, health, copies, version, completions.

use super::service::{Service, url};
use super::shell::{BINARY, Folder, finish};
use super::support::database::{TestDatabase, TestEngine, engine};
use super::support::roster::connect;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const LEFT: i32 = 3;

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

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[tokio::test]
async fn migrate_status_tells_what_is_left_and_migrate_up_applies_it_once() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let at = url(&database);
    let status = || run(&folder, &["migrate", "status", "-o", "json"], at);
    let (code, out, err) = status();
    assert_eq!(code, LEFT, "{err}");
    let (shipped, before) = (json(&out)["shipped"].clone(), json(&out));
    assert_eq!((&before["applied"], &before["pending"]), (&Value::Array(Vec::new()), &shipped));
    assert!(!folder.path().join("data").exists(), "it made something");

    let count = shipped.as_array().expect("names").len();
    let (code, out, err) = run(&folder, &["migrate", "up"], at);
    assert_eq!(code, DONE, "{err}");
    assert!(out.ends_with(&format!(": {count} migrations applied\n")), "{out}");
    let (code, out, _) = run(&folder, &["migrate", "up", "-o", "json"], at);
    assert_eq!((code, &json(&out)["applied"]), (DONE, &Value::from(0)));

    let (code, out, _) = status();
    assert_eq!(
        (code, &json(&out)["applied"], &json(&out)["pending"]),
        (DONE, &shipped, &Value::Array(Vec::new()))
    );
    let (code, out, _) = run(&folder, &["migrate", "status"], at);
    assert_eq!(code, DONE);
    assert!(out.contains(": the schema is up to date\n  m0001_create  applied\n"), "{out}");
}

#[tokio::test]
async fn the_status_is_told_while_a_service_runs() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let _service = Service::plain(&folder, &database);
    let (code, out, err) = run(&folder, &["migrate", "status"], url(&database));
    assert_eq!(code, DONE, "{out}{err}");
}

#[tokio::test]
async fn with_migrate_off_an_old_schema_is_refused_and_one_that_is_up_to_date_or_ahead_is_served() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let at = url(&database);
    let off = ["--migrate", "off", "--listen", "127.0.0.1:0"];
    let (code, out, err) = run(&folder, &off, at);
    assert_eq!((code, out.as_str()), (FAILED, ""));
    assert!(
        err.contains("the schema is behind this version, and --migrate is off; run `partner-service migrate up` first (missing: m0001_create, "),
        "{err}"
    );
    assert_eq!(run(&folder, &["migrate", "up"], at).0, DONE);
    let line = "cargo run --release -- --migrate=off";
    assert!(Service::start(&folder, line, at).stop().success());

    let file = format!("sqlite://{}", folder.path().join("data/partner.db").display());
    let db = connect(at.unwrap_or(&file)).await;
    let ahead = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0)";
    db.execute_unprepared(ahead).await.unwrap();
    let (code, out, _) = run(&folder, &["migrate", "status"], at);
    assert_eq!(code, DONE);
    assert!(out.contains("ahead of this version, which can serve it"), "{out}");
    for line in [line, "cargo run --release"] {
        let service = Service::start(&folder, line, at);
        assert!(service.banner.contains("(schema up to date)"), "{}", service.banner);
        assert!(service.stop().success());
    }

    db.execute_unprepared("DELETE FROM seaql_migrations WHERE version = 'm0001_create'")
        .await
        .unwrap();
    let (code, out, _) = run(&folder, &["migrate", "status"], at);
    assert_eq!(code, LEFT);
    assert!(out.contains("another version's"), "{out}");
    let (code, _, err) = run(&folder, &["--listen", "127.0.0.1:0"], at);
    assert_eq!(code, FAILED);
    assert!(
        err.contains("it has m9999_later, which this one does not know, and lacks m0001_create, which this one needs"),
        "{err}"
    );
}

#[tokio::test]
async fn healthcheck_answers_by_exit_code_whether_the_service_serves() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let check = |more: &[&str]| run(&folder, &[&["healthcheck"], more].concat(), None);
    let (code, _, err) = check(&["--address", "127.0.0.1:1"]);
    assert_eq!(code, FAILED);
    assert!(err.starts_with("partner-service: no service answers on 127.0.0.1:1: "), "{err}");
    assert_eq!(check(&["--address", "no address"]).0, USAGE);

    let service = Service::plain(&folder, &database);
    assert_eq!(check(&[]), (DONE, "SERVING\n".to_owned(), String::new()));
    for name in ["", "liveness", "partner.v1.PartnerService"] {
        assert_eq!(check(&["--service", name]).0, DONE, "{name}");
    }
    let (code, _, err) = check(&["--service", "nobody"]);
    assert_eq!(code, FAILED);
    assert!(err.contains("does not know \"nobody\""), "{err}");
    let (code, out, _) = check(&["-o", "json", "--address", &service.address]);
    assert_eq!((code, &json(&out)["status"]), (DONE, &Value::from("SERVING")));
}

#[tokio::test]
async fn a_copy_of_a_running_service_is_loaded_by_the_other_engine() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let (code, _, err) = run(&folder, &["demo", "--address", &service.address], None);
    assert_eq!(code, DONE, "{err}");
    let at = url(&database);
    let (code, out, err) = run(&folder, &["export", "copy.jsonl"], at);
    assert_eq!((code, out.as_str()), (DONE, ""), "{err}");
    assert!(err.contains(" rows of ") && err.contains(", as they are at position "), "{err}");
    let path = folder.path().join("copy.jsonl");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!folder.path().join("copy.jsonl.partial").exists());

    let (code, piped, err) = run(&folder, &["export", "-", "-o", "json"], at);
    assert_eq!(code, DONE, "{err}");
    assert_eq!(piped, fs::read_to_string(&path).unwrap());
    let rows = json(&err)["rows"].as_u64().unwrap();

    let (code, _, err) = run(&folder, &["export", "copy.jsonl"], at);
    assert_eq!(code, FAILED);
    assert_eq!(err, "partner-service: copy.jsonl is there already; choose another file\n");

    let other = match engine() {
        TestEngine::Postgres => TestEngine::Sqlite,
        TestEngine::Sqlite if std::env::var_os("TEST_POSTGRES_URL").is_some() => {
            TestEngine::Postgres
        }
        TestEngine::Sqlite => TestEngine::Sqlite,
    };
    let target = TestDatabase::empty_of(other).await;
    let (code, out, err) = run(&folder, &["import", "copy.jsonl", "-o", "json"], Some(&target.url));
    assert_eq!(code, DONE, "{err}");
    assert_eq!(json(&out)["rows"].as_u64(), Some(rows));
    let (code, _, err) = run(&folder, &["import", "copy.jsonl"], Some(&target.url));
    assert_eq!(code, FAILED);
    assert!(err.contains("is not empty; a copy goes into an empty database only"), "{err}");

    let moved = Folder::new();
    let moved_service = Service::start(&moved, "cargo run --release", Some(&target.url));
    let (code, out, err) = run(&moved, &["demo", "--address", &moved_service.address], None);
    assert_eq!(code, DONE, "{err}");
    assert!(out.contains("All of them were here already; nothing changed."), "{out}");
}

#[tokio::test]
async fn a_copy_goes_through_a_pipe_and_one_that_breaks_off_loads_nothing() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let (code, _, err) = run(&folder, &["demo", "--address", &service.address], None);
    assert_eq!(code, DONE, "{err}");
    let target = TestDatabase::empty().await;
    let piped = |through: &str| {
        let mut command = folder.command("sh");
        let line =
            format!("$BIN export - 2>/dev/null | {through} | $BIN import - --database-url $TARGET");
        command
            .arg("-c")
            .arg(line)
            .env("BIN", BINARY)
            .env("TARGET", &target.url)
            .stdout(Stdio::piped());
        if let Some(url) = url(&database) {
            command.env("PARTNER_DATABASE_URL", url);
        }
        finish(command)
    };
    let broken = piped("head -n 40");
    assert_eq!(broken.status.code(), Some(FAILED));
    let said = String::from_utf8_lossy(&broken.stderr).into_owned();
    assert_eq!(said, "partner-service: the copy ends before its last line; nothing was loaded\n");
    let whole = piped("cat");
    assert_eq!(whole.status.code(), Some(DONE), "{}", String::from_utf8_lossy(&whole.stderr));
}

#[tokio::test]
async fn an_export_that_fails_leaves_no_file() {
    let folder = Folder::new();
    let (code, _, err) = run(&folder, &["export", "copy.jsonl"], None);
    assert_eq!(code, FAILED);
    assert!(err.contains("SQLite ./data/partner.db holds nothing to copy"), "{err}");
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("copy")), "{left:?}");
    let (code, _, err) = run(&folder, &["import", "copy.jsonl"], None);
    assert_eq!(code, FAILED);
    assert!(err.contains("copy.jsonl cannot be used: No such file or directory"), "{err}");
    assert!(!folder.path().join("data").exists(), "it made a database");
}

#[test]
fn version_tells_the_packages_as_text_and_as_json() {
    let folder = Folder::new();
    let version = env!("CARGO_PKG_VERSION");
    let (code, out, _) = run(&folder, &["version"], None);
    assert_eq!(code, DONE);
    assert!(out.starts_with(&format!("partner-service {version}")), "{out}");
    let (_, out, _) = run(&folder, &["version", "-o", "json"], None);
    assert_eq!(json(&out)["version"], version);
    assert!(json(&out).get("commit").is_some());
}

#[test]
fn each_shell_gets_its_completions() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = run(&folder, &["completions", shell], None);
        assert_eq!(code, DONE);
        assert!(out.contains("database-url-file") && out.contains("healthcheck"), "{shell}");
    }
}

#[test]
fn every_subcommands_help_tells_its_exit_codes() {
    let folder = Folder::new();
    for arguments in [
        &["serve"][..],
        &["migrate", "up"],
        &["migrate", "status"],
        &["healthcheck"],
        &["config", "check"],
        &["export"],
        &["import"],
        &["key", "rotate"],
        &["key", "drop"],
        &["key", "status"],
        &["watch"],
    ] {
        let (code, out, _) = run(&folder, &[arguments, &["--help"]].concat(), None);
        assert_eq!(code, DONE);
        assert!(out.contains("Exit codes: 0 "), "{arguments:?}: {out}");
    }
}
