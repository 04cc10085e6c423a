//! Partnerships, from invitation to end (rules I, D, X, R, V, T4 and the parts of M that touch them).
//!
//! ```text
//!   invite.rs     InvitePartner, ResendInvitation      decide.rs    accept, reject, delete
//!   reactions.rs  what an account's closing does here  arrivals.rs  what people who appear do
//!   sweep.rs      overdue invitations become expired   quota.rs     I13
//!   ledger.rs     transitions applied to rows: versions, times, events, audit notes; one statement saves them all
//!   lock.rs       pairs and rows, locked in order      view.rs      what one side is shown
//!   store.rs      reads                                row.rs        one row: found, judged, shown
//! ```
//! The rules themselves are in `domain::partnership`; this room locks, asks them, and returns what they say as a change.
//! A row counts versions for each side apart, so that a side notices only what its own view shows (I17).

mod arrivals;
pub mod decide;
pub mod invite;
mod ledger;
pub mod lock;
mod quota;
pub mod reactions;
mod row;
pub mod store;
pub mod sweep;
pub mod view;

use crate::domain::partnership::{Row, Standing};
use crate::entity::partnership;

/// The row as the rules see it.
fn standing(row: &partnership::Model) -> Standing {
    Standing {
        kind: row.kind,
        sender: row.sender_account_id,
        recipient: row.recipient_account_id,
        invitee: row.invitee_key.clone(),
        state: row.state,
        sender_hid: row.sender_hid,
        recipient_hid: row.recipient_hid,
        expires_at: row.expires_at,
    }
}

fn rows_of(models: &[partnership::Model]) -> Vec<Row> {
    models.iter().map(|row| (row.id, standing(row))).collect()
}
