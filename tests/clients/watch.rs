//! `partner-service watch` against the service: it follows, and goes on where it was left.

use super::service::{Service, url};
use super::shell::{BINARY, Folder, finish};
use super::support::database::TestDatabase;
use super::watcher::{Partners, Watcher, position, positions};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const FAILED: i32 = 1;
const USAGE: i32 = 2;
const TOKEN_FILE: &str = "token";

struct Scene {
    folder: Folder,
    database: TestDatabase,
    service: Service,
    partners: Partners,
}

impl Scene {
    async fn new() -> Self {
        let (folder, database) = (Folder::new(), TestDatabase::empty().await);
        let service = Service::plain(&folder, &database);
        let partners = Partners::on(&service.address).await;
        Self { folder, database, service, partners }
    }

    /// Watches with a token file, besides what else is asked for.
    fn watch(&self, more: &[&str]) -> Watcher {
        let usual = ["--account", &self.partners.watching, "--token-file", TOKEN_FILE];
        Watcher::start(&self.folder, &[&usual, more].concat())
    }

    fn stored(&self) -> String {
        fs::read_to_string(self.folder.path().join(TOKEN_FILE)).expect("a token").trim().to_owned()
    }
}

fn token(line: &Value) -> &str {
    line["resumeToken"].as_str().expect("every line has a token")
}

fn is_synced(line: &Value) -> bool {
    !line["synced"].is_null()
}

#[tokio::test]
async fn a_watcher_that_is_stopped_and_started_again_prints_everything_once() {
    let scene = Scene::new().await;
    let mut printed = Vec::new();
    let mut hired = 0;
    for signal in ["-TERM", "-INT", "-TERM"] {
        let watcher = scene.watch(&["--from", "snapshot"]).read();
        if printed.is_empty() {
            let snapshot = watcher.until(is_synced);
            assert!(!snapshot[0]["snapshotBegin"].is_null(), "{snapshot:#?}");
            assert_eq!(snapshot[1]["contact"]["email"], "bo@b.example");
            assert_eq!(snapshot.len(), 3);
        }
        // those that were hired while nobody watched come first
        for _ in 0..3 {
            hired = scene.partners.hire(&format!("p{hired}")).await;
        }
        let lines = watcher.until_event(hired);
        let ended = watcher.stop(signal);
        assert_eq!((ended.status.code(), ended.said.as_str()), (Some(0), ""), "{signal}");
        assert_eq!(ended.lines, [] as [Value; 0]);
        assert_eq!(scene.stored(), token(lines.last().expect("a line")), "{signal}");
        printed.extend(positions(&lines));
        hired = scene.partners.hire(&format!("q{hired}")).await;
    }
    let last = scene.watch(&["--catch-up"]).read().end();
    assert_eq!(last.status.code(), Some(0));
    printed.extend(positions(&last.lines));
    // the first was before the snapshot
    assert_eq!(printed, scene.partners.told().await[1..]);
}

#[tokio::test]
async fn a_watcher_that_is_killed_leaves_nothing_out() {
    let scene = Scene::new().await;
    scene.watch(&["--catch-up"]).read().end();
    let mut printed: Vec<i64> = Vec::new();
    for round in 0..5 {
        let watcher = scene.watch(&[]).read();
        let mut hired = 0;
        for number in 0..4 {
            hired = scene.partners.hire(&format!("p{round}.{number}")).await;
        }
        let mut lines = watcher.until_event(hired);
        lines.extend(watcher.stop("-KILL").lines);
        let again = positions(&lines);
        let known = again.iter().take_while(|position| printed.contains(position)).count();
        assert!(printed.ends_with(&again[..known]), "{again:?} goes back beyond {printed:?}");
        printed.extend(&again[known..]);
    }
    assert_eq!(printed, scene.partners.told().await[1..]);
}

// a service that stops says goodbye to the test's own connection, which must be there to hear it
#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_outlives_the_service_and_goes_on_with_the_next_one() {
    let Scene { folder, database, service, partners } = Scene::new().await;
    let (address, account) = (service.address.clone(), partners.watching.clone());
    let arguments = ["--account", &account, "--address", &address, "--from", "now", "--heartbeats"];
    let mut watcher = Watcher::start(&folder, &arguments).read();
    watcher.until(|line| !line["heartbeat"].is_null());
    let before = partners.hire("before").await;
    watcher.until_event(before);
    assert!(service.stop().success());
    watcher.watcher.says(|said| said.contains("; going on in "));

    let line = format!("cargo run --release -- --listen {address}");
    let service = Service::start(&folder, &line, url(&database));
    let after = partners.served_by(&address).await.hire("after").await;
    let lines = watcher.until_event(after);
    assert_eq!(positions(&lines), [after]);
    assert_eq!(watcher.stop("-TERM").status.code(), Some(0));
    assert!(service.stop().success());
}

#[tokio::test]
async fn catching_up_ends_by_itself_and_the_next_time_prints_only_what_is_new() {
    let scene = Scene::new().await;
    let first = scene.watch(&["--catch-up"]).read().end();
    assert!(is_synced(first.lines.last().expect("a snapshot")), "{:#?}", first.lines);
    let nothing = scene.watch(&["--catch-up"]).read().end();
    assert_eq!((nothing.lines.len(), nothing.status.code()), (0, Some(0)), "{}", nothing.said);
    let hired = scene.partners.hire("new").await;
    let new = scene.watch(&["--catch-up"]).read().end();
    assert_eq!(new.lines.iter().map(position).collect::<Vec<_>>(), [Some(hired)]);
    assert_eq!(new.lines[0]["event"]["kind"], "MEMBER_EVENT_KIND_MEMBER_ADDED");
    assert_eq!(new.lines[0]["event"]["member"]["email"], "new@b.example");
}

#[tokio::test]
async fn a_closed_pipe_ends_it_quietly() {
    let scene = Scene::new().await;
    let mut watcher = scene.watch(&[]);
    let mut line = String::new();
    let mut output = BufReader::new(watcher.output());
    while !line.contains("synced") {
        line.clear();
        output.read_line(&mut line).expect("a line");
    }
    drop(output);
    scene.partners.hire("unseen").await;
    let (status, said) = watcher.ends();
    assert_eq!((status.code(), said), (Some(0), ""));
    let again = scene.watch(&["--catch-up"]).read().end();
    assert_eq!(again.lines[0]["event"]["member"]["email"], "unseen@b.example");
}

/// More is printed than a pipe holds, and nobody reads it.
#[tokio::test]
async fn whoever_does_not_read_keeps_no_signal_waiting_and_loses_nothing() {
    let scene = Scene::new().await;
    let mut hired = 0;
    for number in 0..300 {
        hired = scene.partners.hire(&format!("{number}.{}", "x".repeat(40))).await;
    }
    let mut watcher = scene.watch(&["--stats"]);
    let unread = watcher.output();
    watcher.says(|said| said.contains(" messages, "));
    watcher.signal("-TERM");
    assert_eq!(watcher.ends().0.code(), Some(0));
    drop(unread);

    let rest = scene.watch(&["--catch-up"]).read().end();
    assert_eq!(rest.status.code(), Some(0), "{}", rest.said);
    let synced = rest.lines.last().expect("lines");
    assert_eq!(synced["synced"]["position"], hired.to_string());
    let sent = rest.lines.iter().filter(|line| !line["contact"].is_null()).count();
    assert!((1..=301).contains(&sent), "{sent}");
}

#[tokio::test]
async fn statistics_go_to_standard_error() {
    let scene = Scene::new().await;
    let mut watcher = scene.watch(&["--stats"]).read();
    watcher.until(is_synced);
    let said = watcher.watcher.says(|said| said.contains("3 messages, "));
    let line = said.lines().find(|line| line.contains("3 messages, ")).expect("the line");
    assert!(line.starts_with("partner-service: 3 messages, "), "{line}");
    assert!(line.contains("/s, position ") && line.ends_with(" s"), "{line}");
    assert_eq!(watcher.stop("-TERM").status.code(), Some(0));
}

#[tokio::test]
async fn a_damaged_token_file_is_told_and_left_alone() {
    let scene = Scene::new().await;
    let file = scene.folder.path().join(TOKEN_FILE);
    fs::write(&file, "").expect("written");
    let ended = scene.watch(&[]).read().end();
    assert_eq!(
        (ended.status.code(), ended.said.as_str(), ended.lines.len()),
        (
            Some(FAILED),
            "partner-service: token is damaged: it does not hold one line with a resume token; \
             remove it to begin anew\n",
            0
        )
    );
    assert_eq!(fs::read(&file).expect("the file"), b"");
}

#[tokio::test]
async fn a_token_that_the_service_does_not_take_is_told_and_a_snapshot_follows() {
    let scene = Scene::new().await;
    fs::write(scene.folder.path().join(TOKEN_FILE), "of-another-log\n").expect("written");
    let ended = scene.watch(&["--catch-up"]).read().end();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    assert!(ended.said.contains("; what was printed is replaced by a snapshot"), "{}", ended.said);
    assert!(!ended.lines[0]["snapshotBegin"].is_null());
    assert_eq!(scene.stored(), token(ended.lines.last().expect("a line")));
}

#[tokio::test]
async fn what_the_service_refuses_for_good_ends_it() {
    let scene = Scene::new().await;
    let nobody = "aaaaaaaa-0000-4000-8000-00000000ffff";
    let ended = Watcher::start(&scene.folder, &["--account", nobody]).read().end();
    assert_eq!(ended.status.code(), Some(FAILED));
    assert!(ended.said.starts_with("partner-service: the service refused: "), "{}", ended.said);
    assert!(ended.said.ends_with(" (NotFound)\n"), "{}", ended.said);
    // the other account's member
    let arguments = ["--account", &scene.partners.watched, "--member-id", &scene.partners.watcher];
    let ended = Watcher::start(&scene.folder, &arguments).read().end();
    assert!(ended.said.ends_with(" (NotFound)\n"), "{}", ended.said);
}

// a service that stops says goodbye to the test's own connection, which must be there to hear it
#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_sent_as_given() {
    let Scene { folder, database, service, partners } = Scene::new().await;
    assert!(service.stop().success());
    let service = Service::with_tokens(&folder, &database);
    let account = ["--account", &partners.watching, "--catch-up"];
    let ended = Watcher::start(&folder, &account).read().end();
    assert_eq!(ended.status.code(), Some(FAILED));
    assert!(ended.said.contains("--token and --member-id say who it is"), "{}", ended.said);

    let sign = |arguments: &[&str]| {
        let mut sign = folder.command(BINARY);
        sign.args(["token", "--jwt-key-file", "data/jwt.secret"]).args(arguments);
        let token = finish({
            sign.stdout(Stdio::piped());
            sign
        })
        .stdout;
        String::from_utf8(token).expect("a token").trim().to_owned()
    };
    let (ann, operator) =
        (sign(&["--sub", &partners.watcher]), sign(&["--sub", "directory", "--operator"]));
    for credentials in
        [&["--token", &ann][..], &["--token", &operator, "--member-id", &partners.watcher]]
    {
        let ended = Watcher::start(&folder, &[&account, credentials].concat()).read().end();
        assert_eq!((ended.status.code(), ended.lines.len()), (Some(0), 3), "{}", ended.said);
    }
    assert!(service.stop().success());
}

#[test]
fn what_cannot_be_meant_is_a_usage_error() {
    let account = "aaaaaaaa-0000-4000-8000-000000000000";
    for (arguments, hint) in [
        (&[][..], "--account <ID>"),
        (&["--account", "Aurora"], "invalid value 'Aurora' for '--account <ID>'"),
        (&["--account", account, "--heartbeat", "61s"], "write a span from 1s to 60s"),
        (&["--account", account, "--from", "yesterday"], "[possible values: snapshot, now]"),
        (&["--account", account, "--address", "no where"], "no where is no address"),
    ] {
        let ended = Watcher::start(&Folder::new(), arguments).read().end();
        assert_eq!(ended.status.code(), Some(USAGE), "{arguments:?}: {}", ended.said);
        assert!(ended.said.contains(hint), "{arguments:?}: {}", ended.said);
    }
}
