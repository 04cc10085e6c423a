//! Replicas over one database, with a memory so small that answers are driven out of it.

use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::feed::Sizes;
use std::sync::Arc;
use std::time::Duration;

/// Three replicas on PostgreSQL; SQLite serves one process.
pub async fn build() -> Vec<Harness> {
    let limits = Limits {
        invitations_per_day: 1_000_000,
        feed: Sizes { kept: 16, page: 1, poll: Duration::from_millis(20), ..Sizes::default() },
        ..Limits::default()
    };
    let database = Arc::new(TestDatabase::fresh().await);
    let first = Options { limits, database: Some(database), ..Options::default() };
    let mut replicas = vec![Harness::with(first).await];
    let others = if engine() == TestEngine::Postgres { 2 } else { 0 };
    for _ in 0..others {
        let database = Some(Arc::clone(&replicas[0].database));
        let clock = Some(replicas[0].clock.clone());
        let options = Options { limits, database, clock, ..Options::default() };
        replicas.push(Harness::with(options).await);
    }
    replicas
}
