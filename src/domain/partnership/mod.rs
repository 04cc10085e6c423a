//! The rules of partnerships, pure: what each side sees, what it may do, and what one decision does to the other rows.
//!
//! ```text
//!   state.rs     Standing: a row's rule-relevant part, its stored states, and the two views of it (V)
//!   action.rs    the one table: side x view x action -> transition or refusal (D, X)
//!   approach.rs  may this invitation be sent, and where does it bind (I4-I9, R)
//!   outcome.rs   what a transition does to a row, and what accepting or closing does to the rows around it (D2, R4, M5)
//! ```
//! A row's stored state names its reason too (`REMOVED_BY_SENDER`, not `ENDED` plus a reason), so that no impossible
//! pair can be stored. Overdue counts as expired everywhere at once, because every question goes through `state_at`.

mod action;
mod approach;
#[cfg(test)]
mod histories;
mod outcome;
mod state;

pub use action::{Action, Refusal, allowed_actions, decide};
pub use approach::{Approach, Home, MustDelete, Obstacle};
pub use outcome::{Transition, activation, closing};
pub use state::{Side, Standing, State, View};

use crate::domain::ids::PartnershipId;

/// A row as the rules see it.
pub type Row = (PartnershipId, Standing);
