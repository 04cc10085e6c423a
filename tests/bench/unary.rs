//! A generator of unary calls that costs little itself: one task per connection, so many calls in flight on it, each with
//! a body of its own, each answer looked at.

use crate::calls::Call;
use crate::wire::{self, OPEN_WINDOW, Requests};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const READ_BYTES: usize = 64 * 1024;

/// What all connections of a run share.
pub struct Plan {
    pub call: Call,
    pub next: AtomicI64,
    pub end: i64,
    pub counting: AtomicBool,
    pub stopping: AtomicBool,
    pub made: AtomicU64,
}

/// Why a run is void.
pub struct Trouble {
    /// The call that failed, where one did.
    pub number: Option<i64>,
    pub what: String,
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self { number: None, what: error.to_string() }
    }
}

struct Pending {
    number: i64,
    began: Instant,
    answer: Vec<u8>,
}

/// Keeps `in_flight` calls on a connection until told to stop; answers how many milliseconds each counted call took.
pub async fn keep_calling(
    plan: Arc<Plan>,
    address: String,
    in_flight: usize,
) -> Result<Vec<f64>, Trouble> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut connection = Connection {
        requests: Requests::to(plan.call.path()),
        open: HashMap::new(),
        latencies_ms: Vec::new(),
        plan,
    };
    let mut out = Vec::new();
    wire::hello(&mut out, OPEN_WINDOW);
    let (mut received, mut chunk) = (Vec::new(), vec![0; READ_BYTES]);
    let mut unasked = 0_u32;
    loop {
        connection.fill(in_flight, &mut out)?;
        if connection.open.is_empty() {
            return Ok(connection.latencies_ms);
        }
        stream.write_all(&out).await?;
        out.clear();
        let count = stream.read(&mut chunk).await?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        received.extend_from_slice(&chunk[..count]);
        let taken = connection.take(&received, &mut out)?;
        received.drain(..taken);
        unasked += u32::try_from(count).unwrap_or(0);
        if unasked > OPEN_WINDOW / 2 {
            wire::more_window(&mut out, 0, std::mem::take(&mut unasked));
        }
    }
}

struct Connection {
    plan: Arc<Plan>,
    requests: Requests,
    open: HashMap<u32, Pending>,
    latencies_ms: Vec<f64>,
}

impl Connection {
    fn fill(&mut self, in_flight: usize, out: &mut Vec<u8>) -> Result<(), Trouble> {
        while self.open.len() < in_flight && !self.plan.stopping.load(Ordering::Relaxed) {
            let number = self.plan.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.plan.end {
                let what = "faster than what was prepared for it".to_owned();
                return Err(Trouble { number: None, what });
            }
            let asking = self.plan.call.ask(number);
            let request = self.requests.write(out, asking.member.as_deref(), &asking.body, false);
            let pending = Pending { number, began: Instant::now(), answer: Vec::new() };
            self.open.insert(wire::stream_of(request), pending);
        }
        Ok(())
    }

    fn take(&mut self, received: &[u8], out: &mut Vec<u8>) -> Result<usize, Trouble> {
        let mut taken = 0;
        while let Some((frame, length)) = wire::frame(&received[taken..])? {
            taken += length;
            wire::courtesy(&frame, out);
            if frame.kind == wire::DATA
                && let Some(pending) = self.open.get_mut(&frame.stream)
            {
                pending.answer.extend_from_slice(frame.payload);
            }
            if frame.ends_stream()
                && let Some(pending) = self.open.remove(&frame.stream)
            {
                self.answered(&pending)?;
            }
        }
        Ok(taken)
    }

    fn answered(&mut self, pending: &Pending) -> Result<(), Trouble> {
        let mut is_good = false;
        wire::messages(&pending.answer, |body| is_good = self.plan.call.is_answer(body));
        if !is_good {
            let what = "not the answer expected".to_owned();
            return Err(Trouble { number: Some(pending.number), what });
        }
        if self.plan.counting.load(Ordering::Relaxed) {
            self.plan.made.fetch_add(1, Ordering::Relaxed);
            self.latencies_ms.push(pending.began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(())
    }
}
