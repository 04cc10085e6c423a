//! A record against the oracle, message by message, along the path that its resumes make.

use super::expected;
use super::keeper::Keeper;
use super::log::Log;
use super::oracle::{Contacts, Copy, Page, Person};
use super::place::{Bench, Place, Reader};
use super::record::{Entry, Record, Start};
use super::verdict::{Fault, Verdict};
use partner_service::client;
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;
use std::collections::{BTreeMap, BTreeSet};

/// What a subscriber knew after a message: where it stood, and what it held if a snapshot ever gave it a beginning.
#[derive(Clone)]
pub struct Known {
    pub reader: Reader,
    pub consumer: client::Contacts,
    pub grounded: bool,
}

/// Judges one subscriber.
pub fn judge(record: &Record, page: &Page, log: &Log) -> Verdict {
    let mut case = Case {
        record,
        page,
        log,
        verdict: Verdict::default(),
        resumed: resumed_from(record),
        kept: BTreeMap::new(),
        live: None,
        keeper: Keeper::default(),
    };
    for (index, entry) in record.entries.iter().enumerate() {
        case.entry(index, entry);
    }
    case.end(record.complete_to, record.entries.len());
    case.verdict
}

struct Case<'a> {
    record: &'a Record,
    page: &'a Page,
    log: &'a Log,
    verdict: Verdict,
    resumed: BTreeSet<usize>,
    kept: BTreeMap<usize, Known>,
    live: Option<Known>,
    keeper: Keeper,
}

impl<'a> Case<'a> {
    fn entry(&mut self, index: usize, entry: &Entry) {
        match entry {
            Entry::Opened { start, min_position, .. } => {
                self.end(None, index);
                self.verdict.streams += 1;
                self.live = Some(self.open(*start, *min_position));
            }
            Entry::Message(message) => self.message(index, message),
            Entry::Closed { .. } => {
                // a stream that is to be complete is judged at the end of the record
                let last = index + 1 == self.record.entries.len();
                if !last || self.record.complete_to.is_none() {
                    self.end(None, index);
                }
            }
            Entry::Listed { position, contacts } => self.listed(index, *position, contacts),
        }
    }

    fn open(&mut self, start: Start, at_least: i64) -> Known {
        let fresh = |place| Known {
            reader: Reader::new(place),
            consumer: client::Contacts::default(),
            grounded: false,
        };
        match start {
            Start::Snapshot => fresh(Place::Before { at_least }),
            Start::Now => {
                self.keeper.skip();
                fresh(Place::Now { at_least })
            }
            Start::Resume(index) => {
                let known =
                    self.kept.get(&index).expect("a token of a message of this record").clone();
                match &known.reader.place {
                    Place::After { inside: Some(inside), .. } if inside.partner.is_none() => {
                        self.verdict.resumed_in_snapshot += 1;
                    }
                    Place::After { inside: Some(_), .. } => {
                        self.verdict.resumed_in_sub_snapshot += 1;
                    }
                    _ => self.verdict.resumed_in_tail += 1,
                }
                self.keeper.resume(&known);
                known
            }
        }
    }

    fn message(&mut self, index: usize, message: &pb::WatchMembersResponse) {
        let bench = bench(self.record, self.page, self.log, index);
        let Some(known) = &mut self.live else {
            return self.verdict.fault(Fault::Leaked, format!("{}: nobody listens", bench.at));
        };
        known.reader.take(message, &bench, &mut self.verdict);
        known.consumer.apply(message);
        let synced = matches!(
            message.payload,
            Some(Payload::Synced(pb::Synced { ref partner_account_id, .. }))
                if partner_account_id.is_empty()
        );
        known.grounded |= synced;
        // a heartbeat changes nobody
        let beat = matches!(message.payload, Some(Payload::Heartbeat(_)));
        if let Some(position) = known.reader.settled().filter(|_| known.grounded && !beat) {
            self.verdict.comparisons += 1;
            compare(&held(&known.consumer), self.page, position, &bench, &mut self.verdict);
        }
        if self.resumed.contains(&index) {
            self.kept.insert(index, known.clone());
        }
        let settled = known.reader.settled();
        if let Some(settled) = self.keeper.take(message, synced, settled) {
            self.verdict.comparisons += 1;
            let bench = Bench { at: format!("{}, resumed without going back", bench.at), ..bench };
            compare(&held(&self.keeper.consumer), self.page, settled, &bench, &mut self.verdict);
        }
    }

    fn end(&mut self, complete_to: Option<i64>, index: usize) {
        let bench = bench(self.record, self.page, self.log, index);
        if let Some(mut known) = self.live.take() {
            known.reader.end(complete_to, &bench, &mut self.verdict);
        }
    }

    fn listed(&mut self, index: usize, position: i64, contacts: &[pb::Contact]) {
        let bench = bench(self.record, self.page, self.log, index);
        let listed: Result<Contacts, String> =
            contacts.iter().map(|contact| expected::copy(bench.viewer, contact)).collect();
        match listed {
            Ok(listed) => {
                self.verdict.comparisons += 1;
                compare(&listed, self.page, position, &bench, &mut self.verdict);
            }
            Err(wrong) => self.verdict.fault(Fault::Garbled, format!("{}: {wrong}", bench.at)),
        }
    }
}

fn bench<'a>(record: &Record, page: &'a Page, log: &'a Log, index: usize) -> Bench<'a> {
    Bench { viewer: record.viewer, page, log, at: format!("{}, entry {index}", record.name) }
}

/// What the consumer holds, in the oracle's words.
fn held(consumer: &client::Contacts) -> Contacts {
    let copy = |((home, member), person): (&client::contacts::Key, &client::contacts::Person)| {
        let client::contacts::Person { email, display_name, phone, title, locale, state, link } =
            person.clone();
        let details = [phone, title, locale];
        let key = (home.parse().expect("an id"), member.parse().expect("an id"));
        (key, Copy { person: Person { email, display_name, state, details }, link })
    };
    consumer.iter().map(copy).collect()
}

fn compare(held: &Contacts, page: &Page, position: i64, bench: &Bench<'_>, verdict: &mut Verdict) {
    let shown = page.contacts(position);
    let visible = held.iter().filter(|(key, _)| !page.hidden_at(**key, position));
    let held: Contacts = visible.map(|(key, copy)| (*key, copy.clone())).collect();
    if held == shown {
        return;
    }
    let keys: BTreeSet<_> = held.keys().chain(shown.keys()).collect();
    for key in keys.into_iter().filter(|key| held.get(key) != shown.get(key)) {
        let (held, shown) = (held.get(key), shown.get(key));
        let sentence =
            format!("{}: {key:?} as of {position} is {held:?} instead of {shown:?}", bench.at);
        verdict.fault(Fault::Contacts, sentence);
    }
}

fn resumed_from(record: &Record) -> BTreeSet<usize> {
    let from = |entry: &Entry| match entry {
        Entry::Opened { start: Start::Resume(index), .. } => Some(*index),
        _ => None,
    };
    record.entries.iter().filter_map(from).collect()
}
