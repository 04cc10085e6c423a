//! Each RPC and each refusal, through gRPC over an in-memory transport, a fresh database per test and a fixed clock.

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod calls;
mod decisions;
mod event_history;
mod event_tokens;
mod events;
mod deleting;
mod dry_runs;
mod expiry;
mod invitations;
mod parallel;
mod precedence;
mod preferences;
mod quotas;
mod reinviting;
mod resending;
mod unnoticed;
mod views;
mod waiting;
