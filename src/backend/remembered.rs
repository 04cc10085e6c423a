//! Answers remembered under the caller's request id, for a day, on any replica.

use super::work::{Done, RequestKey, Work};
use crate::domain::time::Timestamp;
use crate::entity::remembered_request as remembered;
use crate::error::Error;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseConnection, EntityTrait, ExprTrait, QueryFilter,
    sea_query::IntoColumnRef,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Claims the request id for this transaction, or answers what was remembered under it.
///
/// A claim by another transaction still under way is waited for; one older than a day is taken over.
pub(super) async fn claim<A: DeserializeOwned>(
    work: &Work,
    key: &RequestKey,
) -> Result<Option<Done<A>>, Error> {
    let expired = work.now.minus(work.limits.remember);
    let fresh = remembered::ActiveModel {
        caller: Set(key.caller.clone()),
        request_id: Set(key.request_id.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer: Set(None),
        position: Set(0),
        created_at: Set(work.now),
    };
    let claimed = remembered::Entity::insert(fresh)
        .on_conflict(
            OnConflict::columns([remembered::Column::Caller, remembered::Column::RequestId])
                .update_columns([
                    remembered::Column::Fingerprint,
                    remembered::Column::Answer,
                    remembered::Column::Position,
                    remembered::Column::CreatedAt,
                ])
                .action_and_where(
                    Expr::col(
                        (remembered::Entity, remembered::Column::CreatedAt).into_column_ref(),
                    )
                    .lt(expired),
                )
                .to_owned(),
        )
        .exec_without_returning(&work.txn)
        .await?;
    if claimed > 0 {
        return Ok(None);
    }
    let row = remembered::Entity::find_by_id((key.caller.clone(), key.request_id.clone()))
        .one(&work.txn)
        .await?
        .ok_or(Error::ConcurrentChange)?;
    if row.fingerprint != key.fingerprint {
        return Err(Error::RequestIdReused);
    }
    let answer = row.answer.ok_or(Error::ConcurrentChange)?;
    let answer = serde_json::from_str(&answer).map_err(Error::internal)?;
    Ok(Some(Done { answer, position: row.position }))
}

/// Writes the answer beside the claim.
pub(super) async fn remember<A: Serialize>(
    work: &Work,
    key: &RequestKey,
    done: &Done<A>,
) -> Result<(), Error> {
    let answer = serde_json::to_string(&done.answer).map_err(Error::internal)?;
    remembered::Entity::update_many()
        .col_expr(remembered::Column::Answer, Expr::value(answer))
        .col_expr(remembered::Column::Position, Expr::value(done.position))
        .filter(remembered::Column::Caller.eq(&key.caller))
        .filter(remembered::Column::RequestId.eq(&key.request_id))
        .exec(&work.txn)
        .await?;
    Ok(())
}

/// Deletes what was remembered before `expired`.
pub(super) async fn forget(db: &DatabaseConnection, expired: Timestamp) -> Result<(), Error> {
    remembered::Entity::delete_many()
        .filter(remembered::Column::CreatedAt.lt(expired))
        .exec(db)
        .await?;
    Ok(())
}
