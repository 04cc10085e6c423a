//! Several processes on one database.

use crate::process::{Home, Process};
use crate::proxy::Proxy;
use crate::support::database::{TestDatabase, TestEngine, engine};
use futures::future::join_all;
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_processes_started_at_once_one_migrates_and_all_serve() {
    if engine() == TestEngine::Sqlite {
        println!("five processes at once: PostgreSQL only");
        return;
    }
    let database = TestDatabase::empty().await;
    let homes: Vec<Home> = (0..5).map(|_| Home::new(&database.url)).collect();
    let started = join_all(homes.iter().map(|home| Process::start(home, &[]))).await;
    let failed = started.iter().filter(|started| started.is_err()).count();
    let processes: Vec<Process> =
        started.into_iter().map(|started| started.expect("a replica starts")).collect();
    let migrated =
        processes.iter().filter(|process| process.said().contains("migrations applied")).count();
    for (number, process) in processes.iter().enumerate() {
        let account =
            pb::Account { display_name: format!("replica {number}"), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        AccountServiceClient::new(process.channel())
            .create_account(request)
            .await
            .expect("a replica serves");
    }
    println!("five processes at once: {migrated} migrated, {failed} of 5 failed");
    assert_eq!(migrated, 1);
}

/// On a busy machine a connection now and then takes longer than any call would wait for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_has_more_patience_with_its_connections_than_a_call() {
    if engine() == TestEngine::Sqlite {
        println!("connections that stall: PostgreSQL only");
        return;
    }
    let database = TestDatabase::fresh().await;
    let proxy = Proxy::start(&database.url).await;
    // after the one that reaches and the one that migrates: of the calls', and of the tail's, each the first
    proxy.stalls(|number| matches!(number, 2 | 4));
    let home = Home::new(&proxy.url);
    let process = Process::start(&home, &[]).await.expect("the service starts");
    assert!(proxy.taken() >= 6, "{} connections: too few to have stalled", proxy.taken());
    let request = pb::ListAccountsRequest::default();
    let answer = AccountServiceClient::new(process.channel()).list_accounts(request).await;
    answer.expect("it serves");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_one_sqlite_file_says_why_it_cannot_serve() {
    if engine() == TestEngine::Postgres {
        println!("a second process on one file: SQLite only");
        return;
    }
    let database = TestDatabase::empty().await;
    let (first, second) = (Home::new(&database.url), Home::new(&database.url));
    let serving = Process::start(&first, &[]).await.expect("the first process starts");
    let refused =
        Process::start(&second, &[]).await.err().expect("the second process must not serve");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.said.contains("is in use by another process"), "{refused:?}");
    assert!(!second.listen_file().exists());
    serving.kill();
    Process::start(&second, &[]).await.expect("a killed process holds the file no longer");
}
