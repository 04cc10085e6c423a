//! Sharing (rules S): what accounts share with partners, who reaches it, and who may see it.
//!
//! ```text
//!   commands.rs   ShareItem, UnshareItem, RemoveFromAudience     audience.rs   ListAudience
//!   check.rs      CheckItemAccess, from memory where it can be   store.rs      reads
//!   details.rs    where in the log contact details were shared
//! ```
//! An item shared with a partner is one row, however many people the partner has, and nothing is written when the
//! partnership ends: who reaches the item follows from where in the log it was shared, where the partnership ended, and
//! from people's stays in the partner's account (`domain::sharing`). A row hangs on the partnership it was shared in; so
//! it stays frozen when the two become partners again, until it is shared again, which is another row.
//!
//! Whoever shares, unshares or takes out holds the lock on the pair, as whoever ends a partnership does.

pub mod audience;
pub mod check;
pub mod commands;
pub mod details;
pub mod store;

use crate::domain::sharing::Reach;
use crate::domain::time::Timestamp;
use crate::entity::shared_item;
use serde::{Deserialize, Serialize};

/// A shared item as either side is shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedItemView {
    pub row: shared_item::Model,
    /// Where and when the partnership that it was shared in ended.
    pub frozen: Option<(i64, Timestamp)>,
}

impl SharedItemView {
    /// Whom it reaches.
    #[must_use]
    pub fn reach(&self) -> Reach {
        Reach {
            item_type: self.row.item_type,
            shared: self.row.shared_position,
            frozen: self.frozen.map(|(position, _)| position),
        }
    }
}
