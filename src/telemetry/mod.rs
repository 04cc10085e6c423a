//! What the process tells of itself: log lines, spans, and pages for Prometheus and probes.
//!
//! ```text
//!   mod.rs    logging begins; panics are logged     lines.rs  lines on their way out      json.rs     how they look
//!   traces.rs spans on their way to a collector     pages.rs  what is told                serve.rs    and served over HTTP
//!   process.rs what the kernel says of the process
//! ```
//! All of it carries ids, codes, counts and durations: never personal data, SQL, or what callers wrote.

mod json;
mod lines;
mod pages;
mod process;
mod serve;
mod traces;

pub use lines::Lines;
pub use pages::{COMMIT, Pages};
pub use serve::serve;
pub use traces::Traces;

use crate::config::LogFormat;
use std::io::{self, IsTerminal};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// How long the last lines have to be read.
const LAST: Duration = Duration::from_secs(1);
/// How long whoever panics waits for its line to be written.
const PANIC: Duration = Duration::from_millis(100);
/// Unless `RUST_LOG` says otherwise.
const FILTER: &str = "info,sea_orm_migration=warn,sqlx=warn,async_nats=warn";

/// Log lines and spans, until it is dropped.
pub struct Telemetry {
    /// Where log lines go.
    pub lines: Lines,
    /// Where spans go, if anywhere.
    pub traces: Option<Traces>,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.lines.close(LAST);
    }
}

/// Starts logging to standard error, and what else the environment asks for; `RUST_LOG` narrows or widens it.
///
/// # Errors
/// The machine has no thread left.
pub fn start(format: Option<LogFormat>) -> io::Result<Telemetry> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(FILTER));
    let lines = Lines::to(io::stderr())?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines.clone());
    let on_terminal = io::stderr().is_terminal();
    match format.unwrap_or(if on_terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Text => builder.with_ansi(on_terminal).init(),
        LogFormat::Json => builder.event_format(json::Json).init(),
    }
    log_panics(lines.clone());
    Ok(Telemetry { lines, traces: Traces::from_environment() })
}

/// A panic is a line like any other. What it says may hold what somebody wrote, unless it was written here.
fn log_panics(lines: Lines) {
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or_default();
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(at, said, "a panic");
        lines.flush(PANIC);
    }));
}
