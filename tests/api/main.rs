//! Each RPC and each refusal, through gRPC over an in-memory transport, a fresh database per test and a fixed clock.

#[path = "../support/mod.rs"]
mod support;

mod decisions;
mod event_history;
mod event_tokens;
mod events;
