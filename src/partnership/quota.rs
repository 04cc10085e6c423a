//! How much an account may invite (I13). Days are UTC days.
//!
//! The day's row is locked right after the accounts, so that parallel invitations of one account are counted one by one.
//! Refused and dry-run ones are counted by a statement of their own, since what they were part of was rolled back.

use crate::backend::{Ask, Backend, Part, Work};
use crate::domain::ids::AccountId;
use crate::domain::partnership::State;
use crate::entity::{invitation_usage, partnership};
use crate::error::{Error, Quota};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait,
};

/// Locks the account's day, and answers what it has used.
pub async fn lock(work: &Work, account: AccountId) -> Result<invitation_usage::Model, Error> {
    let key = (account, work.now.day());
    let find = || {
        invitation_usage::Entity::find_by_id(key)
            .lock_exclusive()
            .one(&work.txn)
    };
    if let Some(used) = find().await? {
        return Ok(used);
    }
    invitation_usage::Entity::insert(row(key, 0, 0))
        .on_conflict(
            OnConflict::columns([
                invitation_usage::Column::AccountId,
                invitation_usage::Column::Day,
            ])
            .do_nothing()
            .to_owned(),
        )
        .exec_without_returning(&work.txn)
        .await?;
    find().await?.ok_or(Error::ConcurrentChange)
}

/// Refuses what goes beyond a quota; `reopens` is an invitation that is open already and stays one.
pub async fn check(
    work: &Work,
    used: &invitation_usage::Model,
    reopens: bool,
) -> Result<(), Error> {
    let limits = &work.limits;
    let tomorrow = work.now.until(work.now.next_day());
    let over = |quota, limit, retry_after| Error::QuotaExceeded {
        quota,
        limit,
        retry_after,
    };
    if reached(used.sent, limits.invitations_per_day) {
        return Err(over(
            Quota::InvitationsPerDay,
            limits.invitations_per_day,
            tomorrow,
        ));
    }
    if reached(used.refused, limits.refused_per_day) {
        return Err(over(Quota::RefusedPerDay, limits.refused_per_day, tomorrow));
    }
    if !reopens {
        let open = partnership::Entity::find()
            .filter(partnership::Column::SenderAccountId.eq(used.account_id))
            .filter(partnership::Column::State.eq(State::Pending))
            .filter(
                Condition::any()
                    .add(partnership::Column::ExpiresAt.is_null())
                    .add(partnership::Column::ExpiresAt.gt(work.now)),
            )
            .count(&work.txn)
            .await?;
        if open >= limits.open_invitations {
            let an_hour = std::time::Duration::from_secs(60 * 60);
            return Err(over(
                Quota::OpenInvitations,
                limits.open_invitations,
                an_hour,
            ));
        }
    }
    Ok(())
}

/// Counts one more sent.
pub fn count_sent(part: &mut Part, used: &invitation_usage::Model) {
    let (account, day) = (used.account_id, used.day);
    part.write(move |_, db| {
        let counted = invitation_usage::Entity::update_many()
            .col_expr(
                invitation_usage::Column::Sent,
                Expr::col(invitation_usage::Column::Sent).add(1),
            )
            .filter(invitation_usage::Column::AccountId.eq(account))
            .filter(invitation_usage::Column::Day.eq(day));
        vec![counted.build(db)]
    });
}

/// Counts one more refused or tried out, outside the transaction that was given up.
pub async fn count_refused(backend: &Backend, ask: &Ask) -> Result<(), Error> {
    let Some(account) = ask.actor.account else {
        return Ok(());
    };
    let refused = Expr::col((invitation_usage::Entity, invitation_usage::Column::Refused)).add(1);
    invitation_usage::Entity::insert(row((account, backend.now().day()), 0, 1))
        .on_conflict(
            OnConflict::columns([
                invitation_usage::Column::AccountId,
                invitation_usage::Column::Day,
            ])
            .value(invitation_usage::Column::Refused, refused)
            .to_owned(),
        )
        .exec_without_returning(backend.database.writes())
        .await?;
    Ok(())
}

fn row((account, day): (AccountId, i64), sent: i64, refused: i64) -> invitation_usage::ActiveModel {
    invitation_usage::ActiveModel {
        account_id: Set(account),
        day: Set(day),
        sent: Set(sent),
        refused: Set(refused),
    }
}

fn reached(used: i64, limit: u64) -> bool {
    u64::try_from(used).unwrap_or(0) >= limit
}
