//! What time has done becomes stored too, with event and audit entry: overdue invitations expire (I10), roles are over, go
//! on by themselves, or come near their end (T7).
//!
//! No rule waits for the sweep: time counts everywhere at once. Any number of replicas may sweep; a row is looked at again
//! under its lock.

use super::ledger::Ledger;
use super::{lock, standing};
use crate::backend::{Ask, Backend, Outcome};
use crate::caller::{Actor, Need};
use crate::domain::ids::PartnershipId;
use crate::domain::partnership::{Standing, State, Transition};
use crate::domain::roles::Due;
use crate::domain::time::Timestamp;
use crate::entity::partnership;
use crate::error::Error;
use sea_orm::{ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};

const ROWS_PER_CHANGE: u64 = 200;

/// Expires overdue invitations, in changes of a few hundred rows; answers how many rows it moved.
///
/// # Errors
/// The database's.
pub async fn expire_overdue(backend: &Backend) -> Result<usize, Error> {
    sweep(backend, partnership::Column::ExpiresAt, lock::pending().into(), overdue).await
}

/// Does what is due about administrator roles; answers how many rows it moved.
///
/// # Errors
/// The database's.
pub async fn settle_roles(backend: &Backend) -> Result<usize, Error> {
    let any = Condition::all();
    sweep(backend, partnership::Column::RolesDueAt, any, due).await
}

fn overdue(_: &partnership::Model, row: &Standing, now: Timestamp) -> Option<Transition> {
    let expired = row.state == State::Pending && row.state_at(now) == State::Expired;
    expired.then_some(Transition::Expire)
}

fn due(row: &partnership::Model, standing: &Standing, now: Timestamp) -> Option<Transition> {
    row.roles_due_at.filter(|due| *due <= now)?;
    Some(match standing.roles.due(now)? {
        Due::Warn => Transition::WarnOfRoles,
        Due::Extend(to) => Transition::ExtendRoles(to),
        Due::Lapse => Transition::LapseRoles,
    })
}

type Judge = fn(&partnership::Model, &Standing, Timestamp) -> Option<Transition>;

/// Moves, as `judge` says, the rows whose time has come.
async fn sweep(
    backend: &Backend,
    time: partnership::Column,
    among: Condition,
    judge: Judge,
) -> Result<usize, Error> {
    let mut moved = 0;
    loop {
        let come: Vec<PartnershipId> = partnership::Entity::find()
            .select_only()
            .column(partnership::Column::Id)
            .filter(among.clone())
            .filter(time.lte(backend.now()))
            .order_by(time, Order::Asc)
            .limit(ROWS_PER_CHANGE)
            .into_tuple()
            .all(backend.reads())
            .await?;
        if come.is_empty() {
            return Ok(moved);
        }
        moved += settle(backend, &come, judge).await?;
    }
}

async fn settle(backend: &Backend, come: &[PartnershipId], judge: Judge) -> Result<usize, Error> {
    let service = Actor { account: None, member: None, operator: None, need: Need::Operator };
    let ask = Ask { actor: service, request: None, validate_only: false };
    let done = backend
        .change(&ask, |work| async move {
            let work = &*work;
            let which = Condition::all().add(partnership::Column::Id.is_in(come.iter().copied()));
            let rows = lock::rows(work, which).await?;
            let steps: Vec<(PartnershipId, Transition)> = rows
                .iter()
                .filter_map(|row| Some((row.id, judge(row, &standing(row), work.now)?)))
                .collect();
            let count = steps.len();
            let mut ledger = Ledger::new(work.now, rows);
            for (id, transition) in steps {
                ledger.step(id, transition, None);
            }
            Ok(Outcome::new(ledger.into_part(), move |_| count))
        })
        .await?;
    Ok(done.answer)
}
