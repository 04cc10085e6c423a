//! How much an account may invite (I13). Days are UTC days.
//!
//! The day's row is locked right after the accounts, so that parallel invitations of one account are counted one by one.
//! Refused and dry-run ones are counted by a statement of their own, since what they were part of was rolled back.

use crate::account::lock::make_or_lock;
use crate::backend::{Ask, Backend, Part, Work};
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::entity::{invitation_usage, partnership};
use crate::error::{Error, Quota};
use sea_orm::sea_query::{Expr, Func, OnConflict, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, ExprTrait, FromQueryResult, QueryFilter,
    QuerySelect, QueryTrait,
};
use std::time::Duration;

/// Locks the account's day.
pub async fn lock(work: &Work, account: AccountId) -> Result<(), Error> {
    let key = [invitation_usage::Column::AccountId, invitation_usage::Column::Day];
    make_or_lock(work, [row((account, work.now.day()), 0, 0)], key).await
}

/// Refuses what goes beyond a quota; `reopens` is an invitation that is open already and stays one.
pub async fn check(work: &Work, account: AccountId, reopens: bool) -> Result<(), Error> {
    let limits = &work.limits;
    let Used { sent, refused, open } = used(work, account).await?;
    let tomorrow = work.now.until(work.now.next_day());
    let over = |quota, limit, retry_after| Error::QuotaExceeded { quota, limit, retry_after };
    if reached(sent, limits.invitations_per_day) {
        return Err(over(Quota::InvitationsPerDay, limits.invitations_per_day, tomorrow));
    }
    if reached(refused, limits.refused_per_day) {
        return Err(over(Quota::RefusedPerDay, limits.refused_per_day, tomorrow));
    }
    if !reopens && reached(open, limits.open_invitations) {
        // nobody knows when somebody decides
        let an_hour = Duration::from_secs(60 * 60);
        return Err(over(Quota::OpenInvitations, limits.open_invitations, an_hour));
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Used {
    sent: i64,
    refused: i64,
    open: i64,
}

async fn used(work: &Work, account: AccountId) -> Result<Used, Error> {
    use partnership::Column::{ExpiresAt, SenderAccountId};
    let undecided = Condition::all()
        .add(SenderAccountId.eq(account))
        .add(super::lock::pending())
        .add(Condition::any().add(ExpiresAt.is_null()).add(ExpiresAt.gt(work.now)));
    let open = Query::select()
        .expr(Func::count(Expr::col(partnership::Column::Id)))
        .from(partnership::Entity)
        .cond_where(undecided)
        .to_owned();
    invitation_usage::Entity::find_by_id((account, work.now.day()))
        .select_only()
        .columns([invitation_usage::Column::Sent, invitation_usage::Column::Refused])
        .expr_as(Expr::SubQuery(None, Box::new(open.into())), "open")
        .into_model()
        .one(&work.txn)
        .await?
        .ok_or(Error::ConcurrentChange)
}

/// Counts one more sent.
pub fn count_sent(part: &mut Part, account: AccountId, now: Timestamp) {
    part.write(move |_, db| {
        let counted = invitation_usage::Entity::update_many()
            .col_expr(
                invitation_usage::Column::Sent,
                Expr::col(invitation_usage::Column::Sent).add(1),
            )
            .filter(invitation_usage::Column::AccountId.eq(account))
            .filter(invitation_usage::Column::Day.eq(now.day()));
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
