//! `--catch-up`: when everything that had happened by a certain position is printed.

use crate::grpc::pb;
use pb::watch_members_response::Payload;

/// A position to come to, outside any snapshot.
pub struct Goal {
    position: i64,
    is_within_snapshot: bool,
}

impl Goal {
    pub fn at(position: i64) -> Self {
        Self { position, is_within_snapshot: false }
    }

    /// Whether nothing up to the goal is missing after this message.
    pub fn is_reached_by(&mut self, message: &pb::WatchMembersResponse) -> bool {
        let come_to = match &message.payload {
            Some(Payload::SnapshotBegin(_)) => {
                self.is_within_snapshot = true;
                None
            }
            Some(Payload::Synced(synced)) => {
                self.is_within_snapshot = false;
                Some(synced.position)
            }
            Some(Payload::Event(event)) => {
                self.is_within_snapshot = event.kind() == pb::MemberEventKind::PartnerActivated;
                Some(event.position)
            }
            Some(Payload::Heartbeat(beat)) => Some(beat.position),
            Some(Payload::Contact(_)) | None => None,
        };
        !self.is_within_snapshot && come_to.is_some_and(|position| position >= self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(payloads: impl IntoIterator<Item = Payload>) -> Vec<bool> {
        let mut goal = Goal::at(7);
        let message =
            |payload| pb::WatchMembersResponse { payload: Some(payload), ..Default::default() };
        payloads.into_iter().map(|payload| goal.is_reached_by(&message(payload))).collect()
    }

    fn beat(position: i64) -> Payload {
        Payload::Heartbeat(pb::Heartbeat { position, lag: None })
    }

    fn event(position: i64, kind: pb::MemberEventKind) -> Payload {
        Payload::Event(pb::MemberEvent { position, kind: kind.into(), ..Default::default() })
    }

    fn synced(position: i64) -> Payload {
        Payload::Synced(pb::Synced { position, ..Default::default() })
    }

    #[test]
    fn events_heartbeats_and_snapshots_come_to_a_position() {
        let added = pb::MemberEventKind::MemberAdded;
        assert_eq!(reached([event(6, added), event(7, added)]), [false, true]);
        assert_eq!(reached([event(3, added), beat(6), beat(8)]), [false, false, true]);
        let begin = Payload::SnapshotBegin(pb::SnapshotBegin { position: 7 });
        let contact = Payload::Contact(pb::Contact::default());
        assert_eq!(reached([begin, contact, synced(7)]), [false, false, true]);
    }

    #[test]
    fn a_sign_of_life_within_a_snapshot_is_no_end() {
        let begin = Payload::SnapshotBegin(pb::SnapshotBegin { position: 9 });
        assert_eq!(reached([begin, beat(9), synced(9)]), [false, false, true]);
        let activated = event(7, pb::MemberEventKind::PartnerActivated);
        assert_eq!(reached([activated, beat(7), synced(7)]), [false, false, true]);
    }
}
