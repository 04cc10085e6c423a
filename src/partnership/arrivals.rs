//! People appear, one or many in a change, and the invitations that wait for them bind (I9).
//!
//! The command holds their accounts and addresses. Every lock is taken for all of them at once, in its order; then person
//! by person, as their events stand in the change, each invitation sees what the ones before it left.

use super::ledger::Ledger;
use super::{lock, standing};
use crate::account::preferences::admits;
use crate::account::store as accounts;
use crate::backend::{Part, Planned, Work, one_of};
use crate::domain::account::AccountState;
use crate::domain::email::EmailKey;
use crate::domain::ids::AccountId;
use crate::domain::partnership::{Approach, Home, State, Transition};
use crate::entity::{account, partnership};
use crate::error::Error;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// Somebody new in an account.
struct Arrival<'a> {
    item: usize,
    person: &'a EmailKey,
    home: AccountId,
}

/// Binds what waits for the people who appear with these events.
pub(super) async fn bind(work: &Work, events: &[&Planned]) -> Result<Part, Error> {
    let arrivals: Vec<Arrival<'_>> = events
        .iter()
        .filter_map(|Planned { item, event, .. }| {
            let person = event.appears.as_ref()?;
            Some(Arrival { item: *item, person, home: event.account })
        })
        .collect();
    let waiting = waiting_for(work, &arrivals).await?;
    if waiting.is_empty() {
        return Ok(Part::default());
    }
    let meetings = arrivals.iter().flat_map(|arrival| {
        let waiting = waiting.get(arrival.person).into_iter().flatten();
        waiting.map(|row| lock::Meeting {
            sender: row.sender_account_id,
            home: arrival.home,
            kind: row.kind,
        })
    });
    let meetings: Vec<_> = meetings.filter(|meeting| meeting.sender != meeting.home).collect();
    lock::pairs(work, &meetings.iter().map(|of| (of.sender, of.home)).collect::<Vec<_>>()).await?;
    let ids = waiting.values().flatten().map(|row| row.id).collect();
    let mut ledger = Ledger::new(work.now, lock::rows_around(work, ids, &meetings).await?);
    let homes = accounts::several(work, arrivals.iter().map(|arrival| arrival.home)).await?;
    for arrival in arrivals {
        ledger.on_behalf_of(arrival.item);
        let Some(home) = homes.get(&arrival.home) else { continue };
        for row in waiting.get(arrival.person).into_iter().flatten() {
            settle(work, &mut ledger, row, arrival.person, home);
        }
    }
    Ok(ledger.into_part())
}

async fn waiting_for(
    work: &Work,
    arrivals: &[Arrival<'_>],
) -> Result<HashMap<EmailKey, Vec<partnership::Model>>, Error> {
    let mut waiting: HashMap<EmailKey, Vec<partnership::Model>> = HashMap::new();
    if arrivals.is_empty() {
        return Ok(waiting);
    }
    let people = arrivals.iter().map(|arrival| arrival.person.clone());
    let db = work.txn.get_database_backend();
    let rows = partnership::Entity::find()
        .filter(one_of(partnership::Column::InviteeKey, people, db))
        .filter(partnership::Column::RecipientAccountId.is_null())
        .filter(lock::pending())
        .order_by_asc(partnership::Column::Id)
        .all(&work.txn)
        .await?;
    for row in rows {
        waiting.entry(row.invitee_key.clone()).or_default().push(row);
    }
    Ok(waiting)
}

/// One waiting invitation: bound, canceled for a conflict, or left waiting.
fn settle(
    work: &Work,
    ledger: &mut Ledger,
    waiting: &partnership::Model,
    person: &EmailKey,
    account: &account::Model,
) {
    let Some(row) = ledger.row(waiting.id) else {
        return;
    };
    if row.state != State::Pending || row.recipient_account_id.is_some() {
        return;
    }
    if standing(row).state_at(work.now) == State::Expired {
        ledger.step(waiting.id, Transition::Expire, None);
        return;
    }
    let (sender, kind, roles) = (row.sender_account_id, row.kind, row.admin_roles.clone());
    let open = account.state == AccountState::Active && admits(account, sender);
    let known = ledger.between(sender, account.id);
    let approach = Approach {
        kind,
        roles: &roles,
        sender,
        invitee: person,
        home: Some(Home { account: account.id, open }),
        rows: &known,
        now: work.now,
    };
    if approach.conflict_on_arrival().is_some() {
        ledger.step(waiting.id, Transition::Supersede, None);
    } else if let Some(home) = approach.binds_to() {
        let replaced: Vec<_> = approach.replaced().collect();
        for id in replaced {
            ledger.step(id, Transition::Replace, None);
        }
        ledger.step(waiting.id, Transition::Bind(home), None);
    }
}
