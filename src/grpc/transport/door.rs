//! How many connections there are, and which give way.
//!
//! Beyond the cap a connection is closed as it comes: its client hears of it at once and tries another replica, where one
//! left in the kernel's queue would wait without knowing. Those that have not said anything yet are bounded too, and the
//! one that has kept silent longest gives way to the next: silence cannot keep others out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// Connections that have not said anything yet, at least. An honest one is silent for a round trip or three, but when a
/// replica is replaced, thousands are at the same time.
const SILENT: usize = 1_024;
/// One place in so many may be a silent one's.
const SHARE: usize = 4;

/// Counts connections in and out.
#[derive(Debug)]
pub struct Door {
    most: usize,
    most_silent: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    open: usize,
    next: u64,
    /// In the order they came.
    silent: BTreeMap<u64, CancellationToken>,
}

/// The place of one connection, free again when dropped.
#[derive(Debug)]
pub struct Place {
    door: Arc<Door>,
    number: u64,
}

impl Door {
    /// Lets `most` connections in at once.
    pub fn new(most: usize) -> Arc<Self> {
        let most_silent = SILENT.max(most / SHARE);
        Arc::new(Self { most, most_silent, inside: Mutex::default() })
    }

    /// A place, and what tells a connection that is still silent to give way; nothing if there is no place.
    pub fn enter(self: &Arc<Self>) -> Option<(Place, CancellationToken)> {
        let mut inside = self.inside();
        if inside.open >= self.most || inside.silent.len() >= self.most_silent {
            let (_, gives_way) = inside.silent.pop_first()?;
            gives_way.cancel();
        }
        let gives_way = CancellationToken::new();
        let number = inside.next;
        inside.next += 1;
        inside.open += 1;
        inside.silent.insert(number, gives_way.clone());
        drop(inside);
        Some((Place { door: Arc::clone(self), number }, gives_way))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// It has said what a client says first: it gives way to nobody any more.
    pub fn speaks(&self) {
        self.door.inside().silent.remove(&self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.door.inside();
        inside.open -= 1;
        inside.silent.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_cap_the_longest_silent_gives_way_and_with_nobody_silent_there_is_no_place() {
        let door = Door::new(2);
        let (first, first_gives_way) = door.enter().expect("a place");
        let (second, second_gives_way) = door.enter().expect("a place");
        first.speaks();
        let (third, _) = door.enter().expect("the second's place");
        assert!(!first_gives_way.is_cancelled() && second_gives_way.is_cancelled());
        third.speaks();
        drop(second);
        assert!(door.enter().is_none());
        drop(first);
        assert!(door.enter().is_some());
    }

    #[test]
    fn the_silent_are_bounded_by_themselves() {
        for (most, most_silent) in [(2 * SILENT, SILENT), (10 * SILENT * SHARE, 10 * SILENT)] {
            let door = Door::new(most);
            let places: Vec<_> =
                (0..=most_silent).map(|_| door.enter().expect("a place")).collect();
            let gone = places.iter().filter(|(_, gives_way)| gives_way.is_cancelled()).count();
            assert_eq!(gone, 1);
            assert!(places[0].1.is_cancelled());
        }
    }
}
