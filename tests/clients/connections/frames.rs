//! HTTP/2 by hand: an attacker's side of a connection.

use super::PATIENCE;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;
const ACK: u8 = 1;
pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PROTOCOL_ERROR: u32 = 1;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const FRAME_SIZE_ERROR: u32 = 6;
pub const ENHANCE_YOUR_CALM: u32 = 11;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Of DATA, before the service says more.
const FIRST_WINDOW: usize = 65_535;
/// A peer that takes nothing for so long has stopped reading.
const STUCK: Duration = Duration::from_secs(2);

/// A frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The header block of a gRPC call, not compressed.
pub fn call(path: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    field(&mut block, b":path", path.as_bytes());
    field(&mut block, b":authority", b"localhost");
    field(&mut block, b"content-type", b"application/grpc");
    field(&mut block, b"te", b"trailers");
    block
}

/// A header that the peer is asked not to remember.
pub fn field(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    block.push(0);
    for text in [name, value] {
        // an integer with a prefix of seven bits
        let mut rest = text.len();
        if rest < 127 {
            block.push(u8::try_from(rest).expect("it is small"));
        } else {
            block.push(127);
            rest -= 127;
            while rest >= 128 {
                block.push(u8::try_from(rest % 128).expect("it is small") | 128);
                rest /= 128;
            }
            block.push(u8::try_from(rest).expect("it is small"));
        }
        block.extend(text);
    }
}

/// A frame that came back.
#[derive(Clone, Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The code of a GOAWAY or a RST_STREAM.
    pub fn code(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().expect("four bytes"))
    }
}

/// A connection that has said what is polite, and now goes on.
pub struct Attacker {
    write: OwnedWriteHalf,
    reading: Reading,
    /// What the service lets the connection send, in bytes of DATA.
    window: Arc<Semaphore>,
}

enum Reading {
    /// Frames are read as they come.
    All(UnboundedReceiver<Frame>),
    /// Nothing is.
    Nothing { _read: OwnedReadHalf },
}

impl Attacker {
    pub async fn connect(address: &str) -> Self {
        let (read, write) = Self::open(address).await;
        let window = Arc::new(Semaphore::new(FIRST_WINDOW));
        let (tell, told) = unbounded_channel();
        tokio::spawn(frames(read, Arc::clone(&window), tell));
        Self { write, reading: Reading::All(told), window }
    }

    /// One that reads nothing of what it is answered.
    pub async fn deaf(address: &str) -> Self {
        let (read, write) = Self::open(address).await;
        let window = Arc::new(Semaphore::new(FIRST_WINDOW));
        Self { write, reading: Reading::Nothing { _read: read }, window }
    }

    async fn open(address: &str) -> (OwnedReadHalf, OwnedWriteHalf) {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("an option");
        let hello = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
        stream.write_all(&hello).await.expect("it is heard");
        // what the service says first is what it allows, in force once that is acknowledged
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.expect("SETTINGS");
        stream.read_exact(&mut vec![0; usize::from(head[2])]).await.expect("SETTINGS");
        stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await.expect("it is heard");
        stream.into_split()
    }

    /// Whether all of it was taken: not if the connection is gone, or the service does not read on.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        matches!(timeout(STUCK, self.write.write_all(bytes)).await, Ok(Ok(())))
    }

    /// Whether so many bytes of DATA may be sent.
    pub async fn may_send(&self, bytes: u32) -> bool {
        match timeout(STUCK, self.window.acquire_many(bytes)).await {
            Ok(Ok(permits)) => {
                permits.forget();
                true
            }
            _ => false,
        }
    }

    /// Frames up to the first that is the last, or to the end of the connection.
    pub async fn until(&mut self, is_last: impl Fn(&Frame) -> bool) -> Vec<Frame> {
        let Reading::All(told) = &mut self.reading else { panic!("it is deaf") };
        let mut frames = Vec::new();
        while let Some(frame) = timeout(PATIENCE, told.recv()).await.expect("another frame") {
            let is_over = is_last(&frame);
            frames.push(frame);
            if is_over {
                break;
            }
        }
        frames
    }

    /// Every frame until the service closes, which it must.
    pub async fn until_closed(mut self) -> Vec<Frame> {
        self.until(|_| false).await
    }

    /// Every frame until the attacker has enough and closes.
    pub async fn leave(mut self) -> Vec<Frame> {
        self.write.shutdown().await.ok();
        self.until_closed().await
    }
}

/// The code of the GOAWAY that the connection ended with.
pub fn last_word(frames: &[Frame]) -> Option<u32> {
    frames.iter().rev().find(|frame| frame.kind == GOAWAY).map(Frame::code)
}

async fn frames(mut read: OwnedReadHalf, window: Arc<Semaphore>, tell: UnboundedSender<Frame>) {
    let mut head = [0; 9];
    while read.read_exact(&mut head).await.is_ok() {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        if read.read_exact(&mut payload).await.is_err() {
            break;
        }
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if (head[3], stream) == (WINDOW_UPDATE, 0) {
            let more = u32::from_be_bytes(payload[..].try_into().expect("four bytes"));
            window.add_permits(more as usize);
        }
        let _ = tell.send(Frame { kind: head[3], flags: head[4], stream, payload });
    }
}
