//! Commands that `tests/support/tools` provides, and how their output is had.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs it, with `input` on its standard input.
pub fn run(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!(
            "{command:?} cannot be run ({error}); \
             PATH=\"$(tests/support/tools):$PATH\" has what tests need, and installs it"
        )
    });
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // a command that refuses its flags does not read what it is given
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the command's output")
}

/// What it printed, on success; what it said, otherwise.
pub fn answer(command: Command, input: &str) -> Result<String, String> {
    let output = run(command, input);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(format!("{}{}", text(output.stdout), text(output.stderr)))
    }
}
