//! A consumer that never goes back: whatever token it resumes from, it goes on with everything it holds, and what it has
//! seen before changes nothing.

use super::judge::Known;
use super::place::Place;
use partner_service::client;
use partner_service::grpc::pb;
use pb::watch_members_response::Payload;

/// What it holds.
#[derive(Clone, Default)]
pub struct Keeper {
    pub consumer: client::Contacts,
    /// The highest position of which it holds something, since a snapshot gave it a beginning.
    position: Option<i64>,
    /// A snapshot of everything began, and has not been completed: what is held is half the old and half the new.
    torn: bool,
}

impl Keeper {
    /// What happens before the next stream begins it never learns.
    pub fn skip(&mut self) {
        self.position = None;
    }

    /// Goes on after a token, with what it holds if that reaches beyond the token; otherwise with what belongs to the
    /// token, as after a snapshot that was given up, or that an earlier position followed.
    pub fn resume(&mut self, known: &Known) {
        let Place::After { position, inside } = &known.reader.place else { return };
        let within_all = inside.as_ref().is_some_and(|inside| inside.partner.is_none());
        let beyond = self.position.is_some_and(|highest| highest > *position);
        if beyond && !self.torn && !within_all {
            return;
        }
        let grounded = known.grounded && !within_all;
        let position = grounded.then_some(*position);
        *self = Self { consumer: known.consumer.clone(), position, torn: within_all };
    }

    /// Takes a message in; the position to compare at, if it holds everything up to there and nothing later.
    pub fn take(
        &mut self,
        message: &pb::WatchMembersResponse,
        synced: bool,
        settled: Option<i64>,
    ) -> Option<i64> {
        self.consumer.apply(message);
        self.torn |= matches!(message.payload, Some(Payload::SnapshotBegin(_)));
        if synced {
            (self.position, self.torn) = (settled, false);
        }
        let highest = self.position?;
        self.position = Some(highest.max(message.position));
        let beat = matches!(message.payload, Some(Payload::Heartbeat(_)));
        settled.filter(|settled| *settled >= highest && !beat && !self.torn)
    }
}
