//! `-o json`, for programs: answers on standard output, and each failure as one object on standard error, with the exit
//! code and the words that people get.

use super::service::Service;
use super::shell::{BINARY, Folder, finish};
use super::support::database::TestDatabase;
use super::watcher::Watcher;
use serde_json::{Value, json};
use std::fs;
use std::process::{Output, Stdio};

const DONE: i32 = 0;
const FAILED: i32 = 1;
const USAGE: i32 = 2;
const NOBODY: &str = "127.0.0.1:1";
const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

fn run(folder: &Folder, line: &str, more: &[&str]) -> (i32, String, String) {
    let mut command = folder.command(BINARY);
    command.args(line.split(' ')).args(more).stdout(Stdio::piped());
    let Output { status, stdout, stderr } = finish(command);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("an exit code"), text(stdout), text(stderr))
}

/// The answer in JSON.
fn answered(folder: &Folder, line: &str) -> Value {
    let (code, out, err) = run(folder, line, &["-o", "json"]);
    assert_eq!((code, err.as_str()), (DONE, ""), "{line}");
    serde_json::from_str(&out).expect("JSON")
}

/// What is in the one object on standard error, and nothing is on standard output.
fn failed(folder: &Folder, line: &str, code: i32) -> Value {
    let (came, out, err) = run(folder, line, &["-o", "json"]);
    assert_eq!((came, out.as_str()), (code, ""), "{line}: {err}");
    assert_eq!(err.matches('\n').count(), 1, "{line}: {err}");
    let all: Value = serde_json::from_str(&err).unwrap_or_else(|_| panic!("{line}: {err}"));
    assert_eq!(all.as_object().map(serde_json::Map::len), Some(1), "{line}: {err}");
    assert_eq!(all["error"]["exitCode"], code, "{line}: {err}");
    all["error"].clone()
}

#[test]
fn a_failure_is_one_object_with_the_exit_code_and_the_words_that_people_get() {
    let folder = Folder::new();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect(name);
    write("wrong.toml", "nonsense = 1\n");
    write("there", "something\n");
    write("damaged", "no token\n");
    let account = format!("--account {UNKNOWN}");
    for (line, code) in [
        ("config print --config wrong.toml", USAGE),
        ("config check --config nowhere", USAGE),
        ("migrate up --database-url mysql://x", USAGE),
        ("migrate status --database-url postgres://a:b@127.0.0.1:1/c", FAILED),
        ("export there", FAILED),
        ("export new", FAILED),
        ("import nowhere", FAILED),
        ("import there --database-url sqlite://imported.db", FAILED),
        ("healthcheck --address ftp://nowhere", USAGE),
        (&format!("healthcheck --address {NOBODY}"), FAILED),
        (&format!("demo --address {NOBODY}"), FAILED),
        (&format!("watch {account} --address ftp://nowhere"), USAGE),
        (&format!("watch {account} --token-file damaged"), FAILED),
        ("token --sub x --jwt-key-file there", USAGE),
        ("token --sub x --operator --jwt-key-file nowhere", USAGE),
    ] {
        let error = failed(&folder, line, code);
        let (_, _, said) = run(&folder, line, &[]);
        let message = error["message"].as_str().expect("a message");
        assert_eq!(said, format!("partner-service: {message}\n"), "{line}");
        assert_eq!(error.get("reason"), None, "{line}: no service refused");
    }
}

#[test]
fn a_command_line_that_cannot_be_read_is_told_in_the_same_way() {
    let folder = Folder::new();
    for (line, said) in [
        ("migrate up --databse-url x", "unexpected argument '--databse-url' found; tip: a similar"),
        ("watch", "the following required arguments were not provided: --account <ID>"),
        ("watch --account nobody", "invalid value 'nobody' for '--account <ID>': an id is a UUID"),
        ("migrate sideways", "unrecognized subcommand 'sideways'"),
        ("nonsense", "unrecognized subcommand 'nonsense'"),
        ("serve", "unexpected argument '-o' found"),
    ] {
        let error = failed(&folder, line, USAGE);
        let message = error["message"].as_str().expect("a message");
        assert!(message.starts_with(said), "{line}: {message}");
        assert!(!message.contains("Usage:") && !message.contains('\n'), "{line}: {message}");
    }
    // where it is asked for wrongly there is nobody to answer so
    let (code, _, err) = run(&folder, "migrate up -o xml", &[]);
    assert_eq!((code, err.starts_with("error: invalid value 'xml'")), (USAGE, true), "{err}");
}

#[test]
fn help_is_help_however_it_is_asked_for() {
    let folder = Folder::new();
    let (code, out, err) = run(&folder, "migrate up --help", &["-o", "json"]);
    assert_eq!((code, err.as_str()), (DONE, ""));
    assert!(out.contains("Usage: partner-service migrate up"), "{out}");
}

#[tokio::test]
async fn a_refusal_of_the_services_keeps_its_published_reason() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let at = format!("--address {}", service.address);
    let error = failed(&folder, &format!("watch --account {UNKNOWN} {at}"), FAILED);
    assert_eq!(error["reason"], "RESOURCE_NOT_FOUND", "{error}");
    let error = failed(&folder, &format!("healthcheck --service nobody {at}"), FAILED);
    assert_eq!(
        error["message"],
        format!(
            "the service on {} does not know \"nobody\", which --service asks about",
            service.address
        )
    );
}

#[tokio::test]
async fn what_a_stranger_tries_first_answers_programs_too() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let demo = answered(&folder, &format!("demo --address {}", service.address));
    let organizations = demo["organizations"].as_array().expect("organisations");
    assert_eq!(organizations.len(), 8);
    let people: u64 = organizations.iter().filter_map(|one| one["people"].as_u64()).sum();
    assert_eq!(demo["newPeople"].as_u64(), Some(people));
    let again = answered(&folder, &format!("demo --address {}", service.address));
    assert_eq!(again["newPeople"], 0);

    fs::write(folder.path().join("key"), "s".repeat(32)).expect("a key");
    let token = answered(&folder, "token --operator --sub x --jwt-key-file key");
    assert_eq!(token["token"].as_str().expect("a token").matches('.').count(), 2);

    let letter = answered(&folder, "mail preview --kind invitation");
    let (_, text, _) = run(&folder, "mail preview --kind invitation", &[]);
    let part = |name: &str| letter[name].as_str().expect("a text").to_owned();
    assert_eq!(text, format!("Subject: {}\n\n{}\n", part("subject"), part("text")));
    assert!(part("html").starts_with("<!DOCTYPE html>"), "{letter}");
}

#[test]
fn what_watch_says_beside_the_stream_is_an_object_too() {
    let folder = Folder::new();
    let arguments = ["--account", UNKNOWN, "--address", NOBODY, "--stats", "-o", "json"];
    let mut watcher = Watcher::start(&folder, &arguments);
    let said = watcher.says(|said| said.contains("interruption") && said.contains("stats"));
    let lines: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let of = |name: &str| lines.iter().find_map(|line| line.get(name)).expect(name);
    assert_eq!(
        *of("stats"),
        json!({"messages": 0, "perSecond": 0, "position": 0, "lagSeconds": 0.0})
    );
    let interruption = of("interruption");
    assert_eq!(interruption["message"], "Connection refused (os error 111)");
    assert_eq!(
        (&interruption["reason"], &interruption["startsAnew"]),
        (&json!(null), &json!(false))
    );
    assert!(interruption["waitSeconds"].is_number(), "{interruption}");
    watcher.signal("-TERM");
    assert!(watcher.ends().0.success());
}
