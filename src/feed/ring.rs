//! The newest events, decoded, in memory: what almost every reader reads.

use super::entry::Entry;
use super::run::{Run, Stretch};
use std::collections::VecDeque;
use std::sync::Arc;

/// A window over the end of the log; no position in it is missing.
pub struct Ring {
    /// The run of each position.
    runs: VecDeque<Arc<Run>>,
    /// The position of the first of them.
    first: i64,
    capacity: usize,
}

impl Ring {
    /// An empty one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { runs: VecDeque::new(), first: 0, capacity }
    }

    /// Adds what comes right after the newest.
    pub fn push(&mut self, run: &Arc<Run>) {
        if self.runs.is_empty() {
            self.first = run.first();
        }
        for _ in run.entries() {
            if self.runs.len() == self.capacity {
                self.runs.pop_front();
                self.first += 1;
            }
            self.runs.push_back(Arc::clone(run));
        }
    }

    /// Lets everything go.
    pub fn clear(&mut self) {
        self.runs.clear();
    }

    /// The event at a position, if it is still here.
    #[must_use]
    pub fn at(&self, position: i64) -> Option<&Arc<Entry>> {
        let run = self.run_at(position)?;
        run.entries().get(usize::try_from(position - run.first()).ok()?)
    }

    /// What follows from one position up to another, as far as it is one run; none unless the first is still here.
    #[must_use]
    pub fn stretch(&self, first: i64, last: i64) -> Option<Stretch> {
        Some(self.run_at(first)?.part(first, last))
    }

    fn run_at(&self, position: i64) -> Option<&Arc<Run>> {
        self.runs.get(usize::try_from(position.checked_sub(self.first)?).ok()?)
    }
}
