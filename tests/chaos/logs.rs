//! Log lines, and those who do not read them.

use crate::process::{Home, Process};
use crate::support::database::TestDatabase;
use std::io::Read;
use std::time::Duration;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Each leaves a line of two hundred bytes or more; a pipe holds 64 KiB.
const CALLS: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_whose_log_nobody_reads_answers_and_ends_all_the_same() {
    let database = TestDatabase::empty().await;
    let home = Home::new(&database.url);
    let (mut unread, log) = std::io::pipe().expect("a pipe");
    let started = Process::start_logging(&home, &[], &[], Some(log.into())).await;
    let mut process = started.expect("the service starts");
    let mut health = HealthClient::new(process.channel());
    for call in 0..CALLS {
        let asked = health.check(HealthCheckRequest::default());
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        answer.unwrap_or_else(|_| panic!("call {call} is not answered")).expect("an answer");
    }
    process.terminate();
    let (status, _) = process.ended(PATIENCE).await;
    assert_eq!(status.code(), Some(0), "{}", process.said());
    let mut lines = String::new();
    unread.read_to_string(&mut lines).expect("what fitted into the pipe");
    assert!(lines.contains("grpc.health.v1.Health/Check"), "{lines}");
}
