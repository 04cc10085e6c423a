//! What was read from the database and is asked for often, kept in memory, and dropped by the events that may change it.
//!
//! A value is loaded together with the position at which it is so. It stays true until an event concerns it, so it is true
//! at the tail's position too. An event that arrives while a value is being loaded, from the tail or from a commit of this
//! very replica, keeps that value out if it is newer than what was loaded.
//!
//! A value hangs on ids. An event names ids too, and concerns whatever hangs on all of them.

use hashlink::LruCache;
use slab::Slab;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// The ids that an event names; without any it concerns everything.
pub type Touched = Vec<Uuid>;

/// Values by key.
pub struct Kept<K, V> {
    inner: Mutex<Inner<K, V>>,
    capacity: usize,
    /// For how long the tail may not have seen the log's end before nothing is believed any more.
    trust: Duration,
}

struct Inner<K, V> {
    tail: i64,
    caught_up: Instant,
    known: LruCache<K, Known<V>>,
    /// What hangs on an id.
    on: HashMap<Uuid, HashSet<K>>,
    loads: Slab<Load>,
}

struct Known<V> {
    value: Arc<V>,
    as_of: i64,
    on: Vec<Uuid>,
}

/// A value on its way.
struct Load {
    /// Those of the ids it hangs on that are known before it is read.
    on: Vec<Uuid>,
    /// Whether these are all.
    is_all: bool,
    /// The newest event that may have concerned it meanwhile.
    changed: i64,
}

impl<K: Copy + Eq + Hash, V> Kept<K, V> {
    /// None yet, and room for so many.
    #[must_use]
    pub fn new(capacity: usize, trust: Duration) -> Self {
        let inner = Inner {
            tail: 0,
            caught_up: Instant::now(),
            known: LruCache::new_unbounded(),
            on: HashMap::new(),
            loads: Slab::new(),
        };
        Self { inner: Mutex::new(inner), capacity, trust }
    }

    /// What is known, and the position that it is true at; nothing while this replica is behind.
    #[must_use]
    pub fn get(&self, key: K) -> Option<(Arc<V>, i64)> {
        let mut inner = self.lock();
        if inner.caught_up.elapsed() > self.trust {
            return None;
        }
        let tail = inner.tail;
        inner.known.get(&key).map(|known| (Arc::clone(&known.value), known.as_of.max(tail)))
    }

    /// Says that a value is about to be loaded that hangs on these ids, all of which are named if `is_all`.
    #[must_use]
    pub fn loading(self: &Arc<Self>, on: Vec<Uuid>, is_all: bool) -> Loading<K, V> {
        let ticket = self.lock().loads.insert(Load { on, is_all, changed: 0 });
        Loading { kept: Arc::clone(self), ticket }
    }

    /// What a commit of this replica may have changed, before anybody is told of it.
    pub fn changed(&self, changes: &[(i64, Touched)]) {
        let mut inner = self.lock();
        for (position, touched) in changes {
            inner.drop_touched(*position, touched);
        }
    }

    /// What the next events of the log may have changed, and the position that they take the tail to.
    pub(super) fn advance(&self, changes: &[(i64, Touched)], tail: i64, caught_up: bool) {
        let mut inner = self.lock();
        for (position, touched) in changes {
            inner.drop_touched(*position, touched);
        }
        inner.tail = tail;
        if caught_up {
            inner.caught_up = Instant::now();
        }
    }

    /// The log is another one, or was read elsewhere: nothing of before counts.
    pub(super) fn restart(&self, tail: i64) {
        let mut inner = self.lock();
        inner.drop_touched(i64::MAX, &[]);
        inner.tail = tail;
        inner.caught_up = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Inner<K, V>> {
        // nothing in here panics halfway through a change
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash, V> Inner<K, V> {
    /// Drops what an event at `position` may have changed, unless it was loaded with the event in it.
    fn drop_touched(&mut self, position: i64, touched: &[Uuid]) {
        for (_, load) in &mut self.loads {
            if !load.is_all || hangs_on(&load.on, touched) {
                load.changed = load.changed.max(position);
            }
        }
        let concerned: Vec<K> = match touched.first() {
            Some(first) => self.on.get(first).into_iter().flatten().copied().collect(),
            None => self.known.iter().map(|(key, _)| *key).collect(),
        };
        for key in concerned {
            let is_older =
                |known: &Known<V>| known.as_of < position && hangs_on(&known.on, touched);
            if self.known.peek(&key).is_some_and(is_older) {
                self.remove(key);
            }
        }
    }

    fn keep(&mut self, key: K, known: Known<V>, capacity: usize) {
        self.remove(key);
        for id in &known.on {
            self.on.entry(*id).or_default().insert(key);
        }
        self.known.insert(key, known);
        while self.known.len() > capacity {
            let Some((oldest, known)) = self.known.remove_lru() else { return };
            self.unlink(oldest, &known.on);
        }
    }

    fn remove(&mut self, key: K) {
        if let Some(known) = self.known.remove(&key) {
            self.unlink(key, &known.on);
        }
    }

    fn unlink(&mut self, key: K, on: &[Uuid]) {
        for id in on {
            if let Some(keys) = self.on.get_mut(id) {
                keys.remove(&key);
                if keys.is_empty() {
                    self.on.remove(id);
                }
            }
        }
    }
}

fn hangs_on(on: &[Uuid], touched: &[Uuid]) -> bool {
    touched.iter().all(|id| on.contains(id))
}

/// A value on its way; dropping it gives it up.
pub struct Loading<K: Copy + Eq + Hash, V> {
    kept: Arc<Kept<K, V>>,
    ticket: usize,
}

impl<K: Copy + Eq + Hash, V> Loading<K, V> {
    /// Keeps what was loaded as of a position, and the ids it hangs on, unless something concerned it since.
    pub fn keep(self, key: K, value: Arc<V>, on: Vec<Uuid>, as_of: i64) {
        let mut inner = self.kept.lock();
        let changed = inner.loads[self.ticket].changed;
        let is_newer = inner.known.peek(&key).is_none_or(|known| known.as_of < as_of);
        if changed <= as_of && is_newer {
            inner.keep(key, Known { value, as_of, on }, self.kept.capacity);
        }
    }
}

impl<K: Copy + Eq + Hash, V> Drop for Loading<K, V> {
    fn drop(&mut self) {
        self.kept.lock().loads.remove(self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);
    type Pair = (Uuid, Uuid);
    type Pairs = Kept<Pair, ()>;

    fn kept(capacity: usize) -> Arc<Pairs> {
        Arc::new(Kept::new(capacity, LONG))
    }

    fn pair() -> Pair {
        (Uuid::now_v7(), Uuid::now_v7())
    }

    fn load(kept: &Arc<Pairs>, (a, b): Pair) -> impl FnOnce(i64) {
        let loading = kept.loading(vec![a, b], true);
        move |as_of| loading.keep((a, b), Arc::new(()), vec![a, b], as_of)
    }

    fn known_at(kept: &Pairs, pair: Pair) -> Option<i64> {
        kept.get(pair).map(|(_, position)| position)
    }

    #[test]
    fn a_value_stays_true_as_the_tail_goes_on_until_something_concerns_it() {
        let (kept, pair) = (kept(10), pair());
        load(&kept, pair)(5);
        assert_eq!(known_at(&kept, pair), Some(5), "it is newer than the tail");
        kept.advance(&[], 8, true);
        assert_eq!(known_at(&kept, pair), Some(8));
        kept.changed(&[(9, vec![pair.1, pair.0])]);
        assert_eq!(known_at(&kept, pair), None);
    }

    #[test]
    fn what_happened_while_it_was_loaded_keeps_an_older_value_out_and_no_newer_one() {
        for touched in [|(a, b): Pair| vec![a, b], |(_, b)| vec![b], |_| vec![]] {
            let (kept, pair) = (kept(10), pair());
            let (older, newer) = (load(&kept, pair), load(&kept, pair));
            kept.changed(&[(6, touched(pair))]);
            older(5);
            assert_eq!(known_at(&kept, pair), None, "it was read before what happened");
            newer(6);
            assert_eq!(known_at(&kept, pair), Some(6));
            kept.changed(&[(6, touched(pair))]);
            assert_eq!(known_at(&kept, pair), Some(6), "it shows what happened already");
        }
    }

    #[test]
    fn while_it_is_loaded_anything_may_concern_what_hangs_on_ids_not_known_yet() {
        let (kept, (a, b)) = (kept(10), pair());
        let loading = kept.loading(vec![a], false);
        kept.changed(&[(6, vec![b])]);
        loading.keep((a, b), Arc::new(()), vec![a, b], 5);
        assert_eq!(known_at(&kept, (a, b)), None);
    }

    #[test]
    fn of_two_values_the_newer_one_stays_in_whatever_order_they_come() {
        let (kept, pair) = (kept(10), pair());
        let (older, newer) = (load(&kept, pair), load(&kept, pair));
        newer(7);
        older(5);
        assert_eq!(known_at(&kept, pair), Some(7));
    }

    #[test]
    fn what_concerns_others_leaves_it_alone() {
        let (kept, pair, other) = (kept(10), pair(), pair());
        load(&kept, pair)(5);
        kept.changed(&[(6, vec![other.0, pair.0]), (7, vec![pair.0, other.0]), (8, vec![other.1])]);
        assert_eq!(known_at(&kept, pair), Some(5));
    }

    #[test]
    fn the_values_asked_for_least_lately_make_room() {
        let kept = kept(2);
        let pairs = [pair(), pair(), pair()];
        for pair in &pairs[..2] {
            load(&kept, *pair)(5);
        }
        assert!(kept.get(pairs[0]).is_some());
        load(&kept, pairs[2])(5);
        assert_eq!(pairs.map(|pair| kept.get(pair).is_some()), [true, false, true]);
        assert_eq!(kept.lock().on.len(), 4, "nothing is kept of ids that nothing hangs on");
    }

    #[test]
    fn another_log_leaves_nothing_behind_not_even_what_is_on_its_way() {
        let (kept, known, coming) = (kept(10), pair(), pair());
        load(&kept, known)(50);
        let load = load(&kept, coming);
        kept.restart(3);
        load(60);
        assert_eq!((known_at(&kept, known), known_at(&kept, coming)), (None, None));
    }

    #[test]
    fn nothing_is_believed_while_the_end_of_the_log_is_out_of_sight() {
        let (kept, pair) = (Arc::new(Pairs::new(10, Duration::ZERO)), pair());
        load(&kept, pair)(5);
        assert_eq!(known_at(&kept, pair), None);
    }

    #[test]
    fn a_load_that_is_given_up_leaves_nothing_behind() {
        let (kept, pair) = (kept(10), pair());
        drop(load(&kept, pair));
        assert!(kept.lock().loads.is_empty());
    }
}
