//! Subscribers that cost less than the server they read from: frames are counted, messages looked into for their positions
//! and nothing else, one task per connection.

use crate::wire::{self, Field, Requests};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What a message of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of WatchMembers: positions must rise.
    Watch,
    /// Bytes that are only counted.
    Bytes,
    /// Of etcd's Watch: events are counted.
    Etcd,
}

/// What the subscribers of a crowd have received, together and each.
pub struct Tally {
    pub kind: Kind,
    pub events: AtomicU64,
    pub contacts: AtomicU64,
    pub snapshots: AtomicU64,
    /// The highest position of each subscriber; 0 before its first message.
    pub reached: Vec<AtomicI64>,
    /// When events came, where that is asked for.
    pub arrivals: Option<Mutex<Vec<(i64, Instant)>>>,
    /// The last token of each, where that is asked for.
    pub tokens: Option<Vec<Mutex<Vec<u8>>>>,
    /// An event's bytes.
    pub sample: OnceLock<Vec<u8>>,
    pub trouble: OnceLock<String>,
    pub is_paused: AtomicBool,
    pub resumed: Notify,
}

impl Tally {
    pub fn new(kind: Kind, subscribers: usize) -> Self {
        Self {
            kind,
            events: AtomicU64::new(0),
            contacts: AtomicU64::new(0),
            snapshots: AtomicU64::new(0),
            reached: (0..subscribers).map(|_| AtomicI64::new(0)).collect(),
            arrivals: None,
            tokens: None,
            sample: OnceLock::new(),
            trouble: OnceLock::new(),
            is_paused: AtomicBool::new(false),
            resumed: Notify::new(),
        }
    }

    fn message(&self, subscriber: usize, body: &[u8]) {
        let (mut position, mut events, mut is_event) = (1, 0, false);
        let is_whole = self.kind == Kind::Bytes
            || wire::fields(body, |tag, field| match (self.kind, tag, field) {
                (Kind::Watch, 1, Field::Bytes(token)) => self.keep(subscriber, token),
                (Kind::Watch, 4, _) => _ = self.contacts.fetch_add(1, Ordering::Relaxed),
                (Kind::Watch, 5, _) => _ = self.snapshots.fetch_add(1, Ordering::Relaxed),
                (Kind::Watch, 6, _) => (events, is_event) = (1, true),
                (Kind::Watch, 8, Field::Number(number)) => {
                    position = i64::try_from(number).unwrap_or(i64::MAX);
                }
                (Kind::Etcd, 11, _) => events += 1,
                _ => {}
            });
        if self.kind == Kind::Bytes {
            events = 1;
        }
        if events > 0 {
            self.events.fetch_add(events, Ordering::Relaxed);
        }
        let before = self.reached[subscriber].swap(position, Ordering::Relaxed);
        if !is_whole || position < before || (is_event && position == before && before > 1) {
            let what = format!("subscriber {subscriber}: position {position} after {before}");
            let _ = self.trouble.set(what);
        }
        if is_event {
            self.sample.get_or_init(|| body.to_vec());
            if let Some(arrivals) = &self.arrivals {
                arrivals.lock().unwrap().push((position, Instant::now()));
            }
        }
    }

    fn keep(&self, subscriber: usize, token: &[u8]) {
        if let Some(tokens) = &self.tokens {
            let mut kept = tokens[subscriber].lock().unwrap();
            kept.clear();
            kept.extend_from_slice(token);
        }
    }
}

/// A stream as it is read.
struct Stream {
    subscriber: usize,
    /// The beginning of a message whose end is yet to come.
    part: Vec<u8>,
    /// Bytes that the sender has not been told it may send again.
    unasked: u32,
}

/// A connection with some streams on it.
pub struct Connection {
    tally: Arc<Tally>,
    window: u32,
    streams: Vec<Stream>,
    unasked: u32,
    part: Vec<u8>,
    out: Vec<u8>,
}

thread_local! {
    static SCRATCH: std::cell::RefCell<Vec<u8>> = std::cell::RefCell::new(vec![0; 256 * 1024]);
}

impl Connection {
    /// One that will ask for a stream for each subscriber.
    pub fn new(tally: Arc<Tally>, window: u32) -> Self {
        let mut out = Vec::new();
        wire::hello(&mut out, window);
        Self { tally, window, streams: Vec::new(), unasked: 0, part: Vec::new(), out }
    }

    /// Asks for one more stream.
    pub fn ask(
        &mut self,
        requests: &mut Requests,
        subscriber: usize,
        (member, body): (Option<&str>, &[u8]),
        open: bool,
    ) {
        requests.write(&mut self.out, member, body, open);
        self.streams.push(Stream { subscriber, part: Vec::new(), unasked: 0 });
    }

    /// Asks for everything, and waits until there is something to read.
    pub async fn begin(&mut self, stream: &TcpStream) -> io::Result<()> {
        self.write(stream).await?;
        stream.readable().await
    }

    /// Reads for ever; what goes wrong is told in the tally.
    pub async fn read(mut self, stream: TcpStream) {
        let tally = Arc::clone(&self.tally);
        if let Err(error) = self.keep_reading(stream).await {
            let _ = tally.trouble.set(error.to_string());
        }
    }

    async fn write(&mut self, stream: &TcpStream) -> io::Result<()> {
        while !self.out.is_empty() {
            stream.writable().await?;
            match stream.try_write(&self.out) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn keep_reading(&mut self, stream: TcpStream) -> io::Result<()> {
        loop {
            self.write(&stream).await?;
            tokio::select! {
                readable = stream.readable() => {
                    readable?;
                    SCRATCH.with_borrow_mut(|scratch| self.take_what_is_there(&stream, scratch))?;
                }
                () = self.tally.resumed.notified() => {
                    for at in 0..self.streams.len() {
                        self.ask_for_more(at);
                    }
                }
            }
        }
    }

    fn take_what_is_there(&mut self, stream: &TcpStream, scratch: &mut [u8]) -> io::Result<()> {
        // what is kept for a connection is less than a frame
        let kept = self.part.len();
        let count = match stream.try_read(&mut scratch[kept..]) {
            Ok(0) => return Err(io::Error::other("the server closed a connection")),
            Ok(count) => kept + count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        };
        scratch[..kept].copy_from_slice(&self.part);
        let taken = self.take(&scratch[..count])?;
        self.part.clear();
        self.part.extend_from_slice(&scratch[taken..count]);
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while let Some((frame, length)) = wire::frame(&bytes[taken..])? {
            taken += length;
            wire::courtesy(&frame, &mut self.out);
            if frame.kind == wire::GOAWAY || frame.ends_stream() {
                let what = "the server ended a stream or a connection";
                return Err(io::Error::other(what));
            }
            if frame.kind == wire::DATA {
                self.data(frame.stream, frame.payload);
            }
        }
        Ok(taken)
    }

    fn data(&mut self, id: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap_or(0);
        let at = (id as usize - 1) / 2;
        let Some(stream) = self.streams.get_mut(at) else { return };
        self.unasked += length;
        stream.unasked += length;
        self.ask_for_more(at);
        let stream = &mut self.streams[at];
        let (tally, subscriber) = (&self.tally, stream.subscriber);
        let each = |body: &[u8]| tally.message(subscriber, body);
        if stream.part.is_empty() {
            let taken = wire::messages(payload, each);
            stream.part.extend_from_slice(&payload[taken..]);
        } else {
            stream.part.extend_from_slice(payload);
            let taken = wire::messages(&stream.part, each);
            stream.part.drain(..taken);
        }
    }

    /// Lets more be sent, unless the consumer has stopped: then its connection lives, and its window stays closed.
    fn ask_for_more(&mut self, at: usize) {
        if self.tally.is_paused.load(Ordering::Relaxed) {
            return;
        }
        let (most, stream) = (self.window / 2, &mut self.streams[at]);
        if stream.unasked > most {
            let bytes = std::mem::take(&mut stream.unasked);
            wire::more_window(&mut self.out, wire::stream_of(at as u32), bytes);
        }
        if self.unasked > most {
            wire::more_window(&mut self.out, 0, std::mem::take(&mut self.unasked));
        }
    }
}
