//! partner-service: partner relationships between organisations' accounts.
//!
//! The rooms, and the arrows between them; arrows only go down this list:
//! ```text
//!   main                  subcommands: demo, token, watch, commands
//!   server                the composition root: services, reactions, start and stop        keys, telemetry
//!   dial                  how this program's own clients reach a service, and its spans their collector
//!   config                flags, variables and the file
//!   client                the consumer's side of the stream, to be copied
//!   grpc                  the only room that knows tonic and generated code
//!   sync                  what happens among an account's partners: the stream, and the same by page
//!   contact   access      the Contacts page, read from histories as of a position; what a partner may do
//!   sharing               items shared with partners, whom they reach, who may see them
//!   archive               copies of the whole database: export, import
//!   partnership           invitations, decisions, roles, what each side sees
//!   agreement provider    what customers accept before providers may work for them; the directory of providers
//!   mail                  what people are told: an outbox, and the worker that empties it
//!   audit    account      who did what; accounts, members, preferences, rights
//!   backend               `change`, the one owner of transactions; group commit
//!   feed                  the log: appended to, followed, handed out
//!   meter                 what is counted while all of them work
//!   entity  error  caller pictures of tables; neutral errors; who asks      (migration: the schema)
//!   domain                PURE: ids, events, the rules
//!   tls                   certificates: read, checked, read again when they change
//!   faults                what tests may break; nothing without its feature
//! ```
//! A request walks: `grpc::gate` (credentials, rights, fields) -> a room's command (locks, asks `domain`) ->
//! `Backend::change` (reactions, log, one commit) -> the answer.
//!
//! An event walks: commit -> doorbell -> `feed::tail` reads it -> `feed::hub` takes it in (ring, fold, marks, then the
//! position) and wakes who is concerned -> `sync::watch` asks what is next -> `grpc` hands on bytes made once.

pub mod access;
pub mod account;
pub mod agreement;
pub mod archive;
pub mod audit;
pub mod backend;
pub mod caller;
pub mod client;
pub mod commands;
pub mod config;
pub mod contact;
pub mod demo;
pub mod dial;
pub mod domain;
pub mod entity;
pub mod error;
#[cfg(feature = "faults")]
pub mod faults;
#[cfg(not(feature = "faults"))]
mod faults;
pub mod feed;
pub mod grpc;
pub mod keys;
pub mod mail;
pub mod meter;
pub mod migration;
pub mod partnership;
pub mod provider;
pub mod server;
pub mod sharing;
pub mod sync;
pub mod telemetry;
pub mod tls;
pub mod token;
pub mod watch;
