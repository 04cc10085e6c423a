//! Writes lines, flushes them, and only then stores the token of the last one: what is stored was printed.
//!
//! A thread of its own, because a pipe that nobody reads blocks whoever writes to it. Lines that queued meanwhile go out,
//! and are stored, as one.

use super::WatchError;
use crate::client::TokenFile;
use std::io::{ErrorKind, Write};
use std::thread;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

const QUEUE_ENTRIES: usize = 256;
const BATCH_BYTES: usize = 64 * 1024;
/// How long what is queued may take to be read, once following has ended.
const LEAVE_TAKING: Duration = Duration::from_secs(2);

/// What a message leaves: its line, empty for what is not shown, and where to go on after it.
pub struct Entry {
    pub text: Vec<u8>,
    pub token: String,
}

/// The thread's end of the queue, and how it ended.
pub struct Printer {
    queue: mpsc::Sender<Entry>,
    ended: oneshot::Receiver<Result<(), WatchError>>,
}

impl Printer {
    pub fn start(out: impl Write + Send + 'static, file: Option<TokenFile>) -> Self {
        let (queue, entries) = mpsc::channel(QUEUE_ENTRIES);
        let (tell, ended) = oneshot::channel();
        thread::spawn(move || {
            let _ = tell.send(print(out, file.as_ref(), entries));
        });
        Self { queue, ended }
    }

    /// Queues an entry; whether there is still somebody to print it.
    pub async fn print(&self, entry: Entry) -> bool {
        self.queue.send(entry).await.is_ok()
    }

    /// Returns once nothing is printed any more: nobody reads, or it failed.
    pub async fn closed(&self) {
        self.queue.closed().await;
    }

    /// Prints what is queued, and says what went wrong. Whoever stopped reading is not waited for: the token tells where
    /// to go on.
    pub async fn finish(self) -> Result<(), WatchError> {
        let Self { queue, ended } = self;
        drop(queue);
        match tokio::time::timeout(LEAVE_TAKING, ended).await {
            Ok(Ok(printed)) => printed,
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }
}

fn print(
    mut out: impl Write,
    file: Option<&TokenFile>,
    mut entries: mpsc::Receiver<Entry>,
) -> Result<(), WatchError> {
    while let Some(Entry { mut text, mut token }) = entries.blocking_recv() {
        while text.len() < BATCH_BYTES {
            let Ok(more) = entries.try_recv() else { break };
            text.extend(more.text);
            token = more.token;
        }
        match out.write_all(&text).and_then(|()| out.flush()) {
            Ok(()) => {}
            // whoever closes the pipe has read enough
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(WatchError::Output(error)),
        }
        file.map(|file| file.store(&token)).transpose()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::sync::{Arc, Mutex};
    use tempfile::TempDir;

    /// What was flushed, and the token that was stored by then.
    type Seen = (String, Option<String>);

    /// Keeps what was flushed, with the token that was stored at that moment; fails from a certain write on.
    #[derive(Clone)]
    struct Paper {
        file: TokenFile,
        seen: Arc<Mutex<Vec<Seen>>>,
        unflushed: Vec<u8>,
        fails_after: usize,
        failure: ErrorKind,
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.unflushed.extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            let mut seen = self.seen.lock().expect("seen");
            if seen.len() == self.fails_after {
                return Err(self.failure.into());
            }
            let text = String::from_utf8(std::mem::take(&mut self.unflushed)).expect("UTF-8");
            seen.push((text, self.file.load().expect("a whole token")));
            Ok(())
        }
    }

    fn paper(fails_after: usize, failure: ErrorKind) -> (TempDir, Paper) {
        let folder = TempDir::new().expect("a temporary folder");
        let file = TokenFile::at(folder.path().join("token"));
        let paper =
            Paper { file, seen: Arc::default(), unflushed: Vec::new(), fails_after, failure };
        (folder, paper)
    }

    fn entry(number: usize) -> Entry {
        Entry { text: format!("{number}\n").into_bytes(), token: format!("after-{number}") }
    }

    async fn stops(printer: &Printer) {
        let closed = tokio::time::timeout(Duration::from_secs(20), printer.closed());
        closed.await.expect("it stops printing");
    }

    /// The highest number printed by then.
    fn printed(seen: &[Seen]) -> usize {
        let numbers = seen.iter().flat_map(|(text, _)| text.lines());
        numbers.filter_map(|line| line.parse().ok()).max().unwrap_or_default()
    }

    #[tokio::test]
    async fn the_stored_token_is_never_ahead_of_what_was_flushed() {
        let (_folder, paper) = paper(usize::MAX, ErrorKind::Other);
        let printer = Printer::start(paper.clone(), Some(paper.file.clone()));
        for number in 1..=1_000 {
            assert!(printer.print(entry(number)).await);
        }
        printer.finish().await.expect("all is printed");
        let seen = paper.seen.lock().expect("seen");
        let text: String = seen.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(text, (1..=1_000).map(|number| format!("{number}\n")).collect::<String>());
        for (index, (_, stored)) in seen.iter().enumerate() {
            let before =
                index.checked_sub(1).map(|last| format!("after-{}", printed(&seen[..=last])));
            assert_eq!(*stored, before, "while batch {index} is flushed");
        }
        assert_eq!(paper.file.load().expect("a token").as_deref(), Some("after-1000"));
    }

    #[tokio::test]
    async fn a_closed_pipe_ends_it_quietly_with_the_token_of_what_went_through() {
        let (_folder, paper) = paper(1, ErrorKind::BrokenPipe);
        let printer = Printer::start(paper.clone(), Some(paper.file.clone()));
        let mut number = 0;
        while printer.print(entry(number + 1)).await {
            number += 1;
            assert!(number < 100_000, "it goes on although nobody reads");
        }
        stops(&printer).await;
        printer.finish().await.expect("it is no error");
        let through = printed(&paper.seen.lock().expect("seen"));
        let stored = paper.file.load().expect("a token");
        assert_eq!(stored, Some(format!("after-{through}")));
    }

    #[tokio::test]
    async fn what_cannot_be_printed_or_stored_is_an_error() {
        let (folder, paper) = paper(0, ErrorKind::StorageFull);
        let printer = Printer::start(paper.clone(), None);
        assert!(printer.print(entry(1)).await);
        stops(&printer).await;
        assert!(matches!(printer.finish().await, Err(WatchError::Output(_))));

        let nowhere = TokenFile::at(folder.path().join("missing/token"));
        let printer = Printer::start(io::sink(), Some(nowhere));
        assert!(printer.print(entry(1)).await);
        stops(&printer).await;
        assert!(matches!(printer.finish().await, Err(WatchError::TokenFile(_))));
    }

    #[tokio::test]
    async fn what_is_not_shown_moves_the_token_on_all_the_same() {
        let (_folder, paper) = paper(usize::MAX, ErrorKind::Other);
        let printer = Printer::start(paper.clone(), Some(paper.file.clone()));
        assert!(printer.print(Entry { text: Vec::new(), token: "beat".to_owned() }).await);
        printer.finish().await.expect("printed");
        assert_eq!(paper.file.load().expect("a token").as_deref(), Some("beat"));
    }
}
