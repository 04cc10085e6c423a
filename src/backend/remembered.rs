//! Answers remembered under their callers' request ids, for a day, on any replica.

use super::work::{Ask, Done, RequestKey, Verdict, Work};
use crate::domain::time::Timestamp;
use crate::entity::remembered_request as remembered;
use crate::entity::rows::{one_of, upsert_all};
use crate::error::Error;
use sea_orm::sea_query::{Expr, IntoColumnRef, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, ExprTrait,
    QueryFilter,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};

/// Claims the asks' request ids for this transaction, in their order; where one is used up already, answers what was
/// remembered under it, or that it was for something else. Of several asks with one id the first goes ahead, and the
/// others, `Overloaded`, are to come again after it.
///
/// A claim by another transaction still under way is waited for; one older than a day is taken over.
pub(super) async fn claim<A: DeserializeOwned>(
    work: &Work,
) -> Result<Vec<Option<Verdict<A>>>, Error> {
    let mut keys: Vec<&RequestKey> = work.asks.iter().filter_map(Ask::claims).collect();
    keys.sort_by_key(|key| name(key));
    keys.dedup_by_key(|key| name(key));
    let claims = keys.iter().map(|key| row(work, key, None, 0));
    let mut claimed = 0;
    for statement in upsert_all(claims, taking_over(work), work.txn.get_database_backend()) {
        claimed += work.txn.execute_raw(statement).await?.rows_affected();
    }
    let all = usize::try_from(claimed) == Ok(keys.len());
    let known = if all { Known::new() } else { used(work, &keys).await? };
    let (mut going, mut verdicts) = (HashSet::new(), Vec::with_capacity(work.asks.len()));
    for ask in &work.asks {
        let Some(key) = ask.claims() else {
            verdicts.push(None);
            continue;
        };
        let known = if all { None } else { remembered_under(key, &known)? };
        let second = known.is_none() && !going.insert(name(key));
        verdicts.push(if second { Some(Err(Error::Overloaded)) } else { known });
    }
    Ok(verdicts)
}

fn name(key: &RequestKey) -> (&str, &str) {
    (&key.caller, &key.request_id)
}

type Known = HashMap<(String, String), remembered::Model>;

fn remembered_under<A: DeserializeOwned>(
    key: &RequestKey,
    known: &Known,
) -> Result<Option<Verdict<A>>, Error> {
    let row =
        known.get(&(key.caller.clone(), key.request_id.clone())).ok_or(Error::ConcurrentChange)?;
    // without an answer only in the transaction that claimed it: this one
    let Some(answer) = &row.answer else { return Ok(None) };
    if row.fingerprint != key.fingerprint {
        return Ok(Some(Err(Error::RequestIdReused)));
    }
    let answer = serde_json::from_str(answer)
        .map_err(|error| Error::unreadable("a remembered answer", &error))?;
    Ok(Some(Ok(Done { answer, position: row.position })))
}

async fn used(work: &Work, keys: &[&RequestKey]) -> Result<Known, Error> {
    let rows = remembered::Entity::find().filter(among(work, keys)).all(&work.txn).await?;
    Ok(rows.into_iter().map(|row| ((row.caller.clone(), row.request_id.clone()), row)).collect())
}

/// Callers few, ids many: of the pairs that this lets through each key is one.
fn among(work: &Work, keys: &[&RequestKey]) -> Expr {
    let db = work.txn.get_database_backend();
    let mut callers: Vec<&str> = keys.iter().map(|key| key.caller.as_str()).collect();
    callers.dedup();
    let ids = keys.iter().map(|key| key.request_id.as_str());
    one_of(remembered::Column::Caller, callers, db).and(one_of(
        remembered::Column::RequestId,
        ids,
        db,
    ))
}

/// Writes the answers beside their claims, and lets go of the claims of what was refused.
pub(super) async fn remember<A: Serialize>(
    work: &Work,
    verdicts: &[Verdict<A>],
) -> Result<(), Error> {
    let (mut answers, mut refused) = (Vec::new(), Vec::new());
    for (ask, verdict) in work.asks.iter().zip(verdicts) {
        match (ask.claims(), verdict) {
            (None, _) => {}
            (Some(key), Err(_)) => refused.push(key),
            (Some(key), Ok(done)) => {
                let answer = serde_json::to_string(&done.answer).map_err(Error::internal)?;
                answers.push(row(work, key, Some(answer), done.position));
            }
        }
    }
    let written = OnConflict::columns(KEY)
        .update_columns([remembered::Column::Answer, remembered::Column::Position])
        .to_owned();
    for statement in upsert_all(answers, written, work.txn.get_database_backend()) {
        work.txn.execute_raw(statement).await?;
    }
    if !refused.is_empty() {
        remembered::Entity::delete_many()
            .filter(among(work, &refused))
            .filter(remembered::Column::Answer.is_null())
            .exec(&work.txn)
            .await?;
    }
    Ok(())
}

const KEY: [remembered::Column; 2] = [remembered::Column::Caller, remembered::Column::RequestId];

fn taking_over(work: &Work) -> OnConflict {
    let expired = work.now.minus(work.limits.remember);
    let created = (remembered::Entity, remembered::Column::CreatedAt).into_column_ref();
    OnConflict::columns(KEY)
        .update_columns([
            remembered::Column::Fingerprint,
            remembered::Column::Answer,
            remembered::Column::Position,
            remembered::Column::CreatedAt,
        ])
        .action_and_where(Expr::col(created).lt(expired))
        .to_owned()
}

fn row(
    work: &Work,
    key: &RequestKey,
    answer: Option<String>,
    position: i64,
) -> remembered::ActiveModel {
    remembered::ActiveModel {
        caller: Set(key.caller.clone()),
        request_id: Set(key.request_id.clone()),
        fingerprint: Set(key.fingerprint.clone()),
        answer: Set(answer),
        position: Set(position),
        created_at: Set(work.now),
    }
}

/// Deletes what was remembered before `expired`.
pub(super) async fn forget(db: &DatabaseConnection, expired: Timestamp) -> Result<(), Error> {
    remembered::Entity::delete_many()
        .filter(remembered::Column::CreatedAt.lt(expired))
        .exec(db)
        .await?;
    Ok(())
}
