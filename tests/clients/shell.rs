//! A folder of a stranger's own, in which `cargo run --release` and `target/release/partner-service` mean the binary under
//! test, and shells that run there.

use super::pages;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

pub const BINARY: &str = env!("CARGO_BIN_EXE_partner-service");
const PATIENCE: Duration = Duration::from_secs(300);
const BLOCK_END: &str = "-- end of block, exit code ";
/// Stands in for cargo: what it would build is built.
const CARGO: &str = r#"#!/bin/sh
[ "$1 $2" = "run --release" ] || { echo "not a cargo line of the pages: $*" >&2; exit 99; }
shift 2
[ "${1:-}" != -- ] || shift
exec target/release/partner-service "$@"
"#;

/// Gone when dropped.
pub struct Folder {
    folder: TempDir,
}

/// Lines to paste, and whether they are there to be refused.
pub struct Paste {
    pub lines: String,
    pub is_refused: bool,
}

impl Folder {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let path = folder.path();
        let (bin, release) = (path.join("bin"), path.join("target/release"));
        fs::create_dir_all(&bin).expect("a folder for the stand-in");
        fs::create_dir_all(&release).expect("a folder for the binary");
        symlink(BINARY, release.join("partner-service")).expect("a link to the binary");
        for folder in ["docs", "proto"] {
            symlink(pages::root().join(folder), path.join(folder)).expect("a link to a folder");
        }
        fs::write(bin.join("cargo"), CARGO).expect("the stand-in is written");
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755))
            .expect("the stand-in is executable");
        Self { folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A command in this folder, without settings of the machine's for the service.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("PARTNER_") {
                command.env_remove(name);
            }
        }
        let mut path = OsString::from(self.path().join("bin"));
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        command.current_dir(self.path()).env("PATH", path).env_remove("RUST_LOG");
        // tests run side by side
        command.env("PARTNER_METRICS_LISTEN", "127.0.0.1:0");
        command.stdin(Stdio::null());
        command
    }

    /// Pastes blocks into one `shell`, one after the other; answers what each of them printed. A block that must
    /// succeed stops at its first failure, and the test with it.
    pub fn paste(&self, shell: &str, pastes: &[Paste]) -> Vec<String> {
        grpcurl_or_panic();
        let mut script = String::from("exec 2>&1\n");
        for Paste { lines, is_refused } in pastes {
            let flag = if *is_refused { "+e" } else { "-e" };
            script += &format!("set {flag}\n{lines}\nprintf '\\n{BLOCK_END}%s\\n' $?\n");
        }
        let mut command = self.command(shell);
        command.arg("-c").arg(&script).stdout(Stdio::piped());
        let printed = String::from_utf8(finish(command).stdout).expect("UTF-8");
        let ended: Vec<&str> = printed.split(BLOCK_END).collect();
        assert_eq!(ended.len(), pastes.len() + 1, "a block failed; all output:\n{printed}");
        for (paste, next) in pastes.iter().zip(&ended[1..]) {
            let code = next.lines().next().unwrap_or_default();
            assert_eq!(code != "0", paste.is_refused, "exit code {code} of\n{}", paste.lines);
        }
        let without_code = |(index, text): (usize, &&str)| {
            let from = if index == 0 { 0 } else { text.find('\n').unwrap_or(0) };
            text[from..].trim_matches('\n').to_owned()
        };
        ended.iter().enumerate().take(pastes.len()).map(without_code).collect()
    }
}

impl Paste {
    pub fn succeeds(lines: impl Into<String>) -> Self {
        Self { lines: lines.into(), is_refused: false }
    }
}

/// The command's output, which comes in bounded time.
pub fn finish(command: Command) -> Output {
    finish_within(PATIENCE, command)
}

/// The command's output, which comes in time.
pub fn finish_within(patience: Duration, mut command: Command) -> Output {
    let (tell, told) = mpsc::channel();
    let child = command.stderr(Stdio::piped()).spawn().expect("the command starts");
    let id = child.id();
    thread::spawn(move || tell.send(child.wait_with_output()));
    told.recv_timeout(patience)
        .unwrap_or_else(|_| {
            kill("-KILL", id);
            panic!("{command:?} did not end within {patience:?}")
        })
        .expect("the command's output")
}

pub fn kill(signal: &str, id: u32) {
    let _ = Command::new("kill").arg(signal).arg(id.to_string()).status();
}

fn grpcurl_or_panic() {
    let found = Command::new("grpcurl").arg("-version").output().is_ok();
    assert!(
        found,
        "grpcurl is missing; run this with PATH=\"$(tests/support/tools):$PATH\", which installs it"
    );
}
