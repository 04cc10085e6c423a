//! Nothing of what people told the service is in what the service tells of itself.

use crate::support::discreet::assert_discreet;
use crate::walking::{MARK, Told, walk};
use partner_service::config;
use std::ffi::OsString;

/// Where `needle` stands in `hay`, with what surrounds it.
fn found(hay: &str, needle: &str) -> Vec<String> {
    let lines = hay.lines().filter(|line| line.to_lowercase().contains(&needle.to_lowercase()));
    lines.map(str::to_owned).take(5).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_people_or_operators_entrust_to_it_is_in_what_the_service_tells() {
    let Told { lines, metrics, spans, refusals, secrets, calls, letters } = walk().await;
    // it went where it was to go
    assert!(calls > 400 && refusals.len() > 100, "{calls} calls, {} refusals", refusals.len());
    assert!(letters > 2 && lines.matches("\"message\":\"call\"").count() > calls / 2);
    let failed =
        |line: &str| line.starts_with("partner_mails_failed_total ") && !line.ends_with(" 0");
    assert!(metrics.lines().any(failed) && spans.contains("WatchMembers"));
    assert!(secrets.len() > 8);
    // and what is there is found, however it is written
    assert!(!found(&lines, "PARTNER_SERVICE::CALL").is_empty());
    for (what, told) in [
        ("log lines", &lines),
        ("metrics", &metrics),
        ("spans", &spans),
        ("refusals", &refusals.join("\n")),
    ] {
        for secret in secrets.iter().map(String::as_str).chain([MARK]) {
            let found = found(told, secret);
            assert!(found.is_empty(), "{secret} is in {what}:\n{}", found.join("\n"));
        }
    }
}

#[test]
fn a_configuration_does_not_show_its_secrets_when_it_is_printed_for_debugging() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let password = folder.path().join("password");
    std::fs::write(&password, "zzyzx-smtp").expect("a file");
    let password = password.display().to_string();
    let arguments = [
        "partner-service",
        "--database-url",
        "postgres://partner:zzyzx@db.example/partner",
        "--database-direct-url",
        "postgres://partner:zzyzx@db.example/partner",
        "--doorbell",
        "nats://partner:zzyzx@bell.example",
        "--smtp-url",
        "smtp://mail.example:587",
        "--smtp-username",
        "partners",
        "--smtp-password-file",
        &password,
    ];
    let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
    let Ok(read) = config::read(&arguments) else { panic!("they are settings") };
    let debug = format!("{:?} {:?}", read.cli, read.settings);
    assert!(debug.contains("mail.example"));
    assert!(!debug.contains(MARK), "{debug}");
}

#[test]
fn an_address_is_found_wherever_it_stands_in_what_a_service_says() {
    for line in
        ["to <ana@acme.example>", "{\"member\":\"ana@acme.example\"}", "email=ana@a.example, x"]
    {
        assert!(std::panic::catch_unwind(|| assert_discreet("lines", line)).is_err(), "{line}");
    }
    assert_discreet("lines", "postgres://partner@db.example/x\nat 5@6, @ home");
}
