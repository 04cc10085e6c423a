//! Each RPC and each refusal, through gRPC over an in-memory transport, a fresh database per test and a fixed clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod annotations;
mod audit;
mod bad_fields;
mod bad_wire;
mod batch_register;
mod behind;
mod callers;
mod calls;
mod closed;
mod commit_lost;
mod contact_changes;
mod contact_history;
mod contact_lists;
mod contact_migration;
mod contact_plan;
mod contacts;
mod decisions;
mod deleting;
mod dry_runs;
mod dynamic;
mod errors;
mod event_history;
mod event_tokens;
mod events;
mod expiry;
mod group_commit;
mod history;
mod invitations;
mod keys;
mod masks;
mod members;
mod moving;
mod openings;
mod pages;
mod parallel;
mod precedence;
mod preferences;
mod quotas;
mod reflection;
mod reinviting;
mod request_ids;
mod requests;
mod resending;
mod strangers;
mod stream_ends;
mod suspended;
mod tenancy;
mod together;
mod tokens;
mod unnoticed;
mod views;
mod waiting;
mod watching;

use support::directory::Answer;
