//! Each RPC and each refusal, through gRPC over an in-memory transport, a fresh database per test and a fixed clock.

#[path = "../support/mod.rs"]
mod support;

mod contact_changes;
mod contact_history;
mod contact_lists;
mod contact_migration;
mod contact_plan;
mod contacts;
mod decisions;
