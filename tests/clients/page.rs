//! What the pages say of flags, and of files.

use super::pages::{self, CONFIGURATION, STREAM};
use super::shell::{BINARY, Folder, finish};
use clap::{Arg, ArgAction, CommandFactory};
use partner_service::config::Cli;
use std::process::Stdio;

const SETTINGS: &str = "\n## Settings\n";
const NEXT: &str = "\n## ";

#[test]
fn the_tables_of_settings_are_what_the_command_line_says_of_itself() {
    let page = pages::text_of(CONFIGURATION);
    let from = page.find(SETTINGS).expect("the settings") + SETTINGS.len();
    let to = from + page[from..].find(NEXT).expect("what comes next");
    let expected = tables();
    if pages::is_blessing() {
        pages::replace(CONFIGURATION, vec![(from..to, expected)]);
    } else {
        assert!(page[from..to] == expected, "{CONFIGURATION} should say\n\n{expected}");
    }
}

/// Every setting, as `--help` tells it: a table for each heading.
fn tables() -> String {
    let command = Cli::command();
    let settings: Vec<&Arg> =
        command.get_arguments().filter(|arg| arg.get_env().is_some()).collect();
    let mut text = String::new();
    for table in settings.chunk_by(|one, next| one.get_help_heading() == next.get_help_heading()) {
        let heading = table[0].get_help_heading().map(|heading| format!("\n### {heading}\n"));
        text += &heading.unwrap_or_default();
        text += "\n| flag | default | what it does |\n|---|---|---|\n";
        text.extend(table.iter().map(|arg| row(arg)));
    }
    text
}

fn row(arg: &Arg) -> String {
    let name = arg.get_long().expect("a long flag");
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let (help, told) = match help.split_once(" [default: ") {
        Some((help, rest)) => (help.to_owned(), rest.trim_end_matches(']').to_owned()),
        None => (help, String::new()),
    };
    let given = arg.get_default_values().first().map(|value| value.to_string_lossy());
    let default = given.map_or(told, |value| format!("`{value}`"));
    let values: Vec<String> = match arg.get_action() {
        ArgAction::SetTrue => Vec::new(),
        _ => {
            let values = arg.get_possible_values();
            values.iter().map(|value| format!("`{}`", value.get_name())).collect()
        }
    };
    let values = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
    format!("| `--{name}` | {default} | {help}{values} |\n")
        .replace("|  |", "| |")
        .replace('<', "&lt;")
}

#[test]
fn every_setting_is_a_flag_a_variable_and_a_key_by_one_name() {
    let mut commands = vec![Cli::command()];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        for arg in command.get_arguments() {
            let (Some(variable), Some(flag)) = (arg.get_env(), arg.get_long()) else { continue };
            let expected = format!("PARTNER_{}", flag.to_uppercase().replace('-', "_"));
            // --token-file is the resume token's there
            let expected = match (command.get_name(), flag) {
                ("watch", "bearer-token-file") => "PARTNER_TOKEN_FILE".to_owned(),
                _ => expected,
            };
            assert_eq!(variable.to_string_lossy(), expected, "{} --{flag}", command.get_name());
            seen += 1;
        }
        commands.extend(command.get_subcommands().cloned());
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn every_setting_is_in_the_help_with_its_variable() {
    let flags = flags(&["--help"]);
    let command = Cli::command();
    let settings: Vec<_> = command.get_arguments().filter(|arg| arg.get_env().is_some()).collect();
    assert_eq!(flags.len(), settings.len());
    for arg in settings {
        let name = arg.get_long().expect("a long flag");
        let flag = flags.iter().find(|flag| self::name(flag) == name);
        let flag = flag.unwrap_or_else(|| panic!("--{name} is not in --help"));
        let variable = format!("[env: {}", arg.get_env().expect("a variable").to_string_lossy());
        assert!(flag.contains(&variable), "{flag}");
    }
}

#[test]
fn every_flag_of_watch_is_explained_with_its_default() {
    let page = pages::text_of(STREAM);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `--")).collect();
    let flags = flags(&["watch", "--help"]);
    assert_eq!(rows.len(), flags.len(), "flags in {STREAM} and in watch --help");
    for flag in flags {
        let start = format!("| `--{}` |", name(&flag));
        let row = rows.iter().find(|row| row.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("{STREAM} does not have {start}"));
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
    let flags = help.split("\n      --").skip(1);
    // those with a letter are none of them
    let flags: Vec<String> =
        flags.filter_map(|flag| flag.split("\n  -").next()).map(str::to_owned).collect();
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

/// The folders of this repository, as pages begin a path.
const ROOMS: [&str; 5] = ["src/", "tests/", "proto/", "docs/", "helm/"];

#[test]
fn every_path_that_a_page_names_is_there() {
    let mut count = 0;
    for page in pages::all() {
        let text = pages::text_of(&page);
        let code = text.split('`').skip(1).step_by(2);
        let paths = code.filter(|code| ROOMS.iter().any(|room| code.starts_with(room)));
        for path in paths.filter_map(|code| code.split_whitespace().next()) {
            assert!(pages::root().join(path).exists(), "{page} names {path}, which is not there");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
