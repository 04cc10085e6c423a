//! What a stranger does: pastes the README's lines and the demo's into a shell with the real grpcurl and the real binary,
//! and starts the service in ways that cannot work.
//!
//! ```text
//!   quickstart.rs  the README, executed            readme.rs   its blocks, and what in their output may differ
//!   demo.rs        the demo and the lines it prints
//!   page.rs        what else the README claims
//!   startup.rs     banner, help, exit codes, refusals to start
//!   settings.rs    flags, variables, the file       operating.rs  migrate, healthcheck, export, import, and more
//!   watch.rs       `partner-service watch`          watcher.rs  the process, and what there is to watch
//!   foreign.rs     clients in Python, Go and TypeScript, against the service and
//!                  gateway.rs     what may stand between and answers UNAVAILABLE
//!   config.rs      the published service config   snippets.rs   what the README shows of the clients
//!   shell.rs       a shell in a folder of its own  service.rs  the binary, started and stopped
//! ```
//! `README_BLESS=1` writes what really came out into the README's output blocks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod config;
mod connections;
mod demo;
mod foreign;
mod gateway;
mod operating;
mod page;
mod quickstart;
mod readme;
mod service;
mod settings;
mod shell;
mod snippets;
mod startup;
mod watch;
mod watcher;
