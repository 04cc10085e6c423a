//! Log lines on their way out: appended to a buffer by whoever logs, written by a thread of their own, many at once.
//!
//! ```text
//!   a call -> buffer (bounded) -> the thread, at most a hundred times a second -> standard error
//! ```
//! No call waits for whoever reads the lines. Should nobody, what the buffer has no room for is lost: it is counted, and
//! told when lines get through again.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tracing_subscriber::fmt::MakeWriter;

/// What waits at most, besides what is being written.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Between two writes: so few that the thread costs nothing, so many that nobody notices.
const PAUSE: Duration = Duration::from_millis(10);
/// What a buffer keeps for the next lines.
const KEPT_BYTES: usize = 256 * 1024;

/// Where log lines go; a clone goes there too.
#[derive(Clone)]
pub struct Lines(Arc<Shared>);

struct Shared {
    pending: Mutex<Pending>,
    /// To the thread: there is something to do.
    wake: Condvar,
    /// From the thread: something was written.
    written: Condvar,
    lost: AtomicU64,
    most: usize,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Bytes that ever were appended, and written.
    appended: u64,
    written: u64,
    /// Lines lost, and not told of.
    untold: u64,
    /// The thread waits for the next line.
    is_idle: bool,
    /// Somebody waits for what was appended.
    is_urgent: bool,
    is_closed: bool,
}

impl Lines {
    /// Lines to `sink`.
    ///
    /// # Errors
    /// The machine has no thread left.
    pub fn to(sink: impl Write + Send + 'static) -> io::Result<Self> {
        Self::within(MOST_BYTES, sink)
    }

    fn within(most: usize, sink: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            pending: Mutex::default(),
            wake: Condvar::new(),
            written: Condvar::new(),
            lost: AtomicU64::new(0),
            most,
        });
        let its = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || its.write_to(sink))?;
        Ok(Self(shared))
    }

    /// Adds a line, or loses it.
    pub fn append(&self, line: &[u8]) {
        let mut pending = self.0.pending();
        if pending.bytes.len() + line.len() > self.0.most {
            pending.untold += 1;
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        pending.bytes.extend_from_slice(line);
        pending.appended += line.len() as u64;
        let wakes = std::mem::take(&mut pending.is_idle);
        drop(pending);
        if wakes {
            self.0.wake.notify_one();
        }
    }

    /// How many were lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    /// Waits until what was appended is written, but not for longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        let mut pending = self.0.pending();
        let upto = pending.appended;
        pending.is_urgent = true;
        self.0.wake.notify_one();
        let waits = |pending: &mut Pending| pending.written < upto;
        drop(self.0.written.wait_timeout_while(pending, limit, waits));
    }

    /// The same; nothing is written after that.
    pub fn close(&self, limit: Duration) {
        self.flush(limit);
        self.0.pending().is_closed = true;
        self.0.wake.notify_one();
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        // nothing panics while it holds this
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut sink: impl Write) {
        let mut last = None;
        let mut batch = Vec::new();
        while self.take(&mut batch, last) {
            last = Some(Instant::now());
            // whoever closed the pipe does not want them
            let _ = sink.write_all(&batch).and_then(|()| sink.flush());
            let untold = self.done(batch.len());
            batch.clear();
            batch.shrink_to(KEPT_BYTES);
            if untold > 0 {
                tracing::warn!(lines = untold, "log lines were lost: nobody read them in time");
            }
        }
    }

    /// Waits for lines, and a while for more of them; false when there will be none.
    fn take(&self, batch: &mut Vec<u8>, last: Option<Instant>) -> bool {
        let mut pending = self.pending();
        while pending.bytes.is_empty() && !pending.is_closed {
            pending.is_idle = true;
            pending = self.wake.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        pending.is_idle = false;
        let rest = last.map_or(Duration::ZERO, |last| PAUSE.saturating_sub(last.elapsed()));
        let waits = |pending: &mut Pending| !pending.is_urgent && !pending.is_closed;
        let waited = self.wake.wait_timeout_while(pending, rest, waits);
        let (mut pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        pending.is_urgent = false;
        std::mem::swap(batch, &mut pending.bytes);
        !batch.is_empty()
    }

    /// So much was written; answers how many lines were lost, once there is room again.
    fn done(&self, bytes: usize) -> u64 {
        let mut pending = self.pending();
        pending.written += bytes as u64;
        self.written.notify_all();
        let is_over = pending.bytes.len() <= self.most / 2;
        if is_over { std::mem::take(&mut pending.untold) } else { 0 }
    }
}

/// One line: its formatter hands it over whole.
pub struct Line<'a>(&'a Lines);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.append(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(self)
    }
}

#[cfg(test)]
mod tests;
