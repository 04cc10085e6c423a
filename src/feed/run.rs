//! Events that stand side by side in the log and concern the same watchers: marked, handed out and sent as one.
//!
//! An account that takes on a thousand people makes a thousand events for each of its partners. What would be done for each
//! event and watcher is done for each run and watcher, and a run's bytes are made once, in the piece they are sent in.

use super::entry::Entry;
use crate::domain::event::{Body, MemberFact};
use crate::domain::ids::AccountId;
use crate::domain::sync::{Details, Relations, Telling, tell};
use crate::faults::{Variant, broken};
use bytes::Bytes;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// About how many bytes a run has when sent, at most: so many fit a frame of HTTP/2, and leave in one write.
const MOST_BYTES: usize = 16 * 1024;
/// About what an event of a member takes when sent, besides its texts.
const BYTES_OF_AN_EVENT: usize = 264;

/// Some events of one account's members, or one event of any other kind.
#[derive(Debug)]
pub struct Run {
    entries: Box<[Arc<Entry>]>,
    /// As sent to others, and as sent to the account that they happened in: which is never told of its own members, so that
    /// of these it is what others are sent who are told more (C10).
    sent: [OnceLock<Sent>; 2],
}

/// Messages one behind the other, and where each of them ends.
#[derive(Debug)]
struct Sent {
    bytes: Bytes,
    ends: Box<[usize]>,
}

impl Run {
    /// Divides events in their order.
    #[must_use]
    pub fn divide(mut entries: &[Arc<Entry>]) -> Vec<Arc<Self>> {
        let mut runs = Vec::new();
        while let Some(first) = entries.first() {
            let mut bytes = 0;
            let belongs = |(next, position): &(&Arc<Entry>, i64)| {
                bytes += text_of_a_member(next).map_or(MOST_BYTES, |text| BYTES_OF_AN_EVENT + text);
                let follows = next.place.position == *position;
                follows && next.account == first.account && bytes < MOST_BYTES
            };
            let positions = first.place.position..;
            let count = entries.iter().zip(positions).take_while(belongs).count().max(1);
            let (run, rest) = entries.split_at(count);
            runs.push(Arc::new(Self { entries: run.into(), sent: Default::default() }));
            entries = rest;
        }
        runs
    }

    /// The position of its first event.
    #[must_use]
    pub fn first(&self) -> i64 {
        self.entries[0].place.position
    }

    /// The position of its last event.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.entries[self.entries.len() - 1].place.position
    }

    /// Its events, in order; at least one.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The part of it from one position up to another, as far as it has them.
    #[must_use]
    pub fn part(self: &Arc<Self>, first: i64, last: i64) -> Stretch {
        let index = |position: i64| usize::try_from(position - self.first()).unwrap_or(0);
        let end = index(last.saturating_add(1)).min(self.entries.len());
        Stretch { run: Arc::clone(self), within: index(first).min(end)..end }
    }
}

/// How long the texts are that are sent of a member's event; none for any other.
fn text_of_a_member(entry: &Entry) -> Option<usize> {
    let Body::Member(fact) = &entry.body else { return None };
    if !entry.kind.is_of_a_member() {
        return None;
    }
    let MemberFact { email, display_name, phone, title, locale, .. } = fact;
    Some([email, display_name, phone, title, locale].into_iter().map(String::len).sum())
}

/// A part of a run.
#[derive(Clone, Debug)]
pub struct Stretch {
    run: Arc<Run>,
    within: Range<usize>,
}

impl Stretch {
    /// Its events, in order.
    #[must_use]
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.run.entries[self.within.clone()]
    }

    /// Its bytes: made once for all who are told the same of the run. `write` adds an event's message to others.
    pub fn bytes(
        &self,
        viewer: AccountId,
        details: Details,
        write: impl Fn(&Entry, &mut Vec<u8>),
    ) -> Bytes {
        let is_other = viewer != self.run.entries[0].account;
        let is_plain = details == Details::Withheld || broken(Variant::DetailsInSharedBytes);
        let side = usize::from(!is_other || !is_plain || broken(Variant::OneSidesBytes));
        let Sent { bytes, ends } = self.run.sent[side].get_or_init(|| {
            let mut bytes = Vec::with_capacity(MOST_BYTES.min(512 * self.run.entries.len()));
            let mut ends = Vec::with_capacity(self.run.entries.len());
            for entry in &self.run.entries {
                write(entry, &mut bytes);
                ends.push(bytes.len());
            }
            bytes.shrink_to_fit();
            Sent { bytes: bytes.into(), ends: ends.into() }
        });
        let end = |count: usize| count.checked_sub(1).map_or(0, |last| ends[last]);
        bytes.slice(end(self.within.start)..end(self.within.end))
    }

    /// Adds what the viewer is told of it to `told`: all of it at once where nothing in it is kept from the viewer.
    pub fn tell(self, viewer: AccountId, relations: &Relations, told: &mut Vec<Told>) {
        let [first, .., last] = self.entries() else {
            return self.tell_each(viewer, relations, told);
        };
        let (home, span) = (first.account, first.place.position..=last.place.position);
        let (at_first, at_last) =
            (relations.details(home, *span.start()), relations.details(home, *span.end()));
        if home != viewer && at_first == at_last && relations.show_everybody(home, span) {
            told.push((self, Telling::Member(home, at_first)));
        } else {
            self.tell_each(viewer, relations, told);
        }
    }

    fn tell_each(self, viewer: AccountId, relations: &Relations, told: &mut Vec<Told>) {
        for index in self.within {
            if let Some(telling) = tell(viewer, relations, &self.run.entries[index].logged()) {
                told.push((Self { run: Arc::clone(&self.run), within: index..index + 1 }, telling));
            }
        }
    }
}

/// Events, and what each of them says to the one who is told.
pub type Told = (Stretch, Telling);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::MemberState;
    use crate::domain::event::EventKind;
    use crate::domain::ids::{EventId, MemberId, MembershipId};
    use crate::domain::sync::Span;
    use crate::domain::time::Timestamp;
    use crate::feed::entry::Place;
    use std::cell::Cell;
    use uuid::Uuid;

    fn added(account: AccountId, member: MemberId, position: i64, name: &str) -> Arc<Entry> {
        let body = Body::Member(MemberFact {
            membership: MembershipId::fresh(),
            member,
            email: String::new(),
            display_name: name.to_owned(),
            state: MemberState::Active,
            phone: String::new(),
            title: String::new(),
            locale: String::new(),
        });
        entry(account, position, EventKind::MemberAdded, body)
    }

    fn entry(account: AccountId, position: i64, kind: EventKind, body: Body) -> Arc<Entry> {
        Arc::new(Entry {
            place: Place { position, event: EventId::fresh() },
            at: Timestamp(0),
            last_of_change: true,
            account,
            counterpart: None,
            kind,
            subject: Uuid::nil(),
            body,
            ending: None,
        })
    }

    fn hired(account: AccountId, positions: Range<i64>) -> Vec<Arc<Entry>> {
        positions.map(|position| added(account, MemberId::fresh(), position, "")).collect()
    }

    fn spans(runs: &[Arc<Run>]) -> Vec<(i64, i64)> {
        runs.iter().map(|run| (run.first(), run.last())).collect()
    }

    #[test]
    fn a_run_ends_with_its_account_at_a_gap_and_at_any_other_kind_of_event() {
        let (one, other) = (AccountId::fresh(), AccountId::fresh());
        let mut entries = hired(one, 1..4);
        entries.extend(hired(other, 4..6));
        entries.push(entry(other, 6, EventKind::GuestCreated, Body::Empty {}));
        entries.push(entry(other, 7, EventKind::GuestCreated, Body::Empty {}));
        entries.extend(hired(other, 8..10));
        entries.extend(hired(other, 11..12));
        let expected = [(1, 3), (4, 5), (6, 6), (7, 7), (8, 9), (11, 11)];
        assert_eq!(spans(&Run::divide(&entries)), expected);
    }

    #[test]
    fn a_run_is_no_larger_than_a_frame() {
        let account = AccountId::fresh();
        let name = "x".repeat(MOST_BYTES / 4);
        let entries: Vec<_> =
            (1..8).map(|position| added(account, MemberId::fresh(), position, &name)).collect();
        assert_eq!(spans(&Run::divide(&entries)), [(1, 3), (4, 6), (7, 7)]);
    }

    #[test]
    fn a_part_has_its_own_bytes_of_what_was_made_once() {
        let (account, viewer) = (AccountId::fresh(), AccountId::fresh());
        let run = Run::divide(&hired(account, 11..16)).remove(0);
        let made = Cell::new(0);
        let bytes = |first, last| {
            run.part(first, last).bytes(viewer, Details::Withheld, |entry, bytes| {
                made.set(made.get() + 1);
                bytes.extend(entry.place.position.to_string().bytes());
            })
        };
        assert_eq!(bytes(11, 15), "1112131415");
        assert_eq!(bytes(13, 14), "1314");
        assert_eq!(bytes(15, 99), "15");
        assert_eq!(made.get(), 5);
    }

    #[test]
    fn c4_c8_one_who_is_hidden_and_what_lies_outside_the_interval_is_left_out() {
        let (home, viewer) = (AccountId::fresh(), AccountId::fresh());
        let entries = hired(home, 1..8);
        let Body::Member(hidden) = &entries[3].body else { panic!("about a member") };
        let told = |relations: &Relations, viewer| {
            let mut told = Vec::new();
            Run::divide(&entries).remove(0).part(1, 7).tell(viewer, relations, &mut told);
            let positions = told.iter().flat_map(|(stretch, telling)| {
                assert_eq!(*telling, Telling::Member(home, Details::Withheld));
                stretch.entries().iter().map(|entry| entry.place.position)
            });
            positions.collect::<Vec<_>>()
        };
        let mut relations = Relations::default();
        assert!(told(&relations, viewer).is_empty());
        relations.share(home, Span { since: 1, until: None });
        assert_eq!(told(&relations, viewer), [1, 2, 3, 4, 5, 6, 7]);
        assert!(told(&relations, home).is_empty(), "nobody is told of its own people");
        relations.hide(home, hidden.member, Span { since: 1, until: None });
        assert_eq!(told(&relations, viewer), [1, 2, 3, 5, 6, 7]);
        relations.end_sharing(home, 6);
        assert_eq!(told(&relations, viewer), [1, 2, 3, 5]);
    }
}
