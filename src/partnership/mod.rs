//! Partnerships, from invitation to end (rules I, D, X, R, V, T and the parts of M that touch them).
//!
//! ```text
//!   invite.rs     InvitePartner, ResendInvitation      decide.rs    accept, reject, delete
//!   reactions.rs  what an account's closing does here  arrivals.rs  what people who appear do
//!   roles.rs      RemoveAdminRoles                     purchases.rs SetPurchaseVisibility
//!   sweep.rs      what time does: invitations expire, roles are warned of, extended, over
//!   grants.rs     what is active between two           quota.rs     I13
//!   ledger.rs     transitions applied to rows: versions, times, events, audit notes; one statement saves them all
//!   lookup.rs     LookupInvitation                     occasions.rs what is told by mail
//!   lock.rs       pairs and rows, locked in order      view.rs      what one side is shown
//!   store.rs      reads                                row.rs        one row: found, judged, shown
//! ```
//! The rules themselves are in `domain::partnership`; this room locks, asks them, and returns what they say as a change.
//! A row counts versions for each side apart, so that a side notices only what its own view shows (I17).

mod arrivals;
pub mod decide;
pub mod grants;
pub mod invite;
mod ledger;
pub mod lock;
pub mod lookup;
mod occasions;
pub mod purchases;
mod quota;
pub mod reactions;
pub mod roles;
mod row;
pub mod store;
pub mod sweep;
pub mod view;

use crate::domain::partnership::{Row, Standing};
use crate::domain::roles::{Roles, Term};
use crate::entity::partnership;
use std::time::Duration;

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
        roles: roles_of(row),
    }
}

/// The roles of a row.
#[must_use]
pub fn roles_of(row: &partnership::Model) -> Roles {
    let seconds = row.role_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    let term = |seconds| Term { span: Duration::from_secs(seconds), auto_extend: row.auto_extend };
    Roles {
        asked: row.admin_roles.clone(),
        term: seconds.map(term),
        until: row.roles_until,
        end: row.roles_end,
    }
}

fn rows_of(models: &[partnership::Model]) -> Vec<Row> {
    models.iter().map(|row| (row.id, standing(row))).collect()
}
