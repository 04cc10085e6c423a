//! What one subscriber received, in order, with its cuts and resumes.

use partner_service::grpc::pb;
use uuid::Uuid;

/// Where a stream was asked to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Snapshot,
    Now,
    /// With the token of the message that is this entry of the record.
    Resume(usize),
}

/// One thing that happened to a subscriber.
#[derive(Clone, Debug)]
pub enum Entry {
    Opened {
        start: Start,
        min_position: i64,
        replica: usize,
    },
    Message(Box<pb::WatchMembersResponse>),
    /// Cut by the subscriber, or ended by the service with a reason.
    Closed {
        reason: Option<String>,
    },
    /// ListContacts answered these MEMBER contacts while the log's head was this.
    Listed {
        position: i64,
        contacts: Vec<pb::Contact>,
    },
}

/// A subscriber's whole life.
#[derive(Clone, Debug)]
pub struct Record {
    pub name: String,
    pub viewer: Uuid,
    pub entries: Vec<Entry>,
    /// Everything up to here must have been told by the end of the last stream; `None` when that was cut.
    pub complete_to: Option<i64>,
}

impl Record {
    /// A subscriber that has seen nothing.
    pub fn new(name: impl Into<String>, viewer: Uuid) -> Self {
        Self { name: name.into(), viewer, entries: Vec::new(), complete_to: None }
    }

    /// Adds what happened; its index.
    pub fn push(&mut self, entry: Entry) -> usize {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    /// Adds a message; its index.
    pub fn message(&mut self, message: pb::WatchMembersResponse) -> usize {
        self.push(Entry::Message(Box::new(message)))
    }

    /// The token of a message.
    pub fn token(&self, index: usize) -> &str {
        match &self.entries[index] {
            Entry::Message(message) => &message.resume_token,
            other => panic!("entry {index} of {} is no message: {other:?}", self.name),
        }
    }

    /// The indices of all messages.
    pub fn messages(&self) -> Vec<usize> {
        let message =
            |(index, entry): (usize, &Entry)| matches!(entry, Entry::Message(_)).then_some(index);
        self.entries.iter().enumerate().filter_map(message).collect()
    }

    /// The indices of messages after which a reader is inside a snapshot, or was sent a contact.
    pub fn inside(&self) -> Vec<usize> {
        use pb::watch_members_response::Payload;
        let is_inside = |index: &usize| match &self.entries[*index] {
            Entry::Message(message) => match message.payload.as_ref() {
                Some(Payload::SnapshotBegin(_) | Payload::Contact(_)) => true,
                Some(Payload::Event(event)) => {
                    event.kind() == pb::MemberEventKind::PartnerActivated
                }
                _ => false,
            },
            _ => false,
        };
        self.messages().into_iter().filter(is_inside).collect()
    }

    /// The last message.
    pub fn last_message(&self) -> Option<usize> {
        self.entries.iter().rposition(|entry| matches!(entry, Entry::Message(_)))
    }
}

/// How far a message says that everything has been told; none inside a snapshot.
pub fn reached(message: &pb::WatchMembersResponse) -> Option<i64> {
    use pb::watch_members_response::Payload;
    match message.payload.as_ref()? {
        Payload::Synced(synced) => Some(synced.position),
        Payload::Heartbeat(heartbeat) => Some(heartbeat.position),
        // an activation's sub-snapshot is still to come
        Payload::Event(event) if event.kind() != pb::MemberEventKind::PartnerActivated => {
            Some(event.position)
        }
        Payload::Event(_) | Payload::SnapshotBegin(_) | Payload::Contact(_) => None,
    }
}
