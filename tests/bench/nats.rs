//! As much of NATS's protocol as the peer needs: publishers that wait for JetStream's acknowledgement, and subscribers that
//! count.

use crate::Failure;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

const HELLO: &str = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";
const READ_BYTES: usize = 64 * 1024;

/// A connection.
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
    chunk: Vec<u8>,
}

impl Client {
    pub async fn connect(address: &str) -> Result<Self, io::Error> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        stream.write_all(HELLO.as_bytes()).await?;
        Ok(Self { stream, received: Vec::new(), chunk: vec![0; READ_BYTES] })
    }

    pub async fn send(&mut self, text: &str) -> Result<(), io::Error> {
        self.stream.write_all(text.as_bytes()).await
    }

    /// Waits for something, and hands over each message; answers pings.
    pub async fn receive(&mut self, mut each: impl FnMut(&[u8])) -> Result<(), io::Error> {
        let count = self.stream.read(&mut self.chunk).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.received.extend_from_slice(&self.chunk[..count]);
        let (mut taken, mut pings) = (0, 0);
        while let Some((line, rest)) = line(&self.received[taken..]) {
            let length = match line.split(|byte| *byte == b' ').next() {
                Some(b"MSG" | b"HMSG") => {
                    let Some(body) = body(line, rest) else { break };
                    each(body);
                    body.len() + 2
                }
                Some(b"PING") => {
                    pings += 1;
                    0
                }
                Some(b"-ERR") => return Err(io::Error::other(String::from_utf8_lossy(line))),
                _ => 0,
            };
            taken += line.len() + 2 + length;
        }
        self.received.drain(..taken);
        for _ in 0..pings {
            self.send("PONG\r\n").await?;
        }
        Ok(())
    }

    /// Asks JetStream for something.
    pub async fn request(&mut self, subject: &str, body: &str) -> Result<(), Failure> {
        let length = body.len();
        self.send(&format!("SUB answers 9\r\nPUB {subject} answers {length}\r\n{body}\r\n"))
            .await?;
        let mut answer = Vec::new();
        while answer.is_empty() {
            self.receive(|body| answer = body.to_vec()).await?;
        }
        self.send("UNSUB 9\r\n").await?;
        let answer: serde_json::Value = serde_json::from_slice(&answer)?;
        match answer.get("error") {
            Some(error) => Err(format!("{subject}: {error}").into()),
            None => Ok(()),
        }
    }
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.windows(2).position(|two| two == b"\r\n")?;
    Some((&bytes[..end], &bytes[end + 2..]))
}

/// What a message carries, once it and the end of its line are there.
fn body<'a>(line: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    let length = line.rsplit(|byte| *byte == b' ').next()?;
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    rest.get(..length + 2).map(|body| &body[..length])
}

/// Subscribes, and counts for as long as the handle lives.
pub async fn subscribe(
    address: &str,
    subject: &str,
    count: Arc<AtomicU64>,
) -> Result<AbortOnDropHandle<()>, Failure> {
    let mut client = Client::connect(address).await?;
    client.send(&format!("SUB {subject} 1\r\nPING\r\n")).await?;
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        let mut events = 0;
        while client.receive(|_| events += 1).await.is_ok() {
            count.fetch_add(std::mem::take(&mut events), Ordering::Relaxed);
        }
    })))
}

/// Publishes with so many unacknowledged, until told to stop.
pub async fn publish(
    address: String,
    publisher: usize,
    in_flight: usize,
    payload: String,
    (stopping, made): (Arc<AtomicBool>, Arc<AtomicU64>),
) -> Result<(), io::Error> {
    let mut client = Client::connect(&address).await?;
    client.send(&format!("SUB acks.{publisher} 1\r\n")).await?;
    let length = payload.len();
    let one = format!("PUB m acks.{publisher} {length}\r\n{payload}\r\n");
    let mut open = 0;
    while !stopping.load(Ordering::Relaxed) {
        client.send(&one.repeat(in_flight - open)).await?;
        open = in_flight;
        client.receive(|_| open -= 1).await?;
        made.fetch_add((in_flight - open) as u64, Ordering::Relaxed);
    }
    Ok(())
}
