//! The directory of providers (rules P): what accounts publish of themselves, who finds them, and what they are asked.
//!
//! ```text
//!   profile.rs    UpdateProviderProfile           reactions.rs   accounts that are suspended, resumed, closed
//!   search.rs     SearchProviders                 words.rs       what is stored of a profile, what a search asks for
//!   inquiries.rs  ContactProviders                store.rs       reads
//!   directory.rs  the index of what is published, made anew
//!   sql.rs        the published words, and the statements that search them, in each engine's own text search
//!   query.rs      how such a statement is written      lists.rs  who has a word, in order of name
//! ```
//! What is published stands once more in `provider_index`, and only that: a search cannot find what is unlisted, or
//! belongs to an account that is not in use, since it is not there. The engines say which profiles have the words, by
//! their own text search; the order is one rule for both, made of the profile alone, where an engine's own rank moves
//! with every other profile. No relationship comes of an inquiry (P3).

pub mod directory;
pub mod inquiries;
mod lists;
pub mod profile;
mod query;
pub mod reactions;
pub mod search;
mod sql;
pub mod store;
mod words;
