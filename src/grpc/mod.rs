//! The edge: the only room that knows tonic and the generated code.
//!
//! ```text
//!   transport.rs   connections and what surrounds every call: its id, deadline, panics
//!   underway.rs    a call counted (calls.rs), traced (trace.rs) and logged, whatever ends it
//!   gate.rs        one way in for every RPC: authenticate, authorise, parse, work; errors become statuses here
//!   requests.rs    what kind of request each message is
//!   auth/          credentials -> Caller                 status.rs  Error -> Status, one exhaustive match
//!   fields.rs      bounds, all bad fields at once        page.rs    page tokens
//!   lookups.rs     the one way in without credentials    pieces.rs  a stream's body, framed here
//!   opening.rs     streams begin in turn
//!   convert/       messages <-> the rooms' own types     *_service.rs  one thin file per service
//! ```

pub mod auth;
pub mod transport;

mod account_service;
mod agreement_service;
mod calls;
mod contact_service;
mod convert;
mod expiry;
mod fields;
mod gate;
mod lookups;
mod mail_service;
mod opening;
mod pace;
mod page;
mod partner_service;
mod pieces;
mod provider_service;
mod requests;
mod sharing_service;
mod status;
mod sync_service;
pub mod trace;
mod underway;

pub use account_service::Accounts;
pub use agreement_service::Agreements;
pub use calls::Calls;
pub use contact_service::Contacts;
pub use gate::Gate;
pub use mail_service::Mails;
pub use partner_service::Partners;
pub use provider_service::Providers;
pub use sharing_service::Sharing;
pub use sync_service::MemberSync;

/// The generated messages, servers and clients.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
pub mod pb {
    tonic::include_proto!("partner.v1");

    /// Every proto with comments and options, as reflection serves it.
    pub const DESCRIPTORS: &[u8] =
        include_bytes!(concat!(env!("OUT_DIR"), "/partner_descriptor.bin"));
}
