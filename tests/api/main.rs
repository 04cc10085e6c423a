//! Each RPC and each refusal, through gRPC over an in-memory transport, a fresh database per test and a fixed clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod accounts;
mod agreements;
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
mod doorbell;
mod dry_runs;
mod dynamic;
mod errors;
mod event_history;
mod event_tokens;
mod events;
mod expiry;
mod group_commit;
mod history;
mod inquiries;
mod invitations;
mod keys;
mod masks;
mod members;
mod moving;
mod nats_server;
mod offers;
mod openings;
mod overload;
mod pages;
mod parallel;
mod precedence;
mod preferences;
mod provider_plan;
mod provider_search;
mod providers;
mod quotas;
mod readiness;
mod reflection;
mod reinviting;
mod request_ids;
mod requests;
mod resending;
mod rewritten;
mod roles;
mod strangers;
mod stream_ends;
mod suspended;
mod tenancy;
mod together;
mod tokens;
mod types;
mod unnoticed;
mod views;
mod waiting;
mod watching;

use support::directory::Answer;
