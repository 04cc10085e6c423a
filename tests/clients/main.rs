//! What a stranger does: pastes the lines of the README, of `docs/` and of the demo into a shell with the real grpcurl and
//! the real binary, and starts the service in ways that cannot work.
//!
//! ```text
//!   pages.rs       the pages, their blocks, and what in their output may differ
//!   walks.rs       every page, executed           snippets.rs   what the pages show of the clients
//!   page.rs        the tables of flags, and files that pages name
//!   reference.rs   the reference of refusals      links.rs      where links lead
//!   demo.rs        the demo and the lines it prints
//!   startup.rs     banner, what is in the way     refusals.rs   what it refuses to start with
//!   settings.rs    flags, variables, the file     operating.rs  migrate, healthcheck, export, import, and more
//!   help.rs        help, version, misspellings    answers.rs    -o json: answers, and failures
//!   watch.rs       `partner-service watch`        watcher.rs    the process, and what there is to watch
//!   key_sets.rs    keys from a URL, or a file       rotating.rs   key rotate, drop and status
//!   foreign.rs     clients in Python, Go and TypeScript, against the service and
//!                  gateway.rs     what may stand between and answers UNAVAILABLE
//!   config.rs      the published service config
//!   shell.rs       a shell in a folder of its own  service.rs   the binary, started and stopped
//! ```
//! `README_BLESS=1` writes what really came out into the pages' output blocks, and the tables into their places.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod config;
mod connections;
mod demo;
mod foreign;
mod gateway;
mod help;
mod key_sets;
mod links;
mod operating;
mod page;
mod pages;
mod reference;
mod refusals;
mod rotating;
mod service;
mod settings;
mod shell;
mod snippets;
mod startup;
mod walks;
mod watch;
mod watcher;
