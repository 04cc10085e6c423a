//! Stopping a service, so that another one can take over its database.

use super::Harness;
use super::database::TestDatabase;
use partner_service::backend::Clock;
use std::sync::Arc;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

impl Harness {
    /// Ends the service, whatever clients it still has; what is left is its database and its clock. SQLite lets the next
    /// service in only once the last connection's task has let go of the backend.
    pub async fn stop(self) -> (Arc<TestDatabase>, Clock) {
        let Self { backend, clock, channel, routes, registrations, database, shutdown, .. } = self;
        shutdown.cancel();
        drop((channel, routes, registrations));
        let alone = async {
            while Arc::strong_count(&backend) > 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, alone)
            .await
            .expect("every connection ends once the service stops");
        backend.close().await;
        (database, clock)
    }
}
