//! Member sync: what happens among an account's partners and their people, read from the log (rules C).
//!
//! Nothing is kept per reader and nothing is copied per partner: an event is one row of the log, and who is told of it is
//! decided when it is read, from the intervals in which two accounts were partners (`domain::sync`). So every replica
//! answers alike, a token is only a position that can prove itself, and the cost of an event does not grow with the
//! number of partners.

mod apart;
mod behind;
pub mod events;
pub mod message;
mod relations;
mod snapshot;
pub mod start;
pub mod watch;
