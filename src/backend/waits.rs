//! How long a call waits for a connection: nothing tells that from outside the driver, so once in a while somebody asks
//! for one like any call, and gives it back at once.

use super::database::{Database, Engine};
use crate::meter::Meter;
use prometheus_client::metrics::histogram::Histogram;
use sea_orm::DatabaseConnection;
use std::time::Instant;

/// Asks each pool that calls use; those that streams catch up with may keep them waiting.
pub async fn feel(database: &Database, meter: &Meter) {
    tokio::join!(
        ask(database.engine, &database.reads, &meter.read_waits),
        ask(database.engine, &database.writes, &meter.write_waits),
    );
}

async fn ask(engine: Engine, pool: &DatabaseConnection, waits: &Histogram) {
    let began = Instant::now();
    // a wait in vain was one too
    match engine {
        Engine::Sqlite => drop(pool.get_sqlite_connection_pool().acquire().await),
        Engine::Postgres => drop(pool.get_postgres_connection_pool().acquire().await),
    }
    waits.observe(began.elapsed().as_secs_f64());
}
