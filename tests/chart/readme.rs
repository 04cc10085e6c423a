//! The commands of the chart's README, as far as they go without a cluster: what it installs can be rendered, and the Secrets
//! that it makes are those that the pods wait for.

use super::helm::{self, example};
use super::tools::answer;
use std::collections::BTreeSet;
use std::process::Command;

/// Every line of the README's blocks for a shell.
fn commands() -> Vec<String> {
    let page = helm::file("README.md");
    let blocks = page.split("```").skip(1).step_by(2);
    let lines = blocks.filter_map(|block| block.strip_prefix("sh\n")).flat_map(str::lines);
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(lines.len() > 5, "{lines:?}");
    lines
}

fn beginning_with(start: &str) -> Vec<String> {
    let found: Vec<String> =
        commands().into_iter().filter(|line| line.starts_with(start)).collect();
    assert!(!found.is_empty(), "no line begins with {start}");
    found
}

#[test]
fn every_command_installs_or_makes_a_secret() {
    for line in commands() {
        let known =
            ["helm install ", "kubectl create secret "].iter().any(|start| line.starts_with(start));
        assert!(known, "nothing looks at what {line} does");
    }
}

#[test]
fn what_is_installed_renders() {
    for line in beginning_with("helm install ") {
        let mut helm = Command::new("sh");
        helm.arg("-c")
            .arg(line.replacen("install", "template", 1))
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        let objects = answer(helm, "").unwrap_or_else(|said| panic!("{line}: {said}"));
        assert!(objects.contains("kind: Deployment"), "{line} printed {objects}");
    }
}

#[test]
fn the_secrets_that_are_made_are_those_that_pods_wait_for() {
    let made: BTreeSet<String> =
        beginning_with("kubectl create secret ").iter().map(|line| made_by(line)).collect();
    let mut wanted = BTreeSet::new();
    for values in [String::new(), example("postgres")] {
        let notes = helm::notes(&values);
        let (_, list) = notes.split_once("wait for these Secrets").expect("a list of them");
        let named = list.lines().skip(1).take_while(|line| line.starts_with("  "));
        wanted.extend(named.map(|line| line.trim().to_owned()));
    }
    assert_eq!(made, wanted);
}

/// A Secret and its keys, as the notes name them.
fn made_by(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().skip(3).collect();
    let keys = match words[0] {
        "tls" => vec!["tls.crt", "tls.key"],
        _ => words
            .iter()
            .filter_map(|word| {
                let key =
                    word.strip_prefix("--from-file=").or(word.strip_prefix("--from-literal="));
                key?.split('=').next()
            })
            .collect(),
    };
    format!("{} ({})", words[1], keys.join(", "))
}
