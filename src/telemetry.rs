//! Log lines: text on a terminal, JSON otherwise. They carry ids, codes and durations, never personal data or SQL.
//!
//! A thread of its own writes them, as many at once as there are: no call waits for whoever reads them. Should that be
//! nobody for so long that 100,000 lines wait, later ones are lost.

use crate::config::LogFormat;
use std::io::{BufWriter, IsTerminal};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

const LINES_WAITING: usize = 100_000;

/// Starts logging to standard error, until the guard is dropped; `RUST_LOG` narrows or widens it.
pub fn start(format: Option<LogFormat>) -> WorkerGuard {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| {
        EnvFilter::new("info,sea_orm_migration=warn,sqlx=warn,async_nats=warn")
    });
    let (lines, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING)
        .thread_name("log")
        .finish(BufWriter::new(std::io::stderr()));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
    let on_terminal = std::io::stderr().is_terminal();
    match format.unwrap_or(if on_terminal { LogFormat::Text } else { LogFormat::Json }) {
        LogFormat::Text => builder.with_ansi(on_terminal).init(),
        LogFormat::Json => {
            builder
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .init();
        }
    }
    guard
}
