//! Pictures of the tables, in SeaORM's 2.0 format; no queries live here (each room keeps its own in `store.rs`).
//!
//! Times are microseconds since 1970 UTC in integer columns ([`crate::domain::time::Timestamp`]). `position` columns hold
//! places in the log. No table refers to another by foreign key: rows that others name are never deleted, ids are verified under the
//! locks that every write holds, and a check per row under the head lock would cost more than it could find.

pub mod account;
pub mod address;
pub mod agreement;
pub mod agreement_acceptance;
pub mod agreement_kind;
pub mod audience_removal;
pub mod audit_entry;
pub mod guest;
pub mod inquiry;
pub mod inquiry_usage;
pub mod invitation_usage;
pub mod log;
pub mod log_head;
pub mod log_identity;
pub mod mail;
pub mod mail_usage;
pub mod member;
pub mod member_version;
pub mod membership;
pub mod pair;
pub mod partnership;
pub mod provider_profile;
pub mod provider_word;
pub mod purchase_visibility;
pub mod remembered_request;
pub mod rows;
pub mod service_key;
pub mod shared_item;
pub mod suppression;
