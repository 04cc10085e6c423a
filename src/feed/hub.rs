//! Where the tail and the streams meet: the ring, the fold and the position reached, under one lock.
//!
//! The tail takes a page in at once: ring, fold, marks, then the position T, and wakes after that. A stream that finds
//! nothing marked has therefore been handed everything up to T, and nothing beyond T is ever handed out. Wake-ups carry
//! no facts: a stream asks what is next, whatever woke it.

use super::blocks::History;
use super::entry::{Entry, Place};
use super::fold::{End, Fold, Key, Noted, Pending, Who};
use super::ring::Ring;
use super::run::{Run, Stretch, Told};
use super::sizes::Sizes;
use super::token::proof;
use crate::domain::ids::EventId;
use crate::domain::sync::Relations;
use crate::error::Error;
use crate::faults::{Spot, Variant, broken, dawdle_here, die_at};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio::time::{Duration, Instant};
use uuid::Uuid;

/// Ring, fold and tail position.
pub struct Hub {
    inner: Mutex<Inner>,
    head: watch::Sender<i64>,
    restarts: watch::Sender<u64>,
    sizes: Sizes,
}

struct Inner {
    log: Uuid,
    tail: Place,
    /// The last end of a change at or below the tail: where a heartbeat's token may stand.
    whole: Place,
    /// How often it has gone on from another place.
    epoch: u64,
    /// When the log was last seen to end at the tail.
    caught_up: Instant,
    ring: Ring,
    fold: Fold,
    /// Nobody is let in any more.
    is_closed: bool,
}

/// What comes next on a stream.
pub enum Next {
    /// Nothing: everything up to here was handed out.
    Nothing(Place),
    /// These; when it is known, the end of a change up to which nothing else is left.
    Events(Vec<Told>, Option<Place>),
    /// What the database has of this history after a position, seen with these relations.
    Stored { after: i64, history: History, relations: Arc<Relations> },
}

impl Hub {
    /// A hub of no log yet; the tail's first step takes it to the end of one.
    #[must_use]
    pub fn new(sizes: Sizes) -> Self {
        let nowhere = Place { position: 0, event: EventId(Uuid::nil()) };
        let inner = Inner {
            log: Uuid::nil(),
            tail: nowhere,
            whole: nowhere,
            epoch: 0,
            caught_up: Instant::now(),
            ring: Ring::new(sizes.ring),
            fold: Fold::default(),
            is_closed: false,
        };
        let (head, restarts) = (watch::Sender::new(0), watch::Sender::new(0));
        Self { inner: Mutex::new(inner), head, restarts, sizes }
    }

    /// The position reached: nothing beyond it is handed out.
    #[must_use]
    pub fn tail(&self) -> Place {
        self.lock().tail
    }

    /// The history followed, up to the tail.
    #[must_use]
    pub fn history(&self) -> History {
        self.lock().history()
    }

    /// Changes whenever the feed goes on from another place.
    #[must_use]
    pub fn restarts(&self) -> watch::Receiver<u64> {
        self.restarts.subscribe()
    }

    /// The log followed.
    #[must_use]
    pub fn log(&self) -> Uuid {
        self.lock().log
    }

    /// The log followed, and the last end of a change reached in it.
    #[must_use]
    pub fn whole(&self) -> (Uuid, Place) {
        let inner = self.lock();
        (inner.log, inner.whole)
    }

    /// For how long it has not been certain that nothing is missing.
    #[must_use]
    pub fn lag(&self) -> Duration {
        self.lock().caught_up.elapsed()
    }

    /// How many streams there are.
    #[must_use]
    pub fn streams(&self) -> usize {
        self.lock().fold.watchers.len()
    }

    /// The event at a position, if it is still in memory.
    #[must_use]
    pub fn recent(&self, position: i64) -> Option<Place> {
        let inner = self.lock();
        if inner.tail.position == position {
            return Some(inner.tail);
        }
        inner.ring.at(position).map(|entry| entry.place)
    }

    /// Waits until the tail has reached a position.
    pub async fn reach(&self, position: i64) {
        let mut head = self.head.subscribe();
        // the sender lives as long as the hub
        let _ = head.wait_for(|reached| *reached >= position).await;
    }

    /// The next events of the log; the tail has checked that they follow.
    ///
    /// # Errors
    /// Events that do not follow: nothing of them is taken in.
    pub fn publish(&self, entries: &[Arc<Entry>], caught_up: bool) -> Result<(), Error> {
        let mut woken = Vec::new();
        let runs = Run::divide(entries);
        let reached = {
            let mut inner = self.lock();
            let expected = inner.tail.position + 1..;
            if entries
                .iter()
                .zip(expected)
                .any(|(entry, position)| entry.place.position != position)
            {
                return Err(Error::internal("events were published out of their order"));
            }
            if broken(Variant::TailBeforeMarks) {
                inner = self.hurry(inner, entries);
            }
            for run in &runs {
                inner.ring.push(run);
                inner.fold.apply(run, self.sizes.pending, &mut woken);
            }
            if let Some(newest) = entries.last() {
                die_at(Spot::BeforePublish);
                inner.tail = newest.place;
            }
            let ends = |entry: &&Arc<Entry>| {
                entry.last_of_change || broken(Variant::HeartbeatInsideChange)
            };
            if let Some(whole) = entries.iter().rfind(ends) {
                inner.whole = whole.place;
            }
            if caught_up {
                inner.caught_up = Instant::now();
            }
            inner.tail.position
        };
        self.head.send_if_modified(|head| std::mem::replace(head, reached) != reached);
        if !broken(Variant::TailWithoutWake) {
            wake(&woken);
        }
        Ok(())
    }

    /// The wrong way: everybody sees how far it is before anybody was told what lies there.
    fn hurry<'a>(
        &'a self,
        mut inner: MutexGuard<'a, Inner>,
        entries: &[Arc<Entry>],
    ) -> MutexGuard<'a, Inner> {
        for entry in entries {
            inner.tail = entry.place;
            inner.whole = if entry.last_of_change { entry.place } else { inner.whole };
        }
        drop(inner);
        dawdle_here();
        self.lock()
    }

    /// Every stream ends for this reason, and the feed goes on from another place.
    pub fn restart(&self, why: End, log: Uuid, newest: Place) {
        let mut woken = Vec::new();
        let epoch = {
            let mut inner = self.lock();
            inner.fold.end_all(why, &mut woken);
            inner.ring.clear();
            (inner.log, inner.tail, inner.whole) = (log, newest, newest);
            inner.caught_up = Instant::now();
            inner.epoch += 1;
            inner.epoch
        };
        self.head.send_replace(newest.position);
        self.restarts.send_replace(epoch);
        wake(&woken);
    }

    /// Every stream ends, and no other begins: the replica stops.
    pub fn close(&self) {
        let mut woken = Vec::new();
        {
            let mut inner = self.lock();
            inner.is_closed = true;
            inner.fold.end_each(End::ShuttingDown, &mut woken);
        }
        wake(&woken);
    }

    /// A seat for a stream, registered before it reads anything; its caller may have so many of them.
    ///
    /// # Errors
    /// `TooManyStreams`, `ShuttingDown`.
    pub fn enter(self: &Arc<Self>, who: Who, own_limit: usize) -> Result<Seat, Error> {
        let wake = Arc::new(Notify::new());
        let mut inner = self.lock();
        if inner.is_closed {
            return Err(Error::ShuttingDown);
        }
        if inner.fold.watchers.len() >= self.sizes.streams {
            return Err(Error::TooManyStreams { limit: self.sizes.streams });
        }
        if inner.fold.streams_of(&who.scope) >= own_limit {
            return Err(Error::TooManyStreams { limit: own_limit });
        }
        let key = inner.fold.enter(who, Arc::clone(&wake));
        drop(inner);
        Ok(Seat { hub: Arc::clone(self), key, wake })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // nothing in here panics halfway through a change
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn history(&self) -> History {
        let Place { position, event } = self.tail;
        History { epoch: self.epoch, position, proof: proof(event) }
    }
}

fn wake(woken: &[Arc<Notify>]) {
    for notify in woken {
        die_at(Spot::AfterPublish);
        notify.notify_one();
    }
}

/// A stream's seat; dropping it frees everything kept for the stream.
pub struct Seat {
    hub: Arc<Hub>,
    key: Key,
    wake: Arc<Notify>,
}

impl Seat {
    /// The hub it is in.
    #[must_use]
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// Returns when something may have changed since the last `next`.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether it is known already what the viewer has to do with others.
    #[must_use]
    pub fn is_known(&self) -> bool {
        let inner = self.hub.lock();
        let viewer = inner.fold.watchers[self.key].who.viewer;
        inner.fold.relations(viewer).is_some()
    }

    /// What the viewer has to do with others, as the database said at a position.
    pub fn learn(&self, relations: Relations, as_of: i64) {
        let mut inner = self.hub.lock();
        let viewer = inner.fold.watchers[self.key].who.viewer;
        inner.fold.install(viewer, relations, as_of);
    }

    /// Why the stream has to end, if it has to.
    #[must_use]
    pub fn ended(&self) -> Option<End> {
        self.hub.lock().fold.watchers[self.key].ended
    }

    /// The end of a change up to which everything was handed out, if nothing is left to hand out.
    #[must_use]
    pub fn complete_to(&self) -> Option<Place> {
        let inner = self.hub.lock();
        match &inner.fold.watchers[self.key].pending {
            Pending::At(positions) if positions.is_empty() => Some(inner.whole),
            Pending::At(_) | Pending::After(_) => None,
        }
    }

    /// Goes on right after a position.
    pub fn go_on_after(&self, position: i64) {
        self.hub.lock().fold.watchers[self.key].pending = Pending::After(position);
    }

    /// What comes next.
    ///
    /// # Errors
    /// Why the stream has to end.
    pub fn next(&self) -> Result<Next, End> {
        let mut inner = self.hub.lock();
        let history = inner.history();
        let Inner { tail, whole, ring, fold, .. } = &mut *inner;
        if let Some(why) = fold.watchers[self.key].ended {
            return Err(why);
        }
        let viewer = fold.watchers[self.key].who.viewer;
        let relations = fold.relations(viewer).ok_or(End::Interrupted)?;
        let pending = &mut fold.watchers[self.key].pending;
        let batch = self.hub.sizes.batch;
        let mut told = Vec::new();
        if let Pending::At(noted) = pending {
            let Some(Noted { first, .. }) = noted.front().copied() else {
                return Ok(Next::Nothing(*whole));
            };
            let found = take(noted, ring, batch, |stretch| {
                stretch.tell(viewer, &relations, &mut told);
            });
            if found > 0 {
                let covered = noted.is_empty().then_some(*whole);
                return Ok(Next::Events(told, covered));
            }
            // the ring has gone on without this stream
            *pending = Pending::After(first - 1);
        }
        let Pending::After(after) = *pending else {
            return Err(End::Interrupted);
        };
        if after >= tail.position {
            *pending = Pending::At(VecDeque::new());
            return Ok(Next::Nothing(*whole));
        }
        let mut covered = None;
        let mut all = VecDeque::from([Noted { first: after + 1, last: tail.position }]);
        let found = take(&mut all, ring, batch, |stretch| {
            let last_whole = stretch.entries().iter().rfind(|entry| entry.last_of_change);
            covered = last_whole.map(|entry| entry.place).or(covered);
            stretch.tell(viewer, &relations, &mut told);
        });
        if found == 0 {
            return Ok(Next::Stored { after, history, relations });
        }
        *pending = Pending::After(after + found);
        Ok(Next::Events(told, covered))
    }
}

/// Takes up to `batch` of the positions noted, as far as the ring still has them; answers how many.
fn take(
    noted: &mut VecDeque<Noted>,
    ring: &Ring,
    batch: usize,
    mut each: impl FnMut(Stretch),
) -> i64 {
    let mut room = i64::try_from(batch).unwrap_or(i64::MAX);
    let mut taken = 0;
    while room > 0
        && let Some(Noted { first, last }) = noted.front_mut()
        && let Some(stretch) = ring.stretch(*first, (*last).min(*first + room - 1))
    {
        let count = i64::try_from(stretch.entries().len()).unwrap_or(room);
        (*first, room, taken) = (*first + count, room - count, taken + count);
        if first > last {
            noted.pop_front();
        }
        each(stretch);
    }
    taken
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.hub.lock().fold.leave(self.key);
    }
}
