//! The lines of a copy: counted, and summed up.

use super::ArchiveError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{BufRead, Read, Write};
use uuid::Uuid;

/// The longest line that is read: nothing that the service stores comes near it.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// What a copy is, and where it is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub format: String,
    /// The version that wrote it.
    pub version: String,
    /// The log that it was taken of.
    pub log: Uuid,
    /// The position that it is true at.
    pub position: i64,
    /// The schema.
    pub migrations: Vec<String>,
}

/// What rows follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub table: String,
    pub columns: Vec<String>,
}

/// How a copy ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    pub end: Sum,
}

/// What came before the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    pub rows: u64,
    pub sha256: String,
}

/// Writes lines.
pub struct Writer<W> {
    out: W,
    sum: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> Self {
        Self { out, sum: Sha256::new(), rows: 0 }
    }

    pub fn line(&mut self, line: &impl Serialize) -> Result<(), ArchiveError> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.sum.update(&bytes);
        self.out.write_all(&bytes).map_err(ArchiveError::Write)
    }

    pub fn row(&mut self, row: &[serde_json::Value]) -> Result<(), ArchiveError> {
        self.rows += 1;
        self.line(&row)
    }

    /// The last line; answers how many rows there were.
    pub fn end(mut self) -> Result<(W, u64), ArchiveError> {
        let sum = Sum { rows: self.rows, sha256: hex(self.sum.clone()) };
        self.line(&End { end: sum })?;
        self.out.flush().map_err(ArchiveError::Write)?;
        Ok((self.out, self.rows))
    }
}

/// Reads lines.
pub struct Reader<R> {
    input: R,
    /// Of everything but the line that was read last.
    before: Sha256,
    last: Vec<u8>,
    pub line: u64,
    pub rows: u64,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        Self { input, before: Sha256::new(), last: Vec::new(), line: 0, rows: 0 }
    }

    /// The next line, which there has to be.
    pub fn next(&mut self) -> Result<&[u8], ArchiveError> {
        self.before.update(&self.last);
        self.last.clear();
        self.line += 1;
        let mut limited = self.input.by_ref().take(MOST_BYTES);
        limited.read_until(b'\n', &mut self.last).map_err(ArchiveError::Read)?;
        match self.last.strip_suffix(b"\n") {
            Some(line) => Ok(line),
            None if self.last.len() as u64 == MOST_BYTES => Err(self.damaged("it is too long")),
            None => Err(ArchiveError::Truncated),
        }
    }

    /// Whether the line that was read last is the end that belongs to what came before it, and nothing follows.
    pub fn is_whole(&mut self, end: &Sum) -> Result<(), ArchiveError> {
        if end.rows != self.rows {
            return Err(
                self.damaged(&format!("it counts {} rows, and there are {}", end.rows, self.rows))
            );
        }
        if end.sha256 != hex(self.before.clone()) {
            return Err(self.damaged("the checksum is another"));
        }
        let rest = self.input.fill_buf().map_err(ArchiveError::Read)?;
        if rest.is_empty() { Ok(()) } else { Err(self.damaged("something follows the end")) }
    }

    pub fn damaged(&self, problem: &str) -> ArchiveError {
        ArchiveError::Damaged { line: self.line, problem: problem.to_owned() }
    }
}

fn hex(sum: Sha256) -> String {
    sum.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        writer.line(&Table { table: "t".to_owned(), columns: vec!["c".to_owned()] }).unwrap();
        writer.row(&[serde_json::json!("a")]).unwrap();
        writer.end().unwrap().0
    }

    fn read(bytes: &[u8]) -> Result<(), ArchiveError> {
        let mut reader = Reader::new(bytes);
        reader.next()?;
        reader.next()?;
        reader.rows += 1;
        let end: End = serde_json::from_slice(reader.next()?).map_err(|_| ArchiveError::Foreign)?;
        reader.is_whole(&end.end)
    }

    #[test]
    fn what_is_whole_is_known_to_be() {
        read(&copy()).unwrap();
    }

    #[test]
    fn what_is_cut_short_anywhere_is_known_to_be() {
        let whole = copy();
        for length in 0..whole.len() {
            assert!(matches!(read(&whole[..length]), Err(ArchiveError::Truncated)), "{length}");
        }
    }

    #[test]
    fn what_was_changed_anywhere_is_known_to_be() {
        let whole = copy();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(read(&changed).is_err(), "{at}");
        }
        let more = [&whole[..], b"x"].concat();
        assert!(read(&more).unwrap_err().to_string().contains("line 3: something follows the end"));
    }
}
