//! What else the README claims.

use super::readme;
use super::shell::{BINARY, Folder, finish};
use std::path::Path;
use std::process::Stdio;

#[test]
fn the_readme_has_every_flag_of_the_service_with_its_default() {
    let rows = rows("## Running it");
    let flags = flags(&["--help"]);
    assert_eq!(rows.len(), flags.len(), "flags in the README and in --help");
    for flag in flags {
        let name = name(&flag);
        let row = row(&rows, name);
        let variable = format!("[env: PARTNER_{}", name.to_uppercase().replace('-', "_"));
        assert!(flag.contains(&variable), "--{name} is not {variable}");
        if let Some(default) = default(&flag) {
            assert!(
                row.contains(&format!("| `{default}` |")),
                "--{name} is {default} unless told, not as in {row}"
            );
        }
    }
}

#[test]
fn the_readme_has_every_flag_of_watch_with_its_default() {
    let rows = rows("## Following the stream");
    let flags = flags(&["watch", "--help"]);
    assert_eq!(rows.len(), flags.len(), "flags in the README and in watch --help");
    for flag in flags {
        let row = row(&rows, name(&flag));
        if let Some(default) = default(&flag) {
            assert!(row.contains(&format!("| `{default}` |")), "{flag} is not as in {row}");
        }
    }
}

/// What `--help` says of each flag, but not of itself.
fn flags(arguments: &[&str]) -> Vec<String> {
    let mut command = Folder::new().command(BINARY);
    command.current_dir("/").args(arguments).stdout(Stdio::piped());
    let help = String::from_utf8(finish(command).stdout).expect("UTF-8");
    let flags: Vec<String> = help.split("\n      --").skip(1).map(str::to_owned).collect();
    assert!(flags.len() > 10, "{help}");
    flags
}

fn name(flag: &str) -> &str {
    flag.split_whitespace().next().unwrap_or_default()
}

fn default(flag: &str) -> Option<&str> {
    let (_, rest) = flag.split_once("\n          [default: ")?;
    rest.split(']').next()
}

/// The rows about flags below a heading.
fn rows(heading: &str) -> Vec<String> {
    let page = readme::text();
    let (_, below) = page.split_once(&format!("\n{heading}\n")).expect("the heading");
    let section = below.split("\n## ").next().unwrap_or_default();
    section.lines().filter(|line| line.starts_with("| `--")).map(str::to_owned).collect()
}

fn row<'a>(rows: &'a [String], name: &str) -> &'a String {
    let row = rows.iter().find(|row| row.starts_with(&format!("| `--{name}` |")));
    row.unwrap_or_else(|| panic!("README.md does not have --{name}"))
}

#[test]
fn every_path_that_the_readme_names_is_there() {
    let page = readme::text();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named: Vec<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| ["src/", "tests/", "proto/"].iter().any(|room| text.starts_with(room)))
        .map(|text| text.split_whitespace().next().unwrap_or_default())
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for path in named {
        assert!(root.join(path).exists(), "README.md names {path}, which is not there");
    }
}
