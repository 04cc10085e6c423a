//! The stream, and member events.

use super::enums::Wire;
use super::{contact, length, span, time};
use crate::domain::event::{Body, EventKind, MemberFact};
use crate::domain::ids::AccountId;
use crate::domain::sync::{Details, Telling};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::feed::entry::{EndedContacts, Entry};
use crate::feed::token::ResumeToken;
use crate::grpc::fields::Fields;
use crate::grpc::pb;
use crate::sync::events::Page;
use crate::sync::message::{Message, Said};
use crate::sync::start::Start;
use bytes::{BufMut, Bytes};
use pb::watch_members_request::Start as Asked;
use pb::watch_members_response::Payload;
use prost::Message as _;
use std::sync::Arc;
use std::time::Duration;

const USUAL_HEARTBEAT: Duration = Duration::from_secs(20);
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(60);

/// What is asked for; the token is judged after the fields.
pub struct Ask {
    pub token: String,
    pub size: usize,
}

/// A stream that is asked for; its token is judged after the fields.
pub struct Following {
    pub start: Asked,
    pub heartbeat: Duration,
    pub min_position: i64,
}

pub fn watch(
    fields: &mut Fields,
    body: pb::WatchMembersRequest,
    shortest_heartbeat: Duration,
) -> Following {
    let pb::WatchMembersRequest { account_id: _, start, heartbeat_interval, min_position } = body;
    fields.min_position(min_position);
    let heartbeat = heartbeat_interval.map_or(Some(USUAL_HEARTBEAT), length);
    let heartbeat =
        heartbeat.filter(|span| (shortest_heartbeat..=LONGEST_HEARTBEAT).contains(span));
    if heartbeat.is_none() {
        fields.bad("heartbeat_interval", "must be from 1 s to 60 s");
    }
    Following {
        start: start.unwrap_or(Asked::Snapshot(())),
        heartbeat: heartbeat.unwrap_or(USUAL_HEARTBEAT),
        min_position,
    }
}

impl Following {
    /// Where to begin.
    pub fn start(&self) -> Result<Start, Error> {
        Ok(match &self.start {
            Asked::Snapshot(()) => Start::Snapshot,
            Asked::Now(()) => Start::Now,
            Asked::ResumeToken(token) => Start::Token(ResumeToken::open(token)?),
        })
    }
}

/// A message as it goes over the wire, or several; of events, the same bytes for everybody who is told the same of them.
pub fn framed(viewer: AccountId, now: Timestamp, message: Message) -> Bytes {
    let Message { token, said } = message;
    let response = |token: ResumeToken, payload| pb::WatchMembersResponse {
        resume_token: token.seal(),
        server_time: Some(time(now)),
        payload: Some(payload),
        position: token.position,
    };
    let position = token.position;
    let payload = match said {
        Said::Events(stretch, telling) => {
            let details = details_of(telling);
            return stretch.bytes(viewer, details, |entry, bytes| {
                let place =
                    ResumeToken { snapshot: token.snapshot, ..entry.place.token(token.log) };
                let payload = Payload::Event(event(viewer, entry, telling));
                frame(&response(place, payload), bytes);
            });
        }
        Said::SnapshotBegin => Payload::SnapshotBegin(pb::SnapshotBegin { position }),
        Said::Contact(view) => Payload::Contact(contact::shown(*view)),
        Said::Synced(partner) => Payload::Synced(pb::Synced {
            position,
            partner_account_id: partner.map(|id| id.to_string()).unwrap_or_default(),
        }),
        Said::Heartbeat { lag } => {
            Payload::Heartbeat(pb::Heartbeat { position, lag: Some(span(lag)) })
        }
    };
    let mut bytes = Vec::new();
    frame(&response(token, payload), &mut bytes);
    bytes.into()
}

/// Adds a message as gRPC frames it: not compressed, its length, its bytes.
fn frame(message: &pb::WatchMembersResponse, bytes: &mut Vec<u8>) {
    let message = message.encode_to_vec();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.len()).expect("a message is shorter than 4 GiB"));
    bytes.extend(message);
}

pub fn list(fields: &mut Fields, body: pb::ListMemberEventsRequest) -> Ask {
    let pb::ListMemberEventsRequest { account_id: _, resume_token, page_size, min_position: _ } =
        body;
    Ask {
        token: resume_token,
        size: usize::try_from(fields.page_size(page_size)).unwrap_or(usize::MAX),
    }
}

pub fn page(viewer: AccountId, page: Page) -> pb::ListMemberEventsResponse {
    let Page { events, token, has_more } = page;
    let event = |(entry, telling): (Arc<Entry>, Telling)| event(viewer, &entry, telling);
    pb::ListMemberEventsResponse {
        events: events.into_iter().map(event).collect(),
        resume_token: token.seal(),
        has_more,
    }
}

fn event(viewer: AccountId, entry: &Entry, telling: Telling) -> pb::MemberEvent {
    let (partner, partnership) = match telling {
        Telling::Member(partner, _) | Telling::Restored(partner, _) | Telling::Updated(partner) => {
            (partner, None)
        }
        Telling::Activated(partner, id) | Telling::Ended(partner, id) => (partner, Some(id)),
    };
    pb::MemberEvent {
        event_id: entry.place.event.to_string(),
        position: entry.place.position,
        kind: self::kind(entry.kind).into(),
        partner_account_id: partner.to_string(),
        partnership_id: partnership.map(|id| id.to_string()).unwrap_or_default(),
        member: match &entry.body {
            Body::Member(fact) => Some(partner_member(partner, fact, details_of(telling))),
            Body::Partnership(_) | Body::Contact(_) | Body::Share(_) | Body::Empty {} => None,
        },
        commit_time: Some(time(entry.at)),
        ended_contacts: match entry.ended_contacts(viewer) {
            None => pb::EndedContacts::Unspecified,
            Some(EndedContacts::Detached) => pb::EndedContacts::Detached,
            Some(EndedContacts::RemovedAtSource) => pb::EndedContacts::RemovedAtSource,
            Some(EndedContacts::Purged) => pb::EndedContacts::Purged,
        }
        .into(),
    }
}

fn details_of(telling: Telling) -> Details {
    match telling {
        Telling::Member(_, details) => details,
        Telling::Activated(..)
        | Telling::Ended(..)
        | Telling::Updated(_)
        | Telling::Restored(..) => Details::Withheld,
    }
}

/// What a partner sees; phone, title and locale while these are shared with it (C10).
fn partner_member(home: AccountId, fact: &MemberFact, details: Details) -> pb::PartnerMember {
    let MemberFact { membership: _, member, email, display_name, state, phone, title, locale } =
        fact;
    let detail = |text: &String| match details {
        Details::Shown => text.clone(),
        Details::Withheld => String::new(),
    };
    pb::PartnerMember {
        id: member.to_string(),
        home_account_id: home.to_string(),
        email: email.clone(),
        display_name: display_name.clone(),
        state: state.to_wire(),
        phone: detail(phone),
        title: detail(title),
        locale: detail(locale),
    }
}

fn kind(kind: EventKind) -> pb::MemberEventKind {
    match kind {
        EventKind::MemberAdded => pb::MemberEventKind::MemberAdded,
        EventKind::MemberUpdated => pb::MemberEventKind::MemberUpdated,
        EventKind::MemberDeactivated => pb::MemberEventKind::MemberDeactivated,
        EventKind::MemberReactivated => pb::MemberEventKind::MemberReactivated,
        EventKind::MemberRemoved => pb::MemberEventKind::MemberRemoved,
        EventKind::PartnerActivated => pb::MemberEventKind::PartnerActivated,
        EventKind::PartnerEnded => pb::MemberEventKind::PartnerEnded,
        EventKind::ItemShared | EventKind::ItemUnshared => pb::MemberEventKind::PartnerUpdated,
        // nobody is told of these
        EventKind::LogOpened
        | EventKind::LogImported
        | EventKind::AccountCreated
        | EventKind::AccountUpdated
        | EventKind::AccountSuspended
        | EventKind::AccountResumed
        | EventKind::AccountClosed
        | EventKind::MemberPrivatelyUpdated
        | EventKind::PartnershipChanged
        | EventKind::PreferencesUpdated
        | EventKind::AgreementPublished
        | EventKind::AgreementAccepted
        | EventKind::GuestCreated
        | EventKind::GuestDeleted
        | EventKind::ContactSuppressed
        | EventKind::ContactRestored
        | EventKind::ProviderProfileUpdated
        | EventKind::InquirySent
        | EventKind::SharedItemUpdated => pb::MemberEventKind::Unspecified,
    }
}
