//! The doorbell by way of NATS over TLS.

use super::super::service::Service;
use super::super::shell::Folder;
use super::super::support::certificates::{Authority, write};
use super::super::support::database::{TestDatabase, TestEngine, engine};
use super::super::support::nats_server::NatsServer;
use super::PATIENCE;
use std::time::Duration;
use tokio::time::{interval, timeout};

#[tokio::test]
async fn a_bell_over_tls_is_used_where_the_machine_trusts_its_server_and_polled_around_elsewhere() {
    if engine() == TestEngine::Sqlite {
        // one process, and nobody to ring for
        return;
    }
    let database = TestDatabase::empty().await;
    let (authority, stranger) = (Authority::new("one"), Authority::new("another"));
    for (trusted, said, listeners) in
        [(&authority, "the doorbell works", 1), (&stranger, "the doorbell does not work", 0)]
    {
        let folder = Folder::new();
        write(folder.path(), "trusted.crt", &trusted.pem());
        let (certificate, key) = authority.issues(&["127.0.0.1"]).write(folder.path(), "nats");
        let server = NatsServer::over_tls(&certificate, &key).await;
        let line = format!(
            "env SSL_CERT_FILE=trusted.crt cargo run --release -- --doorbell tls://{}",
            server.address()
        );
        let service = Service::start(&folder, &line, Some(&database.url));
        let saying = async {
            let mut ticks = interval(Duration::from_millis(20));
            while !service.log().contains(said) {
                ticks.tick().await;
            }
        };
        timeout(PATIENCE, saying).await.unwrap_or_else(|_| panic!("{}", service.log()));
        server.heard_by(listeners).await;
        assert!(service.stop().success());
    }
}
