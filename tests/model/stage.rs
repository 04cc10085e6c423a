//! The services that histories run on: replicas over one database, with sizes so small that every path is taken.

use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::{Caller, Harness, Options, roster};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use sea_orm::DatabaseConnection;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Channel;

/// So short that a history need not wait for one.
pub const HEARTBEAT: Duration = Duration::from_millis(40);
/// What a narrow reader lets be under way: about one message.
const NARROW: u32 = 256;

/// Replicas, and a look into their database.
pub struct Stage {
    pub replicas: Vec<Harness>,
    narrow: Vec<Channel>,
    pub db: DatabaseConnection,
}

/// Sizes that a handful of events exceeds.
pub fn tiny() -> Limits {
    Limits {
        invitations_per_day: 1_000_000,
        refused_per_day: 1_000_000,
        shortest_heartbeat: Duration::from_millis(1),
        feed: Sizes {
            ring: 8,
            page: 2,
            // more than the ring, or no block is ever read before it is full
            block: 12,
            blocks: 4,
            // some streams have less to catch up with, and some more
            far: 10,
            pending: 2,
            batch: 3,
            snapshot: 2,
            poll: Duration::from_millis(20),
            ..Sizes::default()
        },
        ..Limits::default()
    }
}

/// As the service comes, but for heartbeats that need not be waited for.
pub fn usual() -> Limits {
    Limits { shortest_heartbeat: Duration::from_millis(5), ..Limits::default() }
}

impl Stage {
    /// Three replicas on PostgreSQL; SQLite serves one process.
    pub async fn build() -> Self {
        Self::with(tiny()).await
    }

    /// With other limits.
    pub async fn with(limits: Limits) -> Self {
        Self::over(Arc::new(TestDatabase::fresh().await), limits).await
    }

    /// Over a database that is there.
    pub async fn over(database: Arc<TestDatabase>, limits: Limits) -> Self {
        let options = Options { limits, database: Some(database), ..Options::default() };
        let first = Harness::with(options).await;
        let mut replicas = vec![first];
        if engine() == TestEngine::Postgres {
            for _ in 0..2 {
                let database = Some(Arc::clone(&replicas[0].database));
                let clock = Some(replicas[0].clock.clone());
                let options = Options { limits, database, clock, ..Options::default() };
                replicas.push(Harness::with(options).await);
            }
        }
        let mut narrow = Vec::new();
        for replica in &replicas {
            narrow.push(replica.narrow(NARROW).await);
        }
        let db = roster::connect(&replicas[0].database.url).await;
        Self { replicas, narrow, db }
    }

    /// A member's, or the operator's, clients on a replica.
    pub fn caller(&self, replica: usize, member: Option<&str>, narrow: bool) -> Caller {
        let channel = if narrow { &self.narrow[replica] } else { &self.replicas[replica].channel };
        match member {
            Some(id) => Harness::over(channel, &[("x-member-id", id.to_owned())]),
            None => Harness::over(channel, &[]),
        }
    }
}
