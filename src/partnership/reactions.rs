//! What follows here from events made elsewhere: a person appears, an account closes.

use super::ledger::Ledger;
use super::{arrivals, lock, standing};
use crate::backend::{Change, Part, Work};
use crate::domain::event::EventKind;
use crate::domain::ids::AccountId;
use crate::domain::partnership::closing;
use crate::entity::partnership;
use crate::error::Error;
use futures::FutureExt;
use futures::future::BoxFuture;
use sea_orm::{ColumnTrait, Condition};

/// Binds waiting invitations to people who appear, and ends what a closing account has.
pub fn react<'a>(work: &'a Work, change: &'a Change) -> BoxFuture<'a, Result<Part, Error>> {
    async move {
        let events = change.events();
        let closed = events.iter().find(|planned| planned.event.kind == EventKind::AccountClosed);
        match closed {
            Some(planned) => close(work, planned.event.account).await,
            None => arrivals::bind(work, &events).await,
        }
    }
    .boxed()
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
