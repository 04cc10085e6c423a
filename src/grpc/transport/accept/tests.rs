//! Connections that say nothing, or not enough, over real sockets. Where the clock stands still, waiting moves it.

use super::super::arriving::ARRIVAL;
use super::{KEEPALIVE_INTERVAL, KEEPALIVE_TIMEOUT, Listening, PATIENCE, bind, serve};
use crate::tls::{Dialling, Files, Serving};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// An empty SETTINGS frame.
const SETTINGS: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
const SOON: Duration = Duration::from_secs(20);
const DEADLINE: Duration = Duration::from_secs(60);

struct Stage {
    address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

impl Stage {
    fn new(tls: Option<Arc<Serving>>, max_connections: usize) -> Self {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let (_, health) = tonic_health::server::health_reporter();
        let listening = Listening { listener, tls, max_connections };
        let routes = Routes::new(health).prepare().into();
        let serving = serve(listening, routes, shutdown.clone(), DEADLINE);
        Self { address, shutdown, serving: tokio::spawn(serving) }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection that spoke, and was answered.
    async fn speak(&self) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(&[PREFACE, SETTINGS].concat()).await.unwrap();
        stream.read_u8().await.expect("the service's own SETTINGS");
        stream
    }
}

fn certified() -> (TempDir, Arc<Serving>, Dialling) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = TempDir::new().unwrap();
    let (certificate, key) = (folder.path().join("crt"), folder.path().join("key"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let client = Dialling::own(&certificate, None).unwrap();
    let serving = Serving::start(Files { certificate, key, client_ca: None }).unwrap();
    (folder, serving, client)
}

/// Reads until the service closes; how long that took by the paused clock.
async fn closed(stream: &mut (impl AsyncReadExt + Unpin)) -> Duration {
    let began = Instant::now();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    began.elapsed()
}

fn is_about(took: Duration, expected: Duration) -> bool {
    took + Duration::from_secs(1) > expected && took < expected + Duration::from_secs(1)
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    let stage = Stage::new(None, 10);
    let took = closed(&mut stage.connect().await).await;
    assert!(is_about(took, PATIENCE), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_preface_that_comes_byte_by_byte_is_not_waited_for() {
    let stage = Stage::new(None, 10);
    let mut stream = stage.connect().await;
    let began = Instant::now();
    for byte in PREFACE {
        sleep(Duration::from_secs(1)).await;
        if stream.write_all(&[*byte]).await.is_err() {
            break;
        }
    }
    let took = began.elapsed();
    assert!(took >= PATIENCE && took < PATIENCE * 2, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stops_half_way_is_not_waited_for() {
    let (_folder, tls, _) = certified();
    let stage = Stage::new(Some(tls), 10);
    for said in [&b""[..], &[0x16, 0x03, 0x01, 0x01, 0x00, 1, 0]] {
        let mut stream = stage.connect().await;
        stream.write_all(said).await.unwrap();
        let took = closed(&mut stream).await;
        assert!(is_about(took, PATIENCE), "{took:?} after {said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_after_its_handshake_is_closed() {
    let (_folder, tls, client) = certified();
    let stage = Stage::new(Some(tls), 10);
    let mut stream = client.connect("localhost", stage.address.port()).await.unwrap();
    let took = closed(&mut stream).await;
    assert!(is_about(took, PATIENCE), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_spoke_and_answers_no_ping_is_closed() {
    let stage = Stage::new(None, 10);
    let mut stream = stage.connect().await;
    stream.write_all(&[PREFACE, SETTINGS].concat()).await.unwrap();
    let took = closed(&mut stream).await;
    assert!(is_about(took, KEEPALIVE_INTERVAL + KEEPALIVE_TIMEOUT), "{took:?}");
}

#[tokio::test]
async fn beyond_the_cap_connections_are_closed_as_they_come_until_there_is_a_place() {
    let stage = Stage::new(None, 2);
    let (first, _second) = (stage.speak().await, stage.speak().await);
    let mut third = stage.connect().await;
    let took = timeout(SOON, closed(&mut third)).await.expect("it is closed");
    assert!(took < PATIENCE, "{took:?}");
    drop(first);
    let again = async {
        loop {
            let mut stream = stage.connect().await;
            let said = stream.write_all(&[PREFACE, SETTINGS].concat()).await;
            if said.is_ok() && stream.read_u8().await.is_ok() {
                return;
            }
        }
    };
    timeout(SOON, again).await.expect("a place is free again");
}

#[tokio::test]
async fn one_that_is_silent_gives_its_place_to_one_that_comes() {
    let stage = Stage::new(None, 2);
    let _first = stage.speak().await;
    let mut silent = stage.connect().await;
    let _third = timeout(SOON, stage.speak()).await.expect("it is served");
    let took = timeout(SOON, closed(&mut silent)).await.expect("it has to go");
    assert!(took < PATIENCE, "{took:?}");
}

#[tokio::test]
async fn a_stop_does_not_wait_for_those_that_have_not_spoken() {
    let (_folder, tls, _) = certified();
    for tls in [None, Some(tls)] {
        let stage = Stage::new(tls, 10);
        let mut silent = stage.connect().await;
        stage.shutdown.cancel();
        timeout(SOON, stage.serving).await.expect("it ends").unwrap();
        timeout(SOON, closed(&mut silent)).await.expect("it is closed");
    }
}

/// The headers of a call, whose message does not follow.
fn begun(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    let headers = [&[0x83, 0x86, 0x04, length], path.as_bytes()].concat();
    let length = u8::try_from(headers.len()).unwrap();
    [&[0, 0, length, 1, 4, 0, 0, 0, 1], &headers[..]].concat()
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_come_is_not_waited_for() {
    let stage = Stage::new(None, 10);
    let mut stream = stage.connect().await;
    let began = Instant::now();
    let call = [PREFACE, SETTINGS, &begun("/grpc.health.v1.Health/Check")].concat();
    stream.write_all(&call).await.unwrap();
    // its HEADERS answer it
    let mut head = [0; 9];
    loop {
        stream.read_exact(&mut head).await.unwrap();
        let length = usize::from(head[1]) << 8 | usize::from(head[2]);
        stream.read_exact(&mut vec![0; length]).await.unwrap();
        if head[3] == 1 {
            break;
        }
    }
    let took = began.elapsed();
    assert!(is_about(took, ARRIVAL), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_end_outlives_a_stop_by_the_deadline_at_most() {
    let stage = Stage::new(None, 10);
    let mut stream = stage.connect().await;
    // nothing bounds how long this one sends
    let call = [PREFACE, SETTINGS, &begun("/grpc.reflection.v1.ServerReflection/X")].concat();
    stream.write_all(&call).await.unwrap();
    stream.read_u8().await.unwrap();
    let began = Instant::now();
    stage.shutdown.cancel();
    stage.serving.await.unwrap();
    let took = began.elapsed();
    assert!(took <= DEADLINE + Duration::from_secs(1), "{took:?}");
}
