//! How many letters an address gets per UTC day (I13); what goes beyond is silently not written.
//!
//! Counting locks the address's day until the change ends: all of a change's addresses in one statement, in their order,
//! after every other lock but the head's.

use crate::backend::{Work, upsert_all_returning};
use crate::domain::email::EmailKey;
use crate::entity::mail_usage;
use crate::error::Error;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ConnectionTrait, ExprTrait};
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
    let returned = [mail_usage::Column::EmailKey, mail_usage::Column::Letters];
    let mut left = HashMap::new();
    for statement in upsert_all_returning(rows, counted, returned, db) {
        for row in work.txn.query_all_raw(statement).await? {
            let key: EmailKey = row.try_get("", "email_key")?;
            let letters: i64 = row.try_get("", "letters")?;
            let asked = wanted.get(&key).copied().unwrap_or(0);
            let before = u64::try_from(letters).unwrap_or(0).saturating_sub(asked);
            let still = work.limits.mails_per_recipient.saturating_sub(before);
            left.insert(key, Ord::min(still, asked));
        }
    }
    Ok(left)
}
