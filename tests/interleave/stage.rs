//! One database and its replicas, on which scene after scene is set.
//!
//! A scene is prepared once; its rows are kept beside the real tables, and putting them back costs a few milliseconds
//! where a new database would cost a hundred. Nothing in the service remembers anything between calls.

use crate::gate::{Gate, Moment};
use crate::letters::mail_server;
use crate::picture::Ending;
use crate::scene::{Cast, SCENES, Scene};
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::{Harness, NOON, Options};
use crate::verb::Verb;
use futures::future::{Either, select};
use partner_service::backend::{Clock, Pause};
use partner_service::domain::time::Timestamp;
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, Statement};
use std::fmt::Write as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Every table that verbs write.
const TABLES: [&str; 15] = [
    "log",
    "account",
    "member",
    "address",
    "membership",
    "member_version",
    "pair",
    "invitation_usage",
    "partnership",
    "audit_entry",
    "remembered_request",
    "shared_item",
    "audience_removal",
    "mail",
    "mail_usage",
];
/// Far more than any verb takes; a hang fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(20);

/// A database, the replica that can be held, and another one.
pub struct Stage {
    held: Harness,
    other: Option<Harness>,
    gate: Arc<Gate>,
    clock: Clock,
    db: DatabaseConnection,
    casts: Vec<Cast>,
}

impl Stage {
    /// Prepares every scene.
    pub async fn build() -> Self {
        let gate = Arc::new(Gate::new());
        let clock = Clock::fixed(NOON);
        let database = Arc::new(TestDatabase::fresh().await);
        let options = |pause: Option<Arc<dyn Pause>>| Options {
            pause,
            database: Some(Arc::clone(&database)),
            clock: Some(clock.clone()),
            ..Options::default()
        };
        let held = Harness::with(options(Some(gate.clone()))).await;
        // SQLite serves one process, and has one writer
        let other = match engine() {
            TestEngine::Postgres => Some(Harness::with(options(None)).await),
            TestEngine::Sqlite => None,
        };
        let mut connect = ConnectOptions::new(&database.url);
        connect.max_connections(1).sqlx_logging(false);
        let db = sea_orm::Database::connect(connect).await.expect("the test database opens");
        let mut stage = Self { held, other, gate, clock, db, casts: Vec::new() };
        stage.keep("empty").await;
        let mail_server = mail_server(Arc::clone(&stage.gate)).await;
        for scene in SCENES {
            stage.put_back("empty", NOON).await;
            let cast = scene.prepare(&stage.held, &mail_server).await;
            stage.casts.push(cast);
            stage.keep(&kept(scene)).await;
        }
        stage
    }

    /// One verb after the other.
    pub async fn serially(&self, scene: Scene, first: Verb, second: Verb) -> Ending {
        let cast = self.set(scene).await;
        let one = first.run(&self.held, cast).await;
        let two = second.run(self.other(), cast).await;
        Ending::of(&self.db, scene, cast.names(), &one, &two).await
    }

    /// `first` up to `moment`, then `second` as far as it comes, then both to their end; `None` if `first` never comes to
    /// it.
    pub async fn interleaved(
        &self,
        scene: Scene,
        first: Verb,
        moment: Moment,
        second: Verb,
    ) -> Option<Ending> {
        let cast = self.set(scene).await;
        self.gate.arm(moment);
        let one = async {
            let outcome = first.run(&self.held, cast).await;
            self.gate.give_up();
            outcome
        };
        let two = async {
            if !self.gate.arrival().await {
                return None;
            }
            let second = pin!(second.run(self.other(), cast));
            let outcome = match select(second, pin!(self.somebody_waits())).await {
                Either::Left((outcome, _)) => {
                    self.gate.release();
                    outcome
                }
                Either::Right(((), second)) => {
                    self.gate.release();
                    second.await
                }
            };
            Some(outcome)
        };
        let both = timeout(PATIENCE, async { tokio::join!(one, two) }).await;
        let (one, two) = both.unwrap_or_else(|_| {
            panic!("{scene:?}: {first:?} held at {moment:?}, {second:?}: hangs")
        });
        Some(Ending::of(&self.db, scene, cast.names(), &one, &two?).await)
    }

    /// Both at once, as two clients of one process.
    pub async fn together(&self, scene: Scene, first: Verb, second: Verb) -> Ending {
        let cast = self.set(scene).await;
        let both =
            async { tokio::join!(first.run(&self.held, cast), second.run(self.other(), cast)) };
        let both = timeout(PATIENCE, both).await;
        let (one, two) =
            both.unwrap_or_else(|_| panic!("{scene:?}: {first:?} beside {second:?}: hangs"));
        Ending::of(&self.db, scene, cast.names(), &one, &two).await
    }

    /// How many deadlocks PostgreSQL had to break in this database.
    pub async fn deadlocks(self) -> i64 {
        self.held.backend.close().await;
        if let Some(other) = &self.other {
            other.backend.close().await;
        }
        // a session reports what it counted when it ends at the latest
        let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        let mut ticks = ticks();
        let alone = async {
            while self.number(others).await > 0 {
                ticks.tick().await;
            }
        };
        timeout(PATIENCE, alone).await.expect("the replicas' sessions end");
        self.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            .await
    }

    fn other(&self) -> &Harness {
        self.other.as_ref().unwrap_or(&self.held)
    }

    async fn set(&self, scene: Scene) -> &Cast {
        self.put_back(&kept(scene), scene.now()).await;
        let index = SCENES.iter().position(|other| *other == scene).expect("every scene is listed");
        &self.casts[index]
    }

    /// Until a session of this database stands in a queue for a lock.
    async fn somebody_waits(&self) {
        let waiting = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let mut ticks = ticks();
        while self.number(waiting).await == 0 {
            ticks.tick().await;
        }
    }

    async fn number(&self, sql: &str) -> i64 {
        let row = self
            .db
            .query_one_raw(Statement::from_string(self.db.get_database_backend(), sql))
            .await;
        row.expect("PostgreSQL answers").expect("one row").try_get_by_index(0).expect("a number")
    }

    async fn keep(&self, name: &str) {
        let copies = TABLES.iter().fold(String::new(), |mut sql, table| {
            let _ = write!(sql, "CREATE TABLE kept_{name}_{table} AS SELECT * FROM {table};");
            sql
        });
        self.db.execute_unprepared(&copies).await.expect("the scene is kept");
    }

    async fn put_back(&self, name: &str, now: Timestamp) {
        if let Clock::Fixed(at) = &self.clock {
            at.store(now.0, Ordering::Relaxed);
        }
        let mut sql = String::from("BEGIN;");
        for table in TABLES {
            let _ = write!(
                sql,
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{name}_{table};"
            );
        }
        sql.push_str("COMMIT;");
        self.db.execute_unprepared(&sql).await.expect("the scene is put back");
    }
}

fn kept(scene: Scene) -> String {
    format!("{scene:?}").to_lowercase()
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
