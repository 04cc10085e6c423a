//! Every snapshot of the database is a prefix of the log, whoever is writing: what tokens and snapshots rest on.

use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};
use tokio::sync::watch;

const WRITERS: usize = 16;
const WRITES: usize = 15;
const READERS: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_readers_beside_sixteen_writers_always_see_a_full_prefix_of_the_log() {
    let harness = Harness::start().await;
    let account = harness.organization("ann").await.id;
    let written = watch::Sender::new(0_usize);
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let db = connect(&harness.database.url).await;
        readers.push(tokio::spawn(read(db, written.subscribe())));
    }
    let writers = (0..WRITERS).map(|writer| write(&harness, &account, writer, &written));
    futures::future::join_all(writers).await;
    drop(written);
    let mut reads = 0;
    for reader in readers {
        reads += reader.await.expect("a reader that saw nothing but prefixes");
    }
    println!("0 of {reads} reads beside {} writes saw a hole", WRITERS * WRITES);
    assert!(reads > READERS, "they read while something was written");
}

async fn write(harness: &Harness, account: &str, writer: usize, written: &watch::Sender<usize>) {
    for number in 0..WRITES {
        let email = format!("m{number}@w{writer}.example");
        let profile = partner_service::grpc::pb::MemberProfile::Observer;
        harness.register(account, &email, profile).await.expect("registered");
        written.send_modify(|count| *count += 1);
    }
}

/// Looks while others write, each time one of them has written; how often.
async fn read(db: DatabaseConnection, mut written: watch::Receiver<usize>) -> usize {
    let (mut reads, mut before) = (0, 0);
    while written.changed().await.is_ok() {
        let statement = Statement::from_string(
            db.get_database_backend(),
            "SELECT count(*) AS events, max(position) AS highest, min(position) AS lowest FROM log",
        );
        let row = db.query_one_raw(statement).await.expect("a read").expect("a row");
        let of = |column: &str| row.try_get::<i64>("", column).expect("a number");
        let (events, highest, lowest) = (of("events"), of("highest"), of("lowest"));
        assert_eq!((events, lowest), (highest, 1), "a prefix has no hole");
        assert!(highest >= before, "what was seen stays");
        before = highest;
        reads += 1;
    }
    db.close().await.expect("closed");
    reads
}

async fn connect(url: &str) -> DatabaseConnection {
    let url = match engine() {
        TestEngine::Sqlite => format!("{url}?mode=ro"),
        TestEngine::Postgres => url.to_owned(),
    };
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("the test database answers")
}
