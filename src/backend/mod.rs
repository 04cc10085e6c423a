//! What verbs run on: the database, the clock, the limits, the service's key, and `change`, the one owner of
//! transactions.
//!
//! ```text
//!   command (locks, decides) -> Outcome { change, answer }
//!        |  claim request id     |  reactions, audit among them
//!        v                       v
//!   prepare: READ COMMITTED, fixed lock order    write: head lock, positions, rows, answer, COMMIT
//! ```
//! `change_many` does the same for many asks in one transaction, each judged and answered by itself; `Group` is the queue
//! that brings them together. Both ways are attempts (`attempt.rs`): one place claims, reacts, appends, commits, settles.
//!
//! ```text
//!   change.rs   one ask            batch.rs   many, in one transaction      group.rs     the queue before it
//!   attempt.rs  one try of either  work.rs    what a command is handed      outcome.rs   what it answers
//!   held.rs     what it has locked, and need not read again                 remembered.rs  answers by request id
//!   pause.rs    where tests hold it           waits.rs  how long a connection is waited for
//!   database.rs  either engine, opened: sqlite.rs, postgres.rs; schema.rs its migrations; look.rs  looked at, not served
//!   notify.rs, nats.rs  doorbells between replicas       clock.rs  limits.rs  key.rs  what else a verb stands on
//!   kept_keys.rs  the secret keys that the database keeps, and how one takes another's place
//! ```
//! Locks are taken in one order everywhere, each set sorted: request id, accounts (with their daily usage), addresses,
//! pairs, partnerships, the day's letters of addresses; the head last. A member is guarded by its address and account,
//! which every verb on it locks. There is no begin or commit outside this room.

mod attempt;
mod batch;
mod change;
mod clock;
mod database;
mod group;
mod held;
mod kept_keys;
mod key;
mod limits;
mod look;
mod nats;
mod notify;
mod outcome;
mod pause;
mod postgres;
mod remembered;
mod schema;
mod sqlite;
mod waits;
mod work;

pub use clock::Clock;
pub use database::{Database, Engine, OpenError};
pub use group::{Command, Group};
pub use held::{Held, Resident};
pub use kept_keys::{KeptKey, REREADING, SETTLING};
pub use key::SecretKey;
pub use limits::Limits;
pub use look::Look;
pub use nats::Nats;
pub use outcome::{Answer, At, Change, Outcome, Outcomes, Part, Planned, Slot, insert, update};
pub use pause::{Pause, PausePoint};
pub use schema::{Migrate, Schema};
pub use work::{Ask, Asked, Done, Patience, RequestKey, Verdict, Work};

pub use crate::entity::rows::{insert_all, one_of, upsert_all, upsert_all_returning};

use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::feed::{Feed, log, retention};
use crate::meter::Meter;
use futures::future::BoxFuture;
use kept_keys::Keyring;
use sea_orm::{ConnAcquireErr, DatabaseConnection, DatabaseTransaction, DbErr};
use std::sync::Arc;
use tokio::sync::Notify;

/// What follows in one room from a change made in another: it reads the change so far and answers what goes before it.
pub type Reaction = for<'a> fn(&'a Work, &'a Change) -> BoxFuture<'a, Result<Part, Error>>;

/// Everything a verb needs; cheap to share behind an `Arc`.
pub struct Backend {
    pub(crate) database: Database,
    /// Tells the time; tests move it.
    pub clock: Clock,
    /// Quotas and spans.
    pub limits: Limits,
    /// The log as it grows.
    pub feed: Arc<Feed>,
    /// Rung when this replica has committed letters that are to be sent.
    pub posted: Notify,
    /// What is counted while verbs and streams run.
    pub meter: Meter,
    keys: Keyring,
    reactions: &'static [Reaction],
    pause: Option<Arc<dyn Pause>>,
}

impl Backend {
    /// Puts a backend together.
    #[must_use]
    pub fn new(
        database: Database,
        clock: Clock,
        limits: Limits,
        key: SecretKey,
        reactions: &'static [Reaction],
    ) -> Self {
        let feed = Arc::new(Feed::new(limits.feed, limits.event_retention));
        let (posted, meter, keys) = (Notify::new(), Meter::default(), Keyring::of(key));
        Self { database, clock, limits, feed, posted, meter, keys, reactions, pause: None }
    }

    /// Its keys are those kept in the database: there may be others soon.
    #[must_use]
    pub fn with_kept_keys(mut self) -> Self {
        self.keys.is_kept = true;
        self
    }

    /// Stops every change at its pause points until `pause` lets it go on: how tests interleave two verbs.
    #[must_use]
    pub fn paused_by(mut self, pause: Arc<dyn Pause>) -> Self {
        self.pause = Some(pause);
        self
    }

    /// The connections that reads use.
    #[must_use]
    pub fn reads(&self) -> &DatabaseConnection {
        self.database.reads()
    }

    /// The connections that those who are behind in the log read it with.
    #[must_use]
    pub fn catch_up(&self) -> &DatabaseConnection {
        self.database.catch_up()
    }

    /// Takes the feed to the end of the log, and follows it from there as long as this backend lives.
    ///
    /// # Errors
    /// The database's.
    pub async fn follow(&self) -> Result<(), Error> {
        self.feed.follow(self.database.tail()).await
    }

    /// Rings the other replicas' doorbells through a NATS server after a commit, and listens to theirs.
    pub fn ring_through(&self, nats: Nats) {
        // a database in a file has no others
        if self.database.engine() == Engine::Postgres {
            self.feed.meanwhile(nats::exchange(Arc::clone(&self.feed), nats));
        }
    }

    /// Rings the other replicas' doorbells after a commit, and listens to theirs; without, they poll.
    pub fn ring_others(&self) {
        if let Some(pool) = self.database.bell() {
            self.feed.meanwhile(notify::exchange(Arc::clone(&self.feed), pool));
        }
    }

    /// What it means that no connection could be had in time: while the tail, which has its own, sees the log's end, the
    /// database does answer, and it is others who have all of them.
    #[must_use]
    pub fn blame(&self, error: Error) -> Error {
        match error {
            Error::DatabaseUnavailable(Some(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
                if self.feed.hub.lag() < database::ACQUIRE_TIMEOUT =>
            {
                Error::Overloaded
            }
            other => other,
        }
    }

    /// A transaction in which every read sees the same prefix of the log; it cannot write.
    ///
    /// # Errors
    /// The database's.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, Error> {
        Ok(self.database.begin_snapshot().await?)
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Refuses a position that this log has not reached; the database itself is as fresh as anything it answered.
    ///
    /// # Errors
    /// `PositionUnknown`, or the database's.
    pub async fn at_least(&self, min_position: i64) -> Result<(), Error> {
        if min_position == 0 {
            return Ok(());
        }
        let head = log::highest(self.reads()).await?;
        if min_position > head {
            return Err(Error::PositionUnknown { position: min_position, head });
        }
        Ok(())
    }

    /// Forgets answers remembered longer ago than a request id counts.
    ///
    /// # Errors
    /// The database's.
    pub async fn forget_old_requests(&self) -> Result<(), Error> {
        remembered::forget(self.database.writes(), self.now().minus(self.limits.remember)).await
    }

    /// Deletes events older than the retention: the floor rises first, then what lies below it goes.
    ///
    /// # Errors
    /// The database's.
    pub async fn trim_log(&self) -> Result<(), Error> {
        let retention = self.limits.event_retention;
        if retention.is_zero() {
            return Ok(());
        }
        let db = self.database.writes();
        retention::raise_floor(db, self.now().minus(retention)).await?;
        while retention::delete_below_floor(db).await? {}
        Ok(())
    }

    /// Asks each pool that calls use for a connection, and counts how long that took.
    pub async fn feel_waits(&self) {
        waits::feel(&self.database, &self.meter).await;
    }

    /// Whether the database lacks a migration that this version needs: one that was restored may.
    pub async fn lacks_migrations(&self) -> bool {
        self.database.is_behind().await
    }

    /// Stops following the log and closes every connection.
    pub async fn close(&self) {
        self.feed.stopped().await;
        self.database.close().await;
    }
}

/// Whoever follows the log for this backend has nobody left to follow it for.
impl Drop for Backend {
    fn drop(&mut self) {
        self.feed.stop();
    }
}
