//! The newest events, decoded, in memory: what almost every reader reads.

use super::entry::Entry;
use std::collections::VecDeque;
use std::sync::Arc;

/// A window over the end of the log; no position in it is missing.
pub struct Ring {
    entries: VecDeque<Arc<Entry>>,
    capacity: usize,
}

impl Ring {
    /// An empty one.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity }
    }

    /// Adds what comes right after the newest.
    pub fn push(&mut self, entry: Arc<Entry>) {
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Lets everything go.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The event at a position, if it is still here.
    #[must_use]
    pub fn at(&self, position: i64) -> Option<&Arc<Entry>> {
        let first = self.entries.front()?.place.position;
        self.entries.get(usize::try_from(position.checked_sub(first)?).ok()?)
    }

    /// Up to `limit` events right after a position; none unless the very next one is here.
    pub fn after(&self, position: i64, limit: usize) -> Option<impl Iterator<Item = &Arc<Entry>>> {
        let first = self.entries.front()?.place.position;
        let start = usize::try_from((position + 1).checked_sub(first)?).ok()?;
        (start < self.entries.len()).then(|| self.entries.range(start..).take(limit))
    }
}
