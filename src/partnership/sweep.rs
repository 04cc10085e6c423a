//! Overdue invitations become expired ones in the table too, with event and audit entry (I10).
//!
//! No rule waits for the sweep: overdue counts as expired everywhere at once. Any number of replicas may sweep; a row is
//! looked at again under its lock.

use super::ledger::Ledger;
use super::{lock, standing};
use crate::backend::{Ask, Backend, Outcome};
use crate::caller::{Actor, Need};
use crate::domain::ids::PartnershipId;
use crate::domain::partnership::{State, Transition};
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

const ROWS_PER_CHANGE: u64 = 200;

/// Expires what is overdue, in changes of a few hundred rows; answers how many rows it moved.
///
/// # Errors
/// The database's.
pub async fn expire_overdue(backend: &Backend) -> Result<usize, Error> {
    let mut moved = 0;
    loop {
        let overdue: Vec<PartnershipId> = partnership::Entity::find()
            .select_only()
            .column(partnership::Column::Id)
            .filter(lock::pending())
            .filter(partnership::Column::ExpiresAt.lte(backend.now()))
            .order_by_asc(partnership::Column::ExpiresAt)
            .limit(ROWS_PER_CHANGE)
            .into_tuple()
            .all(backend.reads())
            .await?;
        if overdue.is_empty() {
            return Ok(moved);
        }
        moved += expire(backend, &overdue).await?;
    }
}

async fn expire(backend: &Backend, overdue: &[PartnershipId]) -> Result<usize, Error> {
    let service = Actor { account: None, member: None, operator: None, need: Need::Operator };
    let ask = Ask { actor: service, request: None, validate_only: false };
    let done = backend
        .change(&ask, |work| async move {
            let work = &*work;
            let which =
                Condition::all().add(partnership::Column::Id.is_in(overdue.iter().copied()));
            let rows = lock::rows(work, which).await?;
            let still: Vec<PartnershipId> = rows
                .iter()
                .filter(|row| {
                    row.state == State::Pending
                        && standing(row).state_at(work.now) == State::Expired
                })
                .map(|row| row.id)
                .collect();
            let mut ledger = Ledger::new(work.now, rows);
            for id in &still {
                ledger.step(*id, Transition::Expire, None);
            }
            Ok(Outcome::new(ledger.into_part(), move |_| still.len()))
        })
        .await?;
    Ok(done.answer)
}
