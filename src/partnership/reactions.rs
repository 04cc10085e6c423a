//! What follows here from events made elsewhere: a person appears, an account closes.

use super::ledger::Ledger;
use super::{lock, rows_of, standing};
use crate::account::preferences::admits;
use crate::account::store as accounts;
use crate::backend::{Change, Part, Work};
use crate::domain::account::AccountState;
use crate::domain::email::EmailKey;
use crate::domain::event::EventKind;
use crate::domain::ids::AccountId;
use crate::domain::partnership::{Approach, Home, State, Transition, closing};
use crate::entity::partnership;
use crate::error::Error;
use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

/// Binds waiting invitations to people who appear, and ends what a closing account has.
pub fn react<'a>(work: &'a Work, change: &'a Change) -> BoxFuture<'a, Result<Part, Error>> {
    async move {
        for (_, event) in change.events() {
            if let Some(person) = &event.appears {
                return arrive(work, person, event.account).await;
            }
            if event.kind == EventKind::AccountClosed {
                return close(work, event.account).await;
            }
        }
        Ok(Part::default())
    }
    .boxed()
}

/// A person is new in `home`; the command holds the account and the address (I9).
async fn arrive(work: &Work, person: &EmailKey, home: AccountId) -> Result<Part, Error> {
    let waiting = partnership::Entity::find()
        .filter(partnership::Column::InviteeKey.eq(person.clone()))
        .filter(partnership::Column::RecipientAccountId.is_null())
        .filter(lock::pending())
        .all(&work.txn)
        .await?;
    if waiting.is_empty() {
        return Ok(Part::default());
    }
    let pairs: Vec<_> = waiting
        .iter()
        .map(|row| (row.sender_account_id, home))
        .filter(|(sender, home)| sender != home)
        .collect();
    lock::pairs(work, &pairs).await?;
    let around = waiting.iter().fold(Condition::any(), |any, row| {
        any.add(lock::row(row.id)).add(lock::of_pair(row.sender_account_id, home, row.kind))
    });
    let rows = lock::rows(work, around).await?;
    let account = accounts::account(&work.txn, home).await?;
    let mut ledger = Ledger::new(work.now, rows);
    for row in &waiting {
        settle(work, &mut ledger, row, person, &account);
    }
    Ok(ledger.into_part())
}

/// One waiting invitation: bound, canceled for a conflict, or left waiting. Each sees what the ones before it left.
fn settle(
    work: &Work,
    ledger: &mut Ledger,
    waiting: &partnership::Model,
    person: &EmailKey,
    account: &crate::entity::account::Model,
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
    let (sender, kind) = (row.sender_account_id, row.kind);
    let open = account.state == AccountState::Active && admits(account, sender);
    let known = rows_of(&ledger.rows());
    let approach = Approach {
        kind,
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

/// An account closes; the command holds it exclusively, so that only its waiting rows can still be moved by others (M5).
async fn close(work: &Work, account: AccountId) -> Result<Part, Error> {
    use partnership::Column::{RecipientAccountId, RecipientView, SenderAccountId, SenderView};
    lock::released_by(work, account).await?;
    let mine = Condition::any()
        .add(Condition::all().add(SenderAccountId.eq(account)).add(SenderView.is_not_null()))
        .add(Condition::all().add(RecipientAccountId.eq(account)).add(RecipientView.is_not_null()));
    let rows = lock::rows(work, mine).await?;
    let steps: Vec<_> = rows
        .iter()
        .flat_map(|row| {
            closing(account, &standing(row), work.now).into_iter().map(|step| (row.id, step))
        })
        .collect();
    let mut ledger = Ledger::new(work.now, rows);
    for (id, transition) in steps {
        ledger.step(id, transition, None);
    }
    Ok(ledger.into_part())
}
