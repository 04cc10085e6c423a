//! What partners may do, as far as it was asked lately: kept in memory, and dropped by the events that may change it.
//!
//! An answer is loaded together with the position at which it is so. It stays true until an event concerns it, so it is
//! true at the tail's position too. An event that arrives while an answer is being loaded, from the tail or from a commit
//! of this very replica, keeps that answer out if it is newer than what was loaded.

use super::entry::Entry;
use crate::domain::access::{Access, Touched, touched};
use crate::domain::ids::AccountId;
use hashlink::LruCache;
use slab::Slab;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{Duration, Instant};

/// A customer and a partner.
pub type Pair = (AccountId, AccountId);

/// The answers known.
pub struct AccessCache {
    inner: Mutex<Inner>,
    capacity: usize,
    /// For how long the tail may not have seen the log's end before nothing is believed any more.
    trust: Duration,
}

struct Inner {
    tail: i64,
    caught_up: Instant,
    known: LruCache<Pair, Known>,
    /// The answers known that an account is part of.
    of: HashMap<AccountId, HashSet<Pair>>,
    loads: Slab<Load>,
}

struct Known {
    access: Arc<Access>,
    as_of: i64,
}

/// An answer on its way, and the newest event that concerned it meanwhile.
struct Load {
    pair: Pair,
    changed: i64,
}

impl AccessCache {
    /// An empty one for so many answers.
    #[must_use]
    pub fn new(capacity: usize, trust: Duration) -> Self {
        let inner = Inner {
            tail: 0,
            caught_up: Instant::now(),
            known: LruCache::new_unbounded(),
            of: HashMap::new(),
            loads: Slab::new(),
        };
        Self { inner: Mutex::new(inner), capacity, trust }
    }

    /// What is known, and the position that it is true at; nothing while this replica is behind.
    #[must_use]
    pub fn get(&self, pair: Pair) -> Option<(Arc<Access>, i64)> {
        let mut inner = self.lock();
        if inner.caught_up.elapsed() > self.trust {
            return None;
        }
        let tail = inner.tail;
        inner.known.get(&pair).map(|known| (Arc::clone(&known.access), known.as_of.max(tail)))
    }

    /// Says that an answer is about to be loaded.
    #[must_use]
    pub fn loading(self: &Arc<Self>, pair: Pair) -> Loading {
        let ticket = self.lock().loads.insert(Load { pair, changed: 0 });
        Loading { cache: Arc::clone(self), ticket }
    }

    /// What a commit of this replica may have changed, before anybody is told of it.
    pub fn changed(&self, changes: &[(i64, Touched)]) {
        let mut inner = self.lock();
        for (position, touched) in changes {
            inner.drop_touched(*position, *touched);
        }
    }

    /// The next events of the log, and the position that they take the tail to.
    pub(super) fn advance(&self, entries: &[Arc<Entry>], tail: i64, caught_up: bool) {
        let mut inner = self.lock();
        for entry in entries {
            if let Some(touched) =
                touched(entry.kind, entry.account, entry.counterpart, &entry.body)
            {
                inner.drop_touched(entry.place.position, touched);
            }
        }
        inner.tail = tail;
        if caught_up {
            inner.caught_up = Instant::now();
        }
    }

    /// The log is another one, or was read elsewhere: nothing of before counts.
    pub(super) fn restart(&self, tail: i64) {
        let mut inner = self.lock();
        inner.drop_touched(i64::MAX, Touched::All);
        inner.tail = tail;
        inner.caught_up = Instant::now();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // nothing in here panics halfway through a change
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Drops what an event at `position` may have changed, unless it was loaded with the event in it.
    fn drop_touched(&mut self, position: i64, touched: Touched) {
        for (_, load) in &mut self.loads {
            if concerns(touched, load.pair) {
                load.changed = load.changed.max(position);
            }
        }
        let concerned: Vec<Pair> = match touched {
            Touched::Pair(a, b) => vec![(a, b), (b, a)],
            Touched::Account(account) => {
                self.of.get(&account).into_iter().flatten().copied().collect()
            }
            Touched::All => self.known.iter().map(|(pair, _)| *pair).collect(),
        };
        for pair in concerned {
            if self.known.peek(&pair).is_some_and(|known| known.as_of < position) {
                self.known.remove(&pair);
                self.unlink(pair);
            }
        }
    }

    fn keep(&mut self, pair: Pair, known: Known, capacity: usize) {
        self.known.insert(pair, known);
        for account in [pair.0, pair.1] {
            self.of.entry(account).or_default().insert(pair);
        }
        while self.known.len() > capacity {
            let Some((oldest, _)) = self.known.remove_lru() else { return };
            self.unlink(oldest);
        }
    }

    fn unlink(&mut self, pair: Pair) {
        for account in [pair.0, pair.1] {
            if let Some(pairs) = self.of.get_mut(&account) {
                pairs.remove(&pair);
                if pairs.is_empty() {
                    self.of.remove(&account);
                }
            }
        }
    }
}

fn concerns(touched: Touched, pair: Pair) -> bool {
    match touched {
        Touched::Pair(a, b) => pair == (a, b) || pair == (b, a),
        Touched::Account(account) => pair.0 == account || pair.1 == account,
        Touched::All => true,
    }
}

/// An answer on its way; dropping it gives it up.
pub struct Loading {
    cache: Arc<AccessCache>,
    ticket: usize,
}

impl Loading {
    /// Keeps what was loaded as of a position, unless something concerned it since.
    pub fn keep(self, access: Arc<Access>, as_of: i64) {
        let mut inner = self.cache.lock();
        let Load { pair, changed } = inner.loads[self.ticket];
        let is_newer = inner.known.peek(&pair).is_none_or(|known| known.as_of < as_of);
        if changed <= as_of && is_newer {
            inner.keep(pair, Known { access, as_of }, self.cache.capacity);
        }
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        self.cache.lock().loads.remove(self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agreement::Agreed;
    use std::collections::BTreeSet;

    const LONG: Duration = Duration::from_secs(3_600);

    fn cache(capacity: usize) -> Arc<AccessCache> {
        Arc::new(AccessCache::new(capacity, LONG))
    }

    fn pair() -> Pair {
        (AccountId::fresh(), AccountId::fresh())
    }

    fn nothing() -> Arc<Access> {
        Arc::new(Access {
            customer: None,
            partner: None,
            agreed: Agreed::NotYet,
            grants: Vec::new(),
            purchases_of: BTreeSet::new(),
        })
    }

    fn known_at(cache: &AccessCache, pair: Pair) -> Option<i64> {
        cache.get(pair).map(|(_, position)| position)
    }

    #[test]
    fn an_answer_stays_true_as_the_tail_goes_on_until_something_concerns_it() {
        let (cache, pair) = (cache(10), pair());
        cache.loading(pair).keep(nothing(), 5);
        assert_eq!(known_at(&cache, pair), Some(5), "it is newer than the tail");
        cache.advance(&[], 8, true);
        assert_eq!(known_at(&cache, pair), Some(8));
        cache.changed(&[(9, Touched::Pair(pair.1, pair.0))]);
        assert_eq!(known_at(&cache, pair), None);
    }

    #[test]
    fn what_happened_while_it_was_loaded_keeps_an_older_answer_out_and_no_newer_one() {
        for touched in
            [|(a, b): Pair| Touched::Pair(a, b), |(_, b)| Touched::Account(b), |_| Touched::All]
        {
            let (cache, pair) = (cache(10), pair());
            let (older, newer) = (cache.loading(pair), cache.loading(pair));
            cache.changed(&[(6, touched(pair))]);
            older.keep(nothing(), 5);
            assert_eq!(known_at(&cache, pair), None, "it was read before what happened");
            newer.keep(nothing(), 6);
            assert_eq!(known_at(&cache, pair), Some(6));
            cache.changed(&[(6, touched(pair))]);
            assert_eq!(known_at(&cache, pair), Some(6), "it shows what happened already");
        }
    }

    #[test]
    fn of_two_answers_the_newer_one_stays_in_whatever_order_they_come() {
        let (cache, pair) = (cache(10), pair());
        let (older, newer) = (cache.loading(pair), cache.loading(pair));
        newer.keep(nothing(), 7);
        older.keep(nothing(), 5);
        assert_eq!(known_at(&cache, pair), Some(7));
    }

    #[test]
    fn what_concerns_others_leaves_it_alone() {
        let (cache, pair, other) = (cache(10), pair(), pair());
        cache.loading(pair).keep(nothing(), 5);
        cache.changed(&[(6, Touched::Pair(other.0, pair.0)), (7, Touched::Account(other.1))]);
        assert_eq!(known_at(&cache, pair), Some(5));
    }

    #[test]
    fn the_answers_asked_for_least_lately_make_room() {
        let cache = cache(2);
        let pairs = [pair(), pair(), pair()];
        for pair in &pairs[..2] {
            cache.loading(*pair).keep(nothing(), 5);
        }
        assert!(cache.get(pairs[0]).is_some());
        cache.loading(pairs[2]).keep(nothing(), 5);
        assert_eq!(pairs.map(|pair| cache.get(pair).is_some()), [true, false, true]);
        cache.changed(&[(6, Touched::Account(pairs[1].0))]);
        assert_eq!(cache.lock().of.len(), 4, "nothing is kept of accounts without an answer");
    }

    #[test]
    fn another_log_leaves_nothing_behind_not_even_what_is_on_its_way() {
        let (cache, known, coming) = (cache(10), pair(), pair());
        cache.loading(known).keep(nothing(), 50);
        let load = cache.loading(coming);
        cache.restart(3);
        load.keep(nothing(), 60);
        assert_eq!((known_at(&cache, known), known_at(&cache, coming)), (None, None));
    }

    #[test]
    fn nothing_is_believed_while_the_end_of_the_log_is_out_of_sight() {
        let (cache, pair) = (Arc::new(AccessCache::new(10, Duration::ZERO)), pair());
        cache.loading(pair).keep(nothing(), 5);
        assert_eq!(known_at(&cache, pair), None);
    }

    #[test]
    fn a_load_that_is_given_up_leaves_nothing_behind() {
        let (cache, pair) = (cache(10), pair());
        drop(cache.loading(pair));
        assert!(cache.lock().loads.is_empty());
    }
}
