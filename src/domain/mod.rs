//! The pure ground floor: ids, times, e-mails, the event vocabulary and the rules of accounts, types, roles, partnerships and shared items.
//!
//! Nothing here awaits, reads a clock or touches a database; whoever decides passes `now`. The one concession is a
//! derive: stored enums carry SeaORM's column mapping, so that a state has one spelling from the rules to the table.

pub mod access;
pub mod account;
pub mod agreement;
pub mod contact;
pub mod email;
pub mod event;
pub mod ids;
pub mod mail;
pub mod partner_type;
pub mod partnership;
pub mod preferences;
pub mod provider;
pub mod roles;
pub mod search;
pub mod sharing;
pub mod sync;
pub mod time;
