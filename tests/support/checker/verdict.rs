//! What a judge found: counts, and a sentence for each fault.

use std::fmt;
use std::ops::AddAssign;

/// The sentences kept; the counts go on.
const MOST_SENTENCES: usize = 20;

/// What can be wrong with a message, or with one that did not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Never told.
    Lost,
    /// Told again after the token resumed from.
    Doubled,
    /// Told after something later.
    Reordered,
    /// Told although it must not be.
    Leaked,
    /// Told with other contents than the log's.
    Garbled,
    /// A snapshot without somebody, with somebody else, or not where one may be.
    Snapshot,
    /// A token or a heartbeat that runs ahead, goes back, or lies inside a change.
    Token,
    /// The consumer's contacts, or ListContacts, are not the oracle's.
    Contacts,
    /// A stream that ended without cause, went on without right, or did not move.
    Stream,
    /// The log itself.
    Log,
}

/// All of them.
pub const FAULTS: [Fault; 10] = [
    Fault::Lost,
    Fault::Doubled,
    Fault::Reordered,
    Fault::Leaked,
    Fault::Garbled,
    Fault::Snapshot,
    Fault::Token,
    Fault::Contacts,
    Fault::Stream,
    Fault::Log,
];

/// Counts of what was judged, and of what was wrong.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    counts: [usize; FAULTS.len()],
    pub sentences: Vec<String>,
    pub streams: usize,
    pub messages: usize,
    pub events: usize,
    pub heartbeats: usize,
    pub snapshots: usize,
    pub sub_snapshots: usize,
    /// Resumed from a token of a message after which the reader stood between events.
    pub resumed_in_tail: usize,
    pub resumed_in_snapshot: usize,
    pub resumed_in_sub_snapshot: usize,
    /// How often a consumer's contacts were compared with the oracle's.
    pub comparisons: usize,
}

impl Verdict {
    /// Notes a fault.
    pub fn fault(&mut self, fault: Fault, sentence: String) {
        self.counts[fault as usize] += 1;
        if self.sentences.len() < MOST_SENTENCES {
            self.sentences.push(format!("{fault:?}: {sentence}"));
        }
    }

    /// Notes a fault of the log.
    pub fn log(&mut self, sentence: String) {
        self.fault(Fault::Log, sentence);
    }

    /// How often this was found.
    pub fn count(&self, fault: Fault) -> usize {
        self.counts[fault as usize]
    }

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// Panics with every sentence unless nothing was found.
    pub fn assert_clean(&self, context: &str) {
        assert!(self.is_clean(), "{context}: {self}\n{}", self.sentences.join("\n"));
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in FAULTS {
            let name = format!("{fault:?}").to_lowercase();
            write!(f, "{name} {}, ", self.count(fault))?;
        }
        write!(
            f,
            "in {} messages of {} streams ({} events, {} heartbeats, {} snapshots, {} sub-snapshots; resumed {} in the \
             tail, {} in snapshots, {} in sub-snapshots; {} comparisons of contacts)",
            self.messages,
            self.streams,
            self.events,
            self.heartbeats,
            self.snapshots,
            self.sub_snapshots,
            self.resumed_in_tail,
            self.resumed_in_snapshot,
            self.resumed_in_sub_snapshot,
            self.comparisons
        )
    }
}

impl AddAssign for Verdict {
    fn add_assign(&mut self, other: Self) {
        let Self {
            counts,
            sentences,
            streams,
            messages,
            events,
            heartbeats,
            snapshots,
            sub_snapshots,
            resumed_in_tail,
            resumed_in_snapshot,
            resumed_in_sub_snapshot,
            comparisons,
        } = other;
        self.counts.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        self.sentences.extend(sentences);
        self.sentences.truncate(MOST_SENTENCES);
        self.streams += streams;
        self.messages += messages;
        self.events += events;
        self.heartbeats += heartbeats;
        self.snapshots += snapshots;
        self.sub_snapshots += sub_snapshots;
        self.resumed_in_tail += resumed_in_tail;
        self.resumed_in_snapshot += resumed_in_snapshot;
        self.resumed_in_sub_snapshot += resumed_in_sub_snapshot;
        self.comparisons += comparisons;
    }
}
