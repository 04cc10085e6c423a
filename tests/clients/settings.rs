//! Flags, variables and the file of settings, as the real binary reads them; and that no secret ever shows.

use super::shell::{BINARY, Folder, finish};
use serde_json::Value;
use std::fs;
use std::process::{Output, Stdio};

const DONE: i32 = 0;
const USAGE: i32 = 2;
/// What must be in nothing that is printed.
const CANARY: &str = "hush-4711";

/// What came of a run.
struct Said {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = folder.command(BINARY);
    command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::piped());
    let Output { status, stdout, stderr } = finish(command);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: status.code().expect("an exit code"), out: text(stdout), err: text(stderr) }
}

fn file(folder: &Folder, text: &str) -> &'static str {
    fs::write(folder.path().join("partner.toml"), text).expect("a file of settings");
    "partner.toml"
}

/// What `config print` says of each setting.
fn printed(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Value {
    let all = [&["config", "print", "-o", "json"], arguments].concat();
    let said = run(folder, &all, variables);
    assert_eq!(said.code, DONE, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

fn refused(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let said = run(folder, arguments, variables);
    assert_eq!(said.code, USAGE, "{}{}", said.out, said.err);
    assert!(said.out.is_empty(), "{}", said.out);
    let line = said.err.strip_prefix("partner-service: ").expect("its own name comes first");
    let line = line.strip_suffix('\n').expect("a whole line");
    assert!(!line.contains('\n'), "{line}");
    line.to_owned()
}

#[test]
fn a_flag_counts_before_a_variable_and_that_before_the_file_and_that_before_the_default() {
    let folder = Folder::new();
    let path = file(
        &folder,
        "listen = '127.0.0.1:1'\ndata-dir = 'from-file'\nopen-invitations = 7\ninsecure = true\n",
    );
    let variables = [
        ("PARTNER_CONFIG", path),
        ("PARTNER_LISTEN", "127.0.0.1:2"),
        ("PARTNER_DATA_DIR", "from-env"),
    ];
    let all = printed(&folder, &["--data-dir", "from-flag"], &variables);
    for (name, value, source) in [
        ("data-dir", Value::from("from-flag"), "flag"),
        ("listen", Value::from("127.0.0.1:2"), "environment"),
        ("open-invitations", Value::from(7), "file"),
        ("insecure", Value::from(true), "file"),
        ("invitations-per-day", Value::from(200), "default"),
        ("doorbell", Value::from("notify"), "default"),
        ("database-url", Value::Null, "default"),
    ] {
        assert_eq!((&all[name]["value"], &all[name]["source"]), (&value, &source.into()), "{name}");
    }
    let off = [("PARTNER_CONFIG", path), ("PARTNER_INSECURE", "false")];
    assert_eq!(printed(&folder, &[], &off)["insecure"]["value"], Value::from(false));
}

#[test]
fn the_file_is_found_however_it_is_named_and_the_flag_names_it_before_the_variable() {
    let folder = Folder::new();
    let path = file(&folder, "open-invitations = 7\n");
    for arguments in [&["--config", path][..], &["--config=partner.toml"]] {
        let all = printed(&folder, arguments, &[("PARTNER_CONFIG", "nowhere")]);
        assert_eq!(all["open-invitations"]["value"], Value::from(7), "{arguments:?}");
    }
    assert_eq!(
        refused(&folder, &["--config", "nowhere"], &[]),
        "nowhere cannot be read: No such file or directory (os error 2)"
    );
}

#[test]
fn what_is_printed_can_be_read_back_and_says_the_same() {
    let folder = Folder::new();
    let given = [
        "--data-dir",
        "a \"b\"\\c",
        "--open-invitations",
        "9",
        "--insecure",
        "--event-retention",
        "0",
    ];
    let said = run(&folder, &[&["config", "print"], &given[..]].concat(), &[]);
    assert_eq!(said.code, DONE, "{}", said.err);
    let path = file(&folder, &said.out);
    let again = run(&folder, &["config", "print", "--config", path], &[]);
    assert_eq!(again.code, DONE, "{}", again.err);
    let settings = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.rsplit_once("  # ").expect("a source").0.trim().to_owned()).collect()
    };
    assert_eq!(settings(&again.out), settings(&said.out));
    assert!(settings(&said.out).len() > 10, "{}", said.out);
}

#[test]
fn the_file_is_the_other_subcommands_too() {
    let folder = Folder::new();
    let path = file(&folder, "data-dir = 'elsewhere'\njwt-key-file = 'secret'\n");
    fs::write(folder.path().join("secret"), "s".repeat(32)).expect("a key");
    let token = run(&folder, &["token", "--operator", "--sub", "x", "--config", path], &[]);
    assert_eq!((token.code, token.out.matches('.').count()), (DONE, 2), "{}", token.err);
    let status = run(&folder, &["migrate", "status"], &[("PARTNER_CONFIG", path)]);
    assert!(
        status.out.starts_with("SQLite elsewhere/partner.db: "),
        "{}{}",
        status.out,
        status.err
    );
}

#[test]
fn a_misspelt_key_or_variable_is_told_the_nearest_match() {
    let folder = Folder::new();
    let path = file(&folder, "listen = '127.0.0.1:1'\ndatabase-ulr = 'x'\n");
    assert_eq!(
        refused(&folder, &["--config", path], &[]),
        "partner.toml line 2: database-ulr is no setting; database-url is"
    );
    assert_eq!(
        refused(&folder, &["config", "check"], &[("PARTNER_DATABASE_ULR", "x")]),
        "PARTNER_DATABASE_ULR in the environment is no setting; PARTNER_DATABASE_URL is"
    );
    let kubernetes = [
        ("PARTNER_SERVICE_HOST", "10.0.0.1"),
        ("PARTNER_SERVICE_PORT", "50051"),
        ("PARTNER_PORT_50051_TCP_ADDR", "10.0.0.1"),
    ];
    assert_eq!(run(&folder, &["config", "check"], &kubernetes).code, DONE);
}

#[test]
fn a_value_of_the_wrong_kind_is_told_its_key_and_line() {
    let folder = Folder::new();
    for (text, said) in [
        (
            "\nlisten = 1",
            "partner.toml line 2: listen has to be a text in quotes, and is an integer",
        ),
        (
            "listen = 'here'",
            "partner.toml line 1: listen cannot be \"here\": write an IP address and a port, such as 127.0.0.1:50051 or [::1]:0",
        ),
        ("auth = 'jtw'", "partner.toml line 1: auth cannot be \"jtw\": write one of none, jwt"),
    ] {
        let path = file(&folder, text);
        assert_eq!(refused(&folder, &["--config", path], &[]), said);
    }
}

#[test]
fn help_and_version_are_there_for_those_whose_settings_are_wrong() {
    let folder = Folder::new();
    let path = file(&folder, "nonsense = 1");
    let wrong = [("PARTNER_CONFIG", path), ("PARTNER_NONSENSE", "x")];
    for arguments in [&["version"][..], &["completions", "fish"]] {
        let said = run(&folder, arguments, &[("PARTNER_LISTEN", "nowhere")]);
        assert_eq!(said.code, DONE, "{arguments:?}: {}", said.err);
    }
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["version"],
        &["completions", "bash"],
        &["migrate", "--help"],
    ] {
        let said = run(&folder, arguments, &wrong);
        assert_eq!(said.code, DONE, "{arguments:?}: {}", said.err);
        assert!(!said.out.is_empty());
    }
}

#[test]
fn a_secret_stands_in_a_file_of_its_own_where_that_is_told_with_more_authority() {
    let folder = Folder::new();
    fs::write(folder.path().join("url"), "sqlite://elsewhere/a.db\n").expect("a secret");
    fs::write(folder.path().join("empty"), "\n").expect("no secret");
    let path = file(&folder, "database-url = 'sqlite://from-file.db'\n");
    let located = |arguments: &[&str], variables: &[(&str, &str)]| {
        let all = [&["config", "check"], arguments].concat();
        let said = run(&folder, &all, variables);
        assert_eq!(said.code, DONE, "{}", said.err);
        said.out.lines().last().expect("a line").trim().to_owned()
    };
    let from_secret = "database  SQLite elsewhere/a.db";
    assert_eq!(located(&["--database-url-file", "url"], &[]), from_secret);
    assert_eq!(located(&["--config", path, "--database-url-file", "url"], &[]), from_secret);
    let variables = [("PARTNER_DATABASE_URL_FILE", "url"), ("PARTNER_CONFIG", path)];
    assert_eq!(located(&[], &variables), from_secret);
    let flag = ["--database-url", "sqlite://flag.db"];
    assert_eq!(located(&flag, &variables), "database  SQLite flag.db");
    assert_eq!(
        refused(&folder, &[&flag[..], &["--database-url-file", "url"]].concat(), &[]),
        "--database-url and --database-url-file say the same thing twice: leave one of them out"
    );
    assert_eq!(
        refused(&folder, &["--database-url-file", "empty"], &[]),
        "empty is empty, where a secret should stand"
    );
    assert_eq!(
        refused(&folder, &["--database-url-file", "nowhere"], &[]),
        "nowhere cannot be read: No such file or directory (os error 2)"
    );
    let all = printed(&folder, &["--database-url-file", "url"], &[]);
    assert_eq!(all["database-url"]["source"], "secret file");
    assert_eq!(all["database-url"]["value"], Value::Null);
    assert_eq!(all["database-url-file"]["value"], "url");
}

#[test]
fn no_secret_is_in_anything_that_is_printed() {
    let folder = Folder::new();
    let url = format!("postgres://partner:{CANARY}@127.0.0.1:1/partner");
    let nats = format!("nats://partner:{CANARY}@127.0.0.1:1");
    let path = file(
        &folder,
        &format!("database-url = '{url}'\ndatabase-direct-url = '{url}'\ndoorbell = '{nats}'\n"),
    );
    fs::write(folder.path().join("url"), &url).expect("a secret");
    let in_file = [("PARTNER_CONFIG", path)];
    let in_variables = [
        ("PARTNER_DATABASE_URL", url.as_str()),
        ("PARTNER_DATABASE_DIRECT_URL", url.as_str()),
        ("PARTNER_DOORBELL", nats.as_str()),
        ("PARTNER_TOKEN", CANARY),
    ];
    let in_secret_files = [("PARTNER_DATABASE_URL_FILE", "url"), ("PARTNER_TOKEN_FILE", "url")];
    let malformed = format!("postgres://partner:{CANARY}@127.0.0.1:port/partner");
    let wrong = [("PARTNER_DATABASE_URL", malformed.as_str()), ("PARTNER_DOORBELL", CANARY)];
    for variables in [&in_file[..], &in_variables, &in_secret_files, &wrong] {
        for arguments in [
            &["--help"][..],
            &["demo", "--help"],
            &["watch", "--help"],
            &["migrate", "up", "--help"],
            &["config", "print"],
            &["config", "print", "-o", "json"],
            &["config", "check"],
            &["config", "check", "-o", "json"],
            &["migrate", "up"],
            &["migrate", "status", "-o", "json"],
            &["export", "copy"],
            &["export", "copy", "-o", "json"],
            &["completions", "zsh"],
            &["--listen", "x"],
            &["--listen", "x", "-o", "json"],
            &["--log-format", "json"],
            &["demo", "--address", "127.0.0.1:1"],
            &["demo", "--address", "127.0.0.1:1", "-o", "json"],
        ] {
            let variables = [variables, &[("RUST_LOG", "trace")]].concat();
            let said = run(&folder, arguments, &variables);
            let all = format!("{}{}", said.out, said.err);
            assert!(!all.contains(CANARY), "{arguments:?} with {variables:?} said {all}");
            assert!(!all.is_empty(), "{arguments:?}");
        }
    }
    // what is no TOML is not quoted either
    let path = file(&folder, &format!("database-url = '{url}\n"));
    assert!(!refused(&folder, &["--config", path], &[]).contains(CANARY));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_before_anything_is_served() {
    let folder = Folder::new();
    fs::write(folder.path().join("short"), "s".repeat(31)).expect("a key");
    let before = files(&folder);
    let arguments = [
        "config",
        "check",
        "--listen",
        "0.0.0.0:50051",
        "--auth",
        "jwt",
        "--jwks",
        "nowhere",
        "--secret-key-file",
        "short",
        "--database-url",
        "mysql://x",
    ];
    let said = run(&folder, &arguments, &[]);
    assert_eq!((said.code, said.out.as_str()), (USAGE, ""));
    let lines: Vec<&str> = said.err.lines().collect();
    for problem in [
        "partner-service: other machines can reach 0.0.0.0:50051, and without TLS",
        "partner-service: nowhere cannot be read",
        "partner-service: short cannot be used as a key: a secret key needs at least 32 bytes",
        "partner-service: --database-url must begin with sqlite:// or postgres://",
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(problem)),
            "{problem} is not in {lines:#?}"
        );
    }
    assert_eq!(lines.len(), 4, "{lines:#?}");
    let json = run(&folder, &[&arguments[..], &["-o", "json"]].concat(), &[]);
    let json: Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["isValid"], false);
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(4));

    let good = run(&folder, &["config", "check"], &[]);
    assert_eq!((good.code, good.err.as_str()), (DONE, ""));
    assert!(good.out.starts_with("nothing is wrong with it\n"), "{}", good.out);
    assert_eq!(files(&folder), before, "nothing was made");
}

#[test]
fn two_sources_of_keys_exclude_each_other_whatever_names_them() {
    let folder = Folder::new();
    let path = file(&folder, "auth = 'jwt'\njwt-key-file = 'a'\n");
    assert_eq!(
        refused(&folder, &["--config", path, "--jwks", "b"], &[]),
        "--jwt-key-file and --jwks exclude each other: leave one of them out"
    );
}

fn files(folder: &Folder) -> usize {
    fs::read_dir(folder.path()).expect("the folder").count()
}
