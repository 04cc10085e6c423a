//! How many letters an address gets per UTC day (I13); what goes beyond is silently not written.
//!
//! Counting locks the address's day until the change ends: all of a change's addresses in one statement, in their order,
//! after every other lock but the head's.

use crate::backend::{Work, one_of, upsert_all};
use crate::domain::email::EmailKey;
use crate::entity::mail_usage;
use crate::error::Error;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter,
};
use std::collections::{BTreeMap, HashMap};

/// Counts letters to addresses, and answers how many of them may be sent.
pub async fn take(
    work: &Work,
    wanted: &BTreeMap<EmailKey, u64>,
) -> Result<HashMap<EmailKey, u64>, Error> {
    let (db, day) = (work.txn.get_database_backend(), work.now.day());
    let rows = wanted.iter().map(|(key, count)| mail_usage::ActiveModel {
        email_key: Set(key.clone()),
        day: Set(day),
        letters: Set(i64::try_from(*count).unwrap_or(i64::MAX)),
    });
    let added = Expr::col((mail_usage::Entity, mail_usage::Column::Letters))
        .add(Expr::col(("excluded", mail_usage::Column::Letters)));
    let counted = OnConflict::columns([mail_usage::Column::EmailKey, mail_usage::Column::Day])
        .value(mail_usage::Column::Letters, added)
        .to_owned();
    for statement in upsert_all(rows, counted, db) {
        work.txn.execute_raw(statement).await?;
    }
    let counted = mail_usage::Entity::find()
        .filter(one_of(mail_usage::Column::EmailKey, wanted.keys().cloned(), db))
        .filter(mail_usage::Column::Day.eq(day))
        .all(&work.txn)
        .await?;
    let left = counted.into_iter().map(|row| {
        let asked = wanted.get(&row.email_key).copied().unwrap_or(0);
        let before = u64::try_from(row.letters).unwrap_or(0).saturating_sub(asked);
        let left = work.limits.mails_per_recipient.saturating_sub(before);
        (row.email_key, Ord::min(left, asked))
    });
    Ok(left.collect())
}
