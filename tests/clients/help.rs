//! What the command line says of itself, and to those who misspell it.

use super::refusals::{USAGE, run};
use super::shell::Folder;
use clap::{Command, CommandFactory};
use partner_service::config::Cli;
use std::process::Output;

#[test]
fn help_names_the_subcommands_and_the_exit_codes() {
    let Output { status, stdout, .. } = run(&Folder::new(), &["--help"], &[]);
    let help = String::from_utf8(stdout).expect("UTF-8");
    assert_eq!(status.code(), Some(0));
    for expected in [
        "\n  serve ",
        "\n  migrate ",
        "\n  healthcheck ",
        "\n  config ",
        "\n  export ",
        "\n  import ",
        "\n  demo ",
        "\n  token ",
        "\n  watch ",
        "\n  version ",
        "\n  completions ",
        "Exit codes: 0 done",
        "1 failed",
        "2 the command",
    ] {
        assert!(help.contains(expected), "{expected:?} is not in {help}");
    }
}

#[test]
fn version_is_the_packages() {
    let Output { status, stdout, .. } = run(&Folder::new(), &["--version"], &[]);
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&stdout),
        concat!("partner-service ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_misspelt_flag_is_told_its_nearest_match() {
    let Output { status, stderr, .. } = run(&Folder::new(), &["--databse-url", "x"], &[]);
    assert_eq!(status.code(), Some(USAGE));
    let said = String::from_utf8_lossy(&stderr);
    assert!(said.contains("'--databse-url'") && said.contains("'--database-url'"), "{said}");
}

#[test]
fn values_that_cannot_be_read_are_told_what_to_write() {
    for (flag, value, hint) in [
        (
            "--listen",
            "example.com:50051",
            "write an IP address and a port, such as 127.0.0.1:50051",
        ),
        ("--metrics-listen", "9090", "such as 127.0.0.1:50051 or [::1]:0; or off"),
        ("--invitation-expiry", "3 fortnights", "write a span such as 30d, 12h, 90s, or 0"),
    ] {
        let Output { status, stderr, .. } = run(&Folder::new(), &[flag, value], &[]);
        assert_eq!(status.code(), Some(USAGE));
        let said = String::from_utf8_lossy(&stderr);
        assert!(said.contains(value) && said.contains(hint), "{said}");
    }
}

/// The first lines, and what is listed under each heading; what is below none is clap's own "Options".
#[test]
fn help_begins_with_how_to_try_it_and_lists_settings_by_what_they_are_about() {
    let Output { stdout, .. } = run(&Folder::new(), &["--help"], &[]);
    let help = String::from_utf8(stdout).expect("UTF-8");
    let first: Vec<&str> = help.lines().take(24).collect();
    for expected in
        ["start it without flags", "partner-service demo", "Usage: ", "Commands:", "  watch "]
    {
        assert!(
            first.iter().any(|line| line.contains(expected)),
            "{expected} is not in {first:#?}"
        );
    }
    let headings: Vec<&str> = help
        .lines()
        .filter(|line| line.ends_with(':') && !line.starts_with(' '))
        .map(|line| line.trim_end_matches(':'))
        .collect();
    assert_eq!(
        headings,
        [
            "Commands",
            "Options",
            "Listening",
            "TLS",
            "Authentication",
            "Database",
            "Signing",
            "Limits",
            "Mail",
            "Telemetry"
        ]
    );
}

#[test]
fn a_flag_is_below_no_other_heading_than_in_the_services_own_help() {
    let service = Cli::command();
    let mut commands: Vec<Command> = service.get_subcommands().cloned().collect();
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        for arg in command.get_arguments() {
            let Some(heading) = arg.get_help_heading() else { continue };
            let at = format!("--{} of {}", arg.get_id(), command.get_name());
            let same = service.get_arguments().find(|other| other.get_env() == arg.get_env());
            match same.filter(|_| arg.get_env().is_some()) {
                Some(same) => assert_eq!(Some(heading), same.get_help_heading(), "{at}"),
                // of clients
                None => assert!(arg.get_id().as_str().starts_with("tls_"), "{at}: {heading}"),
            }
            seen += 1;
        }
        commands.extend(command.get_subcommands().cloned());
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn an_id_that_is_none_is_told_what_one_is() {
    for arguments in [
        &["watch", "--account", "nobody"][..],
        &["watch", "--account", "00000000-0000-4000-8000-000000000000", "--member-id", "nobody"],
    ] {
        let Output { status, stderr, .. } = run(&Folder::new(), arguments, &[]);
        assert_eq!(status.code(), Some(USAGE));
        let said = String::from_utf8_lossy(&stderr);
        assert!(said.contains("'nobody'") && said.contains("an id is a UUID, such as "), "{said}");
    }
}
