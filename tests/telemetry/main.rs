//! What the process tells of itself: metrics, spans, log lines; and that nothing of it concerns anybody.
//!
//! ```text
//!   counting.rs  calls and streams as metrics     traces.rs  spans, at a collector of ours (collector.rs)
//!   walking.rs   every RPC with data that nobody could mistake, and where it must not be found (canary.rs)
//! ```

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../api/dynamic.rs"]
#[allow(dead_code, reason = "made for more")]
mod dynamic;
#[path = "../chaos/process.rs"]
#[allow(dead_code, reason = "made for more")]
mod process;
#[path = "../api/requests.rs"]
#[allow(dead_code, reason = "made for more")]
mod requests;
#[path = "../support/mod.rs"]
mod support;

mod canary;
mod collector;
mod counting;
mod traces;
mod walking;
