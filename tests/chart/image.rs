//! The Dockerfile, read: no engine builds it here, so what it does is compared with what the tests do.

use super::service::binary;
use super::tools::answer;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An instruction and its arguments, its lines joined.
type Step = (String, String);

/// The instructions of each stage, in order; what is before the first FROM is in none.
fn stages() -> Vec<Vec<Step>> {
    let text = fs::read_to_string(Path::new(ROOT).join("Dockerfile")).expect("Dockerfile");
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let mut stages: Vec<Vec<Step>> = Vec::new();
    for line in joined.lines().filter(|line| !line.trim().is_empty()) {
        let (name, rest) = line.split_once(' ').expect("an instruction");
        if name == "FROM" {
            stages.push(Vec::new());
        }
        if let Some(stage) = stages.last_mut() {
            let words: Vec<&str> = rest.split_whitespace().collect();
            stage.push((name.to_owned(), words.join(" ")));
        }
    }
    assert_eq!(stages.len(), 2, "where it is built, and what is run");
    stages
}

fn all<'a>(stage: &'a [Step], name: &str) -> Vec<&'a str> {
    stage.iter().filter(|(step, _)| step == name).map(|(_, rest)| rest.as_str()).collect()
}

fn one<'a>(stage: &'a [Step], name: &str) -> &'a str {
    let found = all(stage, name);
    assert_eq!(found.len(), 1, "{name}: {found:?}");
    found[0]
}

/// What the builder copies of the tree.
fn copied() -> Vec<String> {
    let stages = stages();
    let mut paths: Vec<String> = Vec::new();
    for copy in all(&stages[0], "COPY") {
        let words: Vec<&str> = copy.split(' ').collect();
        paths.extend(words[..words.len() - 1].iter().map(|path| (*path).to_owned()));
    }
    paths
}

/// What hadolint says of a Dockerfile.
fn lint(text: &str) -> Result<String, String> {
    let mut hadolint = Command::new("hadolint");
    hadolint.args(["--no-color", "--failure-threshold", "info", "-"]);
    answer(hadolint, text)
}

#[test]
fn the_linter_has_nothing_to_say() {
    let text = fs::read_to_string(Path::new(ROOT).join("Dockerfile")).expect("Dockerfile");
    assert_eq!(lint(&text), Ok(String::new()));
    let said = lint(&text.replace(":nonroot", "")).expect_err("a base that is not pinned");
    assert!(said.contains("DL3006"), "{said}");
}

#[test]
fn cargo_builds_with_the_lock_and_what_it_builds_is_what_runs() {
    let stages = stages();
    let run = one(&stages[0], "RUN");
    assert!(run.contains("cargo build --locked --release --bin partner-service "), "{run}");
    for cache in ["/usr/local/cargo/registry", "/source/target"] {
        assert!(run.contains(&format!("--mount=type=cache,target={cache},")), "{run}");
    }
    assert_eq!(one(&stages[1], "ENTRYPOINT"), "[\"/usr/local/bin/partner-service\"]");
    let from = all(&stages[1], "COPY");
    assert!(from.iter().all(|copy| copy.starts_with("--from=build ")), "{from:?}");
}

#[test]
fn cargo_finds_all_it_needs_in_what_is_copied() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    for path in copied() {
        let to = folder.path().join(&path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let mut cp = Command::new("cp");
        cp.arg("-r").arg(Path::new(ROOT).join(&path)).arg(to);
        answer(cp, "").unwrap_or_else(|said| panic!("{path}: {said}"));
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1"]);
    cargo.current_dir(folder.path());
    answer(cargo, "").unwrap_or_else(|said| panic!("{said}"));
    for included in included() {
        assert!(
            folder.path().join(&included).is_file(),
            "{included} is compiled in and not copied"
        );
    }
}

/// The files of the tree that sources compile in.
fn included() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![Path::new(ROOT).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a source");
            for after in text.split("include_str!(\"").skip(1) {
                let name = after.split('"').next().expect("a name");
                let file = path.with_file_name(name).canonicalize().expect("it is there");
                let file = file.strip_prefix(Path::new(ROOT).canonicalize().unwrap()).unwrap();
                found.insert(file.display().to_string());
            }
        }
    }
    assert!(found.contains("tests/data/organizations.json"), "{found:?}");
    found
}

#[test]
fn what_is_copied_is_what_is_let_through_to_the_builder() {
    let text = fs::read_to_string(Path::new(ROOT).join(".dockerignore")).expect(".dockerignore");
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(lines.next(), Some("*"), "everything is kept out first");
    let through: BTreeSet<String> =
        lines.map(|line| line.strip_prefix('!').expect("an exception").to_owned()).collect();
    assert_eq!(through, copied().into_iter().collect());
}

#[test]
fn bases_are_pinned_and_have_the_same_c_library() {
    let text = fs::read_to_string(Path::new(ROOT).join("Dockerfile")).expect("Dockerfile");
    let manifest = fs::read_to_string(Path::new(ROOT).join("Cargo.toml")).expect("Cargo.toml");
    let version = |text: &str, before: &str| -> (u32, u32) {
        let rest = text.split_once(before).expect("a version").1;
        let (major, minor) = rest.split_once('.').expect("two numbers");
        let digits = minor.chars().take_while(char::is_ascii_digit).collect::<String>();
        (major.parse().unwrap(), digits.parse().unwrap())
    };
    let rust = version(&text, "ARG RUST_VERSION=");
    assert!(rust >= version(&manifest, "rust-version = \""), "older than Cargo.toml asks for");
    let stages = stages();
    assert_eq!(one(&stages[0], "FROM"), "rust:${RUST_VERSION}-bookworm AS build");
    assert_eq!(one(&stages[1], "FROM"), "gcr.io/distroless/cc-debian12:nonroot"); // bookworm is Debian 12
}

#[test]
fn what_runs_has_no_shell_is_nobody_and_keeps_its_data_in_a_volume() {
    let stages = stages();
    let run = &stages[1];
    assert!(all(run, "RUN").is_empty());
    assert_eq!(one(run, "USER"), "65532:65532");
    assert_eq!(one(run, "VOLUME"), "[\"/data\"]");
    assert_eq!(one(run, "EXPOSE"), "50051 9090");
    let health = one(run, "HEALTHCHECK");
    assert!(
        health.ends_with("CMD [\"/usr/local/bin/partner-service\", \"healthcheck\"]"),
        "{health}"
    );
    assert!(one(run, "LABEL").matches("org.opencontainers.image.").count() >= 6);
    assert_eq!(all(run, "ARG")[0], concat!("VERSION=", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_images_variables_are_the_services() {
    let help = answer(binary(&["serve", "--help"]), "").expect("the help");
    let stages = stages();
    for setting in one(&stages[1], "ENV").split(' ') {
        let (name, _) = setting.split_once('=').expect("a variable");
        assert!(help.contains(&format!("[env: {name}")), "{name}");
    }
}
