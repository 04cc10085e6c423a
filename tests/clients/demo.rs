//! `partner-service demo`, and the lines that it prints.

use super::pages;
use super::service::Service;
use super::shell::{Folder, Paste, finish};
use super::support::database::TestDatabase;
use std::process::Stdio;

/// As it stands in the README.
const LINE: &str = "cargo run --release -- demo";

#[tokio::test]
async fn the_demos_lines_work_as_pasted_and_a_second_demo_changes_nothing() {
    assert!(pages::text_of(pages::README).contains(&format!("\n{LINE}\n")));
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::plain(&folder, &database);
    let first = demo(&folder, &[]);
    assert!(
        first.contains("8 organisations are loaded, 2666 people new to this service."),
        "{first}"
    );
    let head = head(&folder, &service.address);

    let second = demo(&folder, &[]);
    assert!(second.contains("nothing changed"), "{second}");
    assert_eq!(self::head(&folder, &service.address), head, "the second demo wrote something");

    // twice, because the last line undoes the others
    let lines = lines(&second);
    for _ in 0..2 {
        let printed = folder.paste("sh", &[Paste::succeeds(&lines)]).remove(0);
        let states = ["AWAITING_APPROVAL", "PENDING", "ACTIVE", "ACTIVE"];
        let seen: Vec<&str> = printed
            .lines()
            .filter_map(|line| line.trim().strip_prefix("\"state\": \"PARTNERSHIP_STATE_"))
            .collect();
        assert_eq!(seen, states.map(|state| format!("{state}\",")), "{printed}");
    }
    assert!(service.stop().success());
}

#[tokio::test]
async fn the_demo_works_with_tokens_too() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let service = Service::with_tokens(&folder, &database);

    let mut unarmed = folder.command("sh");
    unarmed.arg("-c").arg(format!("exec {LINE}"));
    let answer = finish(unarmed);
    assert_eq!(answer.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&answer.stderr),
        "partner-service: the service asks for credentials; give an operator's token with --token or PARTNER_TOKEN\n"
    );

    let mut sign = folder.command("target/release/partner-service");
    sign.args(["token", "--jwt-key-file", "data/jwt.secret", "--operator", "--sub", "directory"]);
    let token = String::from_utf8(finish(with_output(sign)).stdout).expect("a token");
    let printed = demo(&folder, &[("PARTNER_TOKEN", token.trim())]);
    let lines = format!("PARTNER_TOKEN={token}\n{}", lines(&printed));
    let printed = folder.paste("sh", &[Paste::succeeds(lines)]).remove(0);
    assert!(printed.contains("PARTNERSHIP_STATE_ACTIVE"), "{printed}");
    assert!(service.stop().success());
}

fn demo(folder: &Folder, settings: &[(&str, &str)]) -> String {
    let mut command = folder.command("sh");
    command.arg("-c").arg(format!("exec {LINE}")).envs(settings.iter().copied());
    let answer = finish(with_output(command));
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).expect("UTF-8")
}

/// What follows the sentence that tells to paste.
fn lines(printed: &str) -> String {
    let from = printed.find("\n# ").expect("lines to try");
    printed[from..].to_owned()
}

/// The end of the log.
fn head(folder: &Folder, address: &str) -> String {
    let call = format!(
        r#"grpcurl -plaintext -d '{{"account": {{"displayName": "x"}}, "validateOnly": true}}' \
             {address} partner.v1.AccountService/CreateAccount | grep '"position"'"#
    );
    folder.paste("sh", &[Paste::succeeds(call)]).remove(0)
}

fn with_output(mut command: std::process::Command) -> std::process::Command {
    command.stdout(Stdio::piped());
    command
}
