//! Many connections: silent, idle, and more than there is room for.

use super::{PATIENCE, Stage};
use futures::future::join_all;
use partner_service::grpc::transport::bind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CAP: usize = 50;
/// The preface and empty SETTINGS.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// A connection that was let in, if it was.
async fn idle(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(HELLO).await.ok()?;
    timeout(PATIENCE, stream.read_u8()).await.expect("an answer, or an end").ok()?;
    Some(stream)
}

#[tokio::test]
async fn connections_beyond_the_cap_are_closed_and_told_once_and_places_come_back() {
    let stage = Stage::with(&format!("--max-connections {CAP}"));
    let address = &stage.service.address;
    let mut inside = Vec::new();
    for _ in 0..CAP {
        inside.push(idle(address).await.expect("there is room"));
    }
    for _ in 0..200 {
        assert!(idle(address).await.is_none());
    }
    let log = stage.service.log();
    let told = log.matches("connections were closed as they came").count();
    assert_eq!(told, 1, "{log}");
    inside.clear();
    let again = async { while idle(address).await.is_none() {} };
    timeout(PATIENCE, again).await.expect("there is room again");
    stage.answers_others().await;
}

#[tokio::test]
async fn silent_connections_keep_nobody_out_however_many_there_are() {
    let stage = Stage::with(&format!("--max-connections {CAP}"));
    let address = &stage.service.address;
    let growth = stage
        .growth(async {
            let silent = join_all((0..500).map(|_| TcpStream::connect(address))).await;
            stage.answers_others().await;
            drop(silent);
        })
        .await;
    println!("memory grew by {growth:.1} MiB");
    assert!(growth < 16.0, "{growth} MiB");
}

#[tokio::test]
async fn a_crowd_may_wait_until_it_is_accepted() {
    // more than runtimes let wait unless told otherwise
    const CROWD: u64 = 1_200;
    if open_files() < 2 * CROWD {
        println!("not tried: ulimit -n says how many files may be open, and they are too few");
        return;
    }
    let waiting = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = waiting.local_addr().unwrap();
    let mut crowd = Vec::new();
    for _ in 0..CROWD {
        let connecting = timeout(PATIENCE, TcpStream::connect(address));
        crowd.push(connecting.await.expect("there is room to wait in").unwrap());
    }
}

/// How many files this process may have open.
fn open_files() -> u64 {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
