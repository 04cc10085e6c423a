//! The secret keys that are kept in the database, where no file has them: one is made at the first start, others are added.
//!
//! What any of them signed is good until it is dropped. Which one signs follows from their order and their age: the newest
//! that has been there for a minute. Replicas read them again every few seconds, so all of them know a key before the first
//! one signs with it; one that meets a signature of none of its keys reads them before it refuses it. That a key is in the
//! database before anybody signs with it is what makes this certain, whatever the clocks say.

use super::database::patiently;
use super::key::SecretKey;
use super::{Backend, Database, Look, OpenError};
use crate::domain::time::Timestamp;
use crate::entity::service_key::{ActiveModel, Column, Entity, Model};
use crate::error::Error;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::OnConflict,
};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// From adding a key to signing with it, and from then on until every replica does.
pub const SETTLING: Duration = Duration::from_secs(60);
/// How often replicas read the keys: many times while one settles.
pub const REREADING: Duration = Duration::from_secs(5);

/// The keys in force.
pub(super) struct Keyring {
    current: RwLock<Arc<SecretKey>>,
    /// Whether they are those in the database.
    pub is_kept: bool,
}

impl Keyring {
    pub fn of(key: SecretKey) -> Self {
        Self { current: RwLock::new(Arc::new(key)), is_kept: false }
    }

    fn current(&self) -> Arc<SecretKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, key: Arc<SecretKey>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl Backend {
    /// The service's keys: what page tokens and the links of invitations are signed with.
    #[must_use]
    pub fn key(&self) -> Arc<SecretKey> {
        self.keys.current()
    }

    /// Reads the keys again, where the database keeps them; answers whether they are others than before.
    ///
    /// # Errors
    /// The database's.
    pub async fn reread_keys(&self) -> Result<bool, Error> {
        let before = self.key();
        Ok(self.keys_other_than(&before).await?.is_some())
    }

    /// The keys as the database keeps them now, if they are others than those by which a signature was none: another
    /// replica may have read them earlier.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys_other_than(
        &self,
        known: &SecretKey,
    ) -> Result<Option<Arc<SecretKey>>, Error> {
        if !self.keys.is_kept {
            return Ok(None);
        }
        let Some(key) = in_force(&all(self.reads()).await?, self.now()) else {
            tracing::error!(
                "no usable key in the table service_key; those from before stay in force"
            );
            return Ok(None);
        };
        let key = Arc::new(key);
        self.keys.replace(Arc::clone(&key));
        Ok(Some(key).filter(|key| **key != *known))
    }
}

/// One of the keys, without what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptKey {
    /// Counted from 1.
    pub number: i32,
    pub created_at: Timestamp,
    /// Since when it signs, or will.
    pub signs_from: Timestamp,
    /// When the one after it begins to sign.
    pub signs_until: Option<Timestamp>,
}

impl KeptKey {
    /// Whether it is the one that signs.
    #[must_use]
    pub fn signs(&self, now: Timestamp) -> bool {
        self.signs_from <= now && self.signs_until.is_none_or(|end| end > now)
    }

    /// Whether nobody signs with it any more, not even who was late to read the keys.
    fn is_unused(&self, now: Timestamp) -> bool {
        self.signs_until.is_some_and(|end| end.plus(SETTLING) <= now)
    }

    fn listed(rows: &[Model]) -> Vec<Self> {
        let signs_from = |at: usize, row: &Model| match at {
            // there was none before it that could have signed instead
            0 => row.created_at,
            _ => row.created_at.plus(SETTLING),
        };
        let kept = rows.iter().enumerate().map(|(at, row)| Self {
            number: row.id,
            created_at: row.created_at,
            signs_from: signs_from(at, row),
            signs_until: rows.get(at + 1).map(|next| signs_from(at + 1, next)),
        });
        kept.collect()
    }
}

impl Database {
    /// The service's own keys, the first of them made at the first start; the same on every replica.
    ///
    /// # Errors
    /// The database's.
    pub async fn service_key(&self, now: Timestamp) -> Result<SecretKey, OpenError> {
        patiently(|| self.make_or_read_keys(now)).await
    }

    async fn make_or_read_keys(&self, now: Timestamp) -> Result<SecretKey, OpenError> {
        let mut rows = all(&self.writes).await?;
        if rows.is_empty() {
            // of two replicas that start at once, one is first
            let first = OnConflict::column(Column::Id).do_nothing().to_owned();
            Entity::insert(made(1, now))
                .on_conflict(first)
                .exec_without_returning(&self.writes)
                .await?;
            rows = all(&self.writes).await?;
        }
        in_force(&rows, now)
            .ok_or_else(|| OpenError::Damaged("no usable key in the table service_key".to_owned()))
    }

    /// Adds a key, which signs in a while; none where there is none that it could follow.
    ///
    /// # Errors
    /// The database's.
    pub async fn add_key(&self, now: Timestamp) -> Result<Option<KeptKey>, OpenError> {
        let rows = all(&self.writes).await?;
        let Some(newest) = rows.last() else { return Ok(None) };
        Entity::insert(made(newest.id + 1, now)).exec_without_returning(&self.writes).await?;
        Ok(KeptKey::listed(&all(&self.writes).await?).pop())
    }

    /// Drops keys that stopped signing so long ago, or longer; answers these and those that are left.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_keys(
        &self,
        unused_for: Duration,
        now: Timestamp,
    ) -> Result<(Vec<KeptKey>, Vec<KeptKey>), OpenError> {
        let keys = KeptKey::listed(&all(&self.writes).await?);
        let (old, left): (Vec<_>, Vec<_>) =
            keys.into_iter().partition(|key| key.is_unused(now.minus(unused_for)));
        if !old.is_empty() {
            Entity::delete_many()
                .filter(Column::Id.is_in(old.iter().map(|key| key.number)))
                .exec(&self.writes)
                .await?;
        }
        Ok((old, left))
    }
}

impl Look {
    /// The keys kept in the database, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys(&self) -> Result<Vec<KeptKey>, OpenError> {
        match &self.db {
            Some(db) if !self.schema().await?.applied.is_empty() => {
                Ok(KeptKey::listed(&all(db).await?))
            }
            _ => Ok(Vec::new()),
        }
    }
}

async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

fn made(number: i32, now: Timestamp) -> ActiveModel {
    let fresh: [u8; SecretKey::MIN_BYTES] = rand::random();
    ActiveModel { id: Set(number), key: Set(hex(&fresh)), created_at: Set(now) }
}

/// The one that signs in front; none if there is none, or one is damaged.
fn in_force(rows: &[Model], now: Timestamp) -> Option<SecretKey> {
    let mut keys: Vec<Vec<u8>> = rows.iter().map(|row| unhex(&row.key)).collect::<Option<_>>()?;
    let signing = KeptKey::listed(rows).iter().rposition(|key| key.signs_from <= now);
    let first = keys.remove(signing.unwrap_or(0).min(keys.len().checked_sub(1)?));
    SecretKey::of(std::iter::once(first).chain(keys).collect())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.len().is_multiple_of(2).then(|| text.as_bytes().chunks(2))?;
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000_000);

    fn row(id: i32, age: Duration) -> Model {
        Model { id, key: hex(&[u8::try_from(id).unwrap(); 32]), created_at: START.plus(age) }
    }

    /// Which key signs.
    fn signer(rows: &[Model], at: Timestamp) -> i32 {
        let key = in_force(rows, at).unwrap();
        let by =
            |id: i32| SecretKey::new(vec![u8::try_from(id).unwrap(); 32]).unwrap().mac("x", &[]);
        (1..9).find(|id| by(*id) == key.mac("x", &[])).unwrap()
    }

    #[test]
    fn the_newest_key_that_every_replica_knows_signs_and_all_of_them_verify() {
        let added = Duration::from_secs(1_000);
        let rows = [row(1, Duration::ZERO), row(2, added), row(3, 2 * added)];
        let settled = START.plus(added).plus(SETTLING);
        assert_eq!(signer(&rows[..1], START), 1);
        assert_eq!(signer(&rows[..2], START.plus(added)), 1);
        assert_eq!(signer(&rows[..2], settled.minus(Duration::from_micros(1))), 1);
        assert_eq!((signer(&rows[..2], settled), signer(&rows, settled)), (2, 2));
        assert_eq!(signer(&rows, settled.plus(added)), 3);
        let all = in_force(&rows, settled).unwrap();
        for id in 1..=3 {
            let mac = SecretKey::new(vec![id; 32]).unwrap().mac("x", &[]);
            assert!(all.verifies("x", &[], &mac), "{id}");
        }
    }

    #[test]
    fn what_is_left_of_dropped_keys_signs_whatever_a_clock_says() {
        let rows = [row(2, Duration::ZERO)];
        assert_eq!(signer(&rows, START.minus(SETTLING)), 2);
        assert!(in_force(&[], START).is_none());
        let damaged = Model { key: "no key".to_owned(), ..row(1, Duration::ZERO) };
        assert!(in_force(&[damaged], START).is_none());
    }

    #[test]
    fn a_key_is_unused_once_every_replica_signs_with_the_one_after_it() {
        let added = Duration::from_secs(1_000);
        let keys = KeptKey::listed(&[row(1, Duration::ZERO), row(2, added)]);
        let end = START.plus(added).plus(SETTLING);
        assert_eq!((keys[0].signs_until, keys[1].signs_from), (Some(end), end));
        let a_moment = Duration::from_micros(1);
        assert!(keys[0].signs(end.minus(a_moment)) && !keys[1].signs(end.minus(a_moment)));
        assert!(!keys[0].signs(end) && keys[1].signs(end));
        let unused = end.plus(SETTLING);
        assert!(!keys[0].is_unused(unused.minus(a_moment)) && keys[0].is_unused(unused));
        assert!(!keys[1].is_unused(unused.plus(added)));
    }
}
