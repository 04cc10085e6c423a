//! What the process refuses to start with: settings that would be dangerous, useless, or lead nowhere. One clear line, an
//! exit code, and nothing begun.

use super::shell::{BINARY, Folder, finish};
use super::support::database::{TestDatabase, TestEngine, engine};
use std::fs;
use std::process::{Output, Stdio};

pub const FAILED: i32 = 1;
pub const USAGE: i32 = 2;

/// What came of a run.
pub fn run(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = folder.command(BINARY);
    command.args(arguments).envs(settings.iter().copied()).stdout(Stdio::piped());
    finish(command)
}

/// The process must refuse, print nothing but one line, and begin nothing.
pub fn refused(folder: &Folder, arguments: &[&str], code: i32) -> String {
    let Output { status, stdout, stderr } = run(folder, arguments, &[]);
    let said = String::from_utf8(stderr).expect("UTF-8");
    assert_eq!(status.code(), Some(code), "{arguments:?} said {said}");
    assert!(stdout.is_empty(), "{arguments:?} printed something");
    let line = said.strip_prefix("partner-service: ").expect("its own name comes first");
    let line = line.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "{arguments:?} said more than one line: {said}");
    line.to_owned()
}

/// A file of so many bytes to sign with.
pub fn secret(folder: &Folder, bytes: usize) -> &'static str {
    fs::write(folder.path().join("secret"), "s".repeat(bytes)).expect("a key file");
    "secret"
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
