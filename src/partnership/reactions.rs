//! What follows here from events made elsewhere: a person appears, an account closes.

use super::ledger::Ledger;
use super::{arrivals, lock, standing};
use crate::account::store as accounts;
use crate::backend::{Change, Part, Work};
use crate::domain::event::EventKind;
use crate::domain::ids::AccountId;
use crate::domain::partnership::closing;
use crate::entity::partnership;
use crate::error::Error;
use crate::faults::{Variant, broken};
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
    let early = broken(Variant::CopyBeforeHead);
    let rows = if early { copied(work, rows).await? } else { rows };
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

/// The wrong way: what the accounts want to keep may change until the head is locked.
async fn copied(
    work: &Work,
    mut rows: Vec<partnership::Model>,
) -> Result<Vec<partnership::Model>, Error> {
    let ids = rows.iter().flat_map(|row| [Some(row.sender_account_id), row.recipient_account_id]);
    let accounts = accounts::several(work, ids.flatten().collect::<Vec<_>>()).await?;
    let wants = |id: AccountId| accounts.get(&id).map(|account| account.contact_retention);
    for row in &mut rows {
        row.ended_sender_retention = wants(row.sender_account_id);
        row.ended_recipient_retention = row.recipient_account_id.and_then(wants);
    }
    Ok(rows)
}
