//! What becomes of lines, whoever reads them.

use super::*;
use std::sync::mpsc::{Receiver, Sender, channel};

const PATIENCE: Duration = Duration::from_secs(20);

/// Takes a write whenever it is let, and tells what came.
struct Gate {
    open: Receiver<()>,
    came: Sender<String>,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.open.recv().map_err(io::Error::other)?;
        let text = String::from_utf8(bytes.to_vec()).map_err(io::Error::other)?;
        self.came.send(text).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gate() -> (Sender<()>, Receiver<String>, Gate) {
    let ((let_in, open), (came, written)) = (channel(), channel());
    (let_in, written, Gate { open, came })
}

#[test]
fn a_line_is_written_at_once_and_what_comes_meanwhile_together() {
    let (let_in, written, sink) = gate();
    let lines = Lines::to(sink).expect("a thread");
    lines.append(b"one\n");
    // the thread has it in its hands: the buffer is empty
    while !lines.0.pending().bytes.is_empty() {
        thread::yield_now();
    }
    lines.append(b"two\n");
    lines.append(b"three\n");
    let_in.send(()).expect("the sink listens");
    let_in.send(()).expect("the sink listens");
    assert_eq!(written.recv_timeout(PATIENCE).expect("in time"), "one\n");
    assert_eq!(written.recv_timeout(PATIENCE).expect("in time"), "two\nthree\n");
}

#[test]
fn what_nobody_reads_holds_nobody_up_and_is_lost_beyond_the_bound() {
    let (let_in, written, sink) = gate();
    let lines = Lines::within(16, sink).expect("a thread");
    lines.append(b"one\n");
    while !lines.0.pending().bytes.is_empty() {
        thread::yield_now();
    }
    for _ in 0..10 {
        lines.append(b"again\n");
    }
    assert_eq!(lines.lost(), 8);
    lines.flush(Duration::from_millis(1));
    let_in.send(()).expect("the sink listens");
    let_in.send(()).expect("the sink listens");
    assert_eq!(written.recv_timeout(PATIENCE).expect("in time"), "one\n");
    assert_eq!(written.recv_timeout(PATIENCE).expect("in time"), "again\nagain\n");
}

#[test]
fn what_was_lost_is_told_when_lines_get_through_again() {
    let (let_in, written, sink) = gate();
    let lines = Lines::within(400, sink).expect("a thread");
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(lines.clone());
    // the thread that writes has no subscriber of its own here: it tells whoever is asked
    let untold = || {
        let mut pending = lines.0.pending();
        std::mem::take(&mut pending.untold)
    };
    tracing::subscriber::with_default(subscriber.finish(), || {
        lines.append(b"one\n");
        while !lines.0.pending().bytes.is_empty() {
            thread::yield_now();
        }
        for _ in 0..20 {
            tracing::info!("a line that nobody reads in time");
        }
    });
    assert!(lines.lost() > 10, "{}", lines.lost());
    assert_eq!(lines.0.done(0), 0, "not before there is room again");
    let_in.send(()).expect("the sink listens");
    let_in.send(()).expect("the sink listens");
    let_in.send(()).expect("the sink listens");
    assert_eq!(written.recv_timeout(PATIENCE).expect("in time"), "one\n");
    written.recv_timeout(PATIENCE).expect("in time");
    lines.flush(PATIENCE);
    assert_eq!(untold(), 0, "told");
}

#[test]
fn closing_waits_for_what_was_appended_and_for_no_reader_for_ever() {
    let (let_in, written, sink) = gate();
    let lines = Lines::to(sink).expect("a thread");
    lines.append(b"last\n");
    let_in.send(()).expect("the sink listens");
    lines.close(PATIENCE);
    assert_eq!(written.try_recv().expect("it was written"), "last\n");

    let (_let_in, _written, sink) = gate();
    let unread = Lines::to(sink).expect("a thread");
    unread.append(b"last\n");
    let began = Instant::now();
    unread.close(Duration::from_millis(10));
    assert!(began.elapsed() < PATIENCE);
}

#[test]
fn a_reader_that_is_gone_is_no_trouble() {
    let (let_in, written, sink) = gate();
    drop(written);
    let lines = Lines::to(sink).expect("a thread");
    let_in.send(()).expect("the sink listens");
    lines.append(b"one\n");
    lines.close(PATIENCE);
    assert_eq!((lines.lost(), lines.0.pending().written), (0, 4));
}
