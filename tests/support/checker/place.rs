//! Where a reader stands, and what may come next there.

use super::log::Log;
use super::oracle::{Contacts, Copy, Page, Telling, What};
use super::verdict::{Fault, Verdict};
use super::{Key, expected};
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The snapshot that a reader is inside of: the whole account's, or one partner's after its activation.
#[derive(Clone, Debug)]
pub struct Inside {
    pub position: i64,
    pub partner: Option<Uuid>,
    /// Who must be sent.
    there: Arc<Contacts>,
    sent: BTreeSet<Key>,
}

impl Inside {
    fn begin(page: &Page, position: i64, partner: Option<Uuid>) -> Self {
        let mut there = page.contacts(position);
        there.retain(|key, _| partner.is_none_or(|partner| partner == key.0));
        Self { position, partner, there: Arc::new(there), sent: BTreeSet::new() }
    }
}

/// Where a reader stands.
#[derive(Clone, Debug)]
pub enum Place {
    /// Before SNAPSHOT_BEGIN.
    Before { at_least: i64 },
    /// Before the first heartbeat of a stream from now on.
    Now { at_least: i64 },
    /// Told everything up to here, and of a snapshot this much.
    After { position: i64, inside: Option<Inside> },
}

/// What the judge of one message looks at.
pub struct Bench<'a> {
    pub viewer: Uuid,
    pub page: &'a Page,
    pub log: &'a Log,
    /// Record, entry and message, for the sentences.
    pub at: String,
}

/// A stream being read: its place, and what it has jumped over.
#[derive(Clone, Debug)]
pub struct Reader {
    pub place: Place,
    missing: BTreeSet<i64>,
}

impl Reader {
    pub fn new(place: Place) -> Self {
        Self { place, missing: BTreeSet::new() }
    }

    /// Whether the reader stands between events, and where.
    pub fn settled(&self) -> Option<i64> {
        match &self.place {
            Place::After { position, inside: None } => Some(*position),
            _ => None,
        }
    }

    /// Judges a message and moves on.
    pub fn take(
        &mut self,
        message: &pb::WatchMembersResponse,
        bench: &Bench<'_>,
        verdict: &mut Verdict,
    ) {
        verdict.messages += 1;
        if message.resume_token.is_empty() || message.server_time.is_none() {
            verdict.fault(Fault::Token, format!("{}: no token or no time", bench.at));
        }
        match message.payload.as_ref() {
            Some(Payload::SnapshotBegin(begin)) => self.begin(begin.position, bench, verdict),
            Some(Payload::Contact(contact)) => self.contact(contact, bench, verdict),
            Some(Payload::Synced(synced)) => self.synced(synced, bench, verdict),
            Some(Payload::Event(event)) => self.event(event, bench, verdict),
            Some(Payload::Heartbeat(heartbeat)) => self.heartbeat(heartbeat, bench, verdict),
            None => verdict.fault(Fault::Garbled, format!("{}: an empty message", bench.at)),
        }
        self.check_position(message, bench, verdict);
    }

    /// Every message says as of which position it is: in a snapshot the snapshot's, otherwise the place reached.
    fn check_position(
        &self,
        message: &pb::WatchMembersResponse,
        bench: &Bench<'_>,
        verdict: &mut Verdict,
    ) {
        let expected = match message.payload.as_ref() {
            Some(Payload::Event(event)) => event.position,
            Some(Payload::Heartbeat(heartbeat)) => heartbeat.position,
            Some(Payload::Synced(synced)) => synced.position,
            Some(Payload::SnapshotBegin(begin)) => begin.position,
            Some(Payload::Contact(_)) | None => match &self.place {
                Place::After { position, .. } => *position,
                Place::Before { .. } | Place::Now { .. } => return,
            },
        };
        if message.position != expected {
            let sentence = format!("{}: says {}, is {expected}", bench.at, message.position);
            verdict.fault(Fault::Token, sentence);
        }
    }

    /// The stream is over: what it jumped over is lost, and so is what it should have told by now.
    pub fn end(&mut self, complete_to: Option<i64>, bench: &Bench<'_>, verdict: &mut Verdict) {
        if let Some(upto) = complete_to {
            match &self.place {
                Place::After { inside: None, .. } => self.skip_to(upto + 1, bench),
                unfinished => {
                    let sentence = format!("{}: ends at {unfinished:?}, not at {upto}", bench.at);
                    verdict.fault(Fault::Lost, sentence);
                }
            }
        }
        for position in std::mem::take(&mut self.missing) {
            verdict.fault(Fault::Lost, format!("{}: {position} never came", bench.at));
        }
    }

    fn begin(&mut self, position: i64, bench: &Bench<'_>, verdict: &mut Verdict) {
        verdict.snapshots += 1;
        match self.place {
            Place::Before { at_least } if position >= at_least => {}
            _ => verdict.fault(
                Fault::Snapshot,
                format!("{}: a snapshot at {position} begins at {:?}", bench.at, self.place),
            ),
        }
        if position > bench.log.head() {
            verdict.fault(Fault::Token, format!("{}: {position} is beyond the head", bench.at));
        }
        let inside = Inside::begin(bench.page, position, None);
        self.place = Place::After { position, inside: Some(inside) };
    }

    fn contact(&mut self, contact: &pb::Contact, bench: &Bench<'_>, verdict: &mut Verdict) {
        let (key, copy) = match expected::copy(bench.viewer, contact) {
            Ok(found) => found,
            Err(wrong) => return verdict.fault(Fault::Garbled, format!("{}: {wrong}", bench.at)),
        };
        let Place::After { inside: Some(inside), .. } = &mut self.place else {
            return self.restored(key, &copy, bench, verdict);
        };
        let sentence =
            |what: &str| format!("{}: {what} {key:?} as of {}", bench.at, inside.position);
        match inside.there.get(&key) {
            None => verdict.fault(Fault::Leaked, sentence("a snapshot with a stranger")),
            Some(expected) if *expected != copy => verdict.fault(
                Fault::Snapshot,
                format!(
                    "{}, which is {copy:?} instead of {expected:?}",
                    sentence("a snapshot with")
                ),
            ),
            Some(_) => {}
        }
        if !inside.sent.insert(key) {
            verdict.fault(Fault::Doubled, sentence("a snapshot twice with"));
        }
    }

    /// A contact between events is one that the account has taken back.
    fn restored(&mut self, key: Key, copy: &Copy, bench: &Bench<'_>, verdict: &mut Verdict) {
        let Some(after) = self.settled() else {
            return verdict.fault(Fault::Snapshot, format!("{}: a contact before all", bench.at));
        };
        let restores = |telling: &&Telling| telling.what == What::Restored(key);
        let next = bench.page.tellings.iter().find(|one| one.position > after && restores(one));
        let Some(telling) = next else {
            let known = bench.page.tellings.iter().any(|one| restores(&one));
            let fault = if known { Fault::Doubled } else { Fault::Leaked };
            return verdict.fault(fault, format!("{}: {key:?} was not restored", bench.at));
        };
        let position = telling.position;
        self.skip_to(position, bench);
        if bench.page.contacts(position).get(&key) != Some(copy) {
            verdict.fault(Fault::Garbled, format!("{}: {key:?} restored at {position}", bench.at));
        }
        self.place = Place::After { position, inside: None };
    }

    fn synced(&mut self, synced: &pb::Synced, bench: &Bench<'_>, verdict: &mut Verdict) {
        let Place::After { position, inside: Some(inside) } = &self.place else {
            return verdict.fault(Fault::Snapshot, format!("{}: SYNCED outside", bench.at));
        };
        let named = inside.partner.map(|partner| partner.to_string()).unwrap_or_default();
        if synced.position != inside.position || synced.partner_account_id != named {
            verdict.fault(Fault::Snapshot, format!("{}: {synced:?} ends {inside:?}", bench.at));
        }
        for key in inside.there.keys().filter(|key| !inside.sent.contains(*key)) {
            let sentence = format!("{}: without {key:?} as of {}", bench.at, inside.position);
            verdict.fault(Fault::Snapshot, sentence);
        }
        self.place = Place::After { position: *position, inside: None };
    }

    fn event(&mut self, event: &pb::MemberEvent, bench: &Bench<'_>, verdict: &mut Verdict) {
        verdict.events += 1;
        let after = match &self.place {
            Place::After { position, inside: None } => *position,
            Place::After { position, inside: Some(_) } => {
                verdict.fault(Fault::Snapshot, format!("{}: an event inside", bench.at));
                *position
            }
            place => {
                let sentence = format!("{}: an event at {place:?}", bench.at);
                return verdict.fault(Fault::Snapshot, sentence);
            }
        };
        let told = bench.page.tellings.iter().find(|telling| {
            telling.position == event.position && !matches!(telling.what, What::Restored(_))
        });
        let Some(telling) = told else {
            return verdict.fault(Fault::Leaked, format!("{}: {event:?}", bench.at));
        };
        self.compare(telling, event, bench, verdict);
        if event.position <= after {
            let late = self.missing.remove(&event.position);
            let fault = if late { Fault::Reordered } else { Fault::Doubled };
            let sentence = format!("{}: {} after {after}", bench.at, event.position);
            return verdict.fault(fault, sentence);
        }
        self.place = Place::After { position: after, inside: None };
        self.skip_to(event.position, bench);
        let inside = match telling.what {
            What::Activated { partner, .. } | What::Updated { partner } => {
                verdict.sub_snapshots += 1;
                Some(Inside::begin(bench.page, event.position, Some(partner)))
            }
            _ => None,
        };
        self.place = Place::After { position: event.position, inside };
    }

    fn compare(
        &self,
        telling: &Telling,
        event: &pb::MemberEvent,
        bench: &Bench<'_>,
        verdict: &mut Verdict,
    ) {
        let timeless = pb::MemberEvent { commit_time: None, ..event.clone() };
        let expected = expected::event(telling);
        if expected.as_ref() != Some(&timeless) || event.commit_time.is_none() {
            let sentence = format!("{}: {event:?} instead of {expected:?}", bench.at);
            verdict.fault(Fault::Garbled, sentence);
        }
    }

    fn heartbeat(&mut self, heartbeat: &pb::Heartbeat, bench: &Bench<'_>, verdict: &mut Verdict) {
        verdict.heartbeats += 1;
        let position = heartbeat.position;
        let mut wrong = |what: &str| {
            verdict.fault(Fault::Token, format!("{}: heartbeat {position} {what}", bench.at));
        };
        if heartbeat.lag.is_none() {
            wrong("without a lag");
        }
        match &self.place {
            Place::Before { .. } => wrong("before SNAPSHOT_BEGIN"),
            // says nothing of what the snapshot has yet to tell
            Place::After { inside: Some(inside), .. } => {
                if position > inside.position {
                    wrong("runs ahead of the snapshot");
                }
            }
            Place::Now { at_least } => {
                if position < *at_least {
                    wrong("is below min_position");
                }
                self.place = Place::After { position, inside: None };
                self.ends_a_change(position, bench, verdict);
            }
            Place::After { position: after, inside: None } => {
                let after = *after;
                if position < after {
                    return wrong("goes back");
                }
                if next(bench.page, after, position + 1).next().is_some() {
                    wrong("runs ahead of an event");
                }
                self.skip_to(position + 1, bench);
                self.place = Place::After { position, inside: None };
                self.ends_a_change(position, bench, verdict);
            }
        }
    }

    fn ends_a_change(&self, position: i64, bench: &Bench<'_>, verdict: &mut Verdict) {
        if bench.log.ends.get(&position) == Some(&false) {
            verdict.fault(Fault::Token, format!("{}: {position} is inside a change", bench.at));
        }
        if position > bench.log.head() {
            verdict.fault(Fault::Token, format!("{}: {position} is beyond the head", bench.at));
        }
    }

    /// Everything after this place and below `position` has been jumped over.
    fn skip_to(&mut self, position: i64, bench: &Bench<'_>) {
        let Some(after) = self.settled() else { return };
        self.missing.extend(next(bench.page, after, position).map(|telling| telling.position));
    }
}

/// What must be told between two positions, both left out.
fn next(page: &Page, after: i64, below: i64) -> impl Iterator<Item = &Telling> {
    let from = page.tellings.partition_point(|telling| telling.position <= after);
    page.tellings[from..].iter().take_while(move |telling| telling.position < below)
}
