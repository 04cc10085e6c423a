//! What else the README claims.

use super::readme;
use super::shell::{BINARY, Folder, finish};
use std::path::Path;
use std::process::Stdio;

#[test]
fn the_readme_has_every_flag_of_the_service_with_its_default() {
    let mut command = Folder::new().command(BINARY);
    command.current_dir("/").arg("--help").stdout(Stdio::piped());
    let help = String::from_utf8(finish(command).stdout).expect("UTF-8");
    let page = readme::text();
    let flags: Vec<&str> = help.split("\n      --").skip(1).collect();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `--")).collect();
    assert!(flags.len() > 10, "{help}");
    assert_eq!(rows.len(), flags.len(), "flags in the README and in --help");
    for flag in flags {
        let name = flag.split_whitespace().next().unwrap_or_default();
        let row = rows.iter().find(|row| row.starts_with(&format!("| `--{name}` |")));
        let row = row.unwrap_or_else(|| panic!("README.md does not have --{name}"));
        let variable = format!("[env: PARTNER_{}", name.to_uppercase().replace('-', "_"));
        assert!(flag.contains(&variable), "--{name} is not {variable}");
        if let Some((_, rest)) = flag.split_once("\n          [default: ") {
            let default = rest.split(']').next().unwrap_or_default();
            assert!(
                row.contains(&format!("| `{default}` |")),
                "--{name} is {default} unless told, not as in {row}"
            );
        }
    }
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
