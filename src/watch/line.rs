//! A message as a line: proto3 JSON, by the service's own description, so that a new field is printed as it comes.

use crate::grpc::pb;
use prost::Message;
use prost_reflect::{DescriptorError, DescriptorPool, DynamicMessage, MessageDescriptor};

const MESSAGE: &str = "partner.v1.WatchMembersResponse";

/// What makes lines.
pub struct Line(MessageDescriptor);

/// A message that no line can be made of.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("{0}")]
    Message(#[from] prost::DecodeError),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl Line {
    pub fn new() -> Result<Self, DescriptorError> {
        let pool = DescriptorPool::decode(pb::DESCRIPTORS)?;
        Ok(Self(pool.get_message_by_name(MESSAGE).expect("the stream's message is described")))
    }

    /// The message with the end of its line.
    pub fn of(&self, message: &pb::WatchMembersResponse) -> Result<Vec<u8>, LineError> {
        let message = DynamicMessage::decode(self.0.clone(), message.encode_to_vec().as_slice())?;
        let mut text = serde_json::to_vec(&message)?;
        text.push(b'\n');
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pb::watch_members_response::Payload;

    fn line(payload: Payload) -> String {
        let message = pb::WatchMembersResponse {
            resume_token: "token".to_owned(),
            server_time: Some(prost_types::Timestamp { seconds: 1_894_708_800, nanos: 5_000_000 }),
            payload: Some(payload),
            position: 7,
        };
        let text = Line::new().expect("described").of(&message).expect("a line");
        String::from_utf8(text).expect("UTF-8")
    }

    /// What scripts read: changing a name here breaks them.
    #[test]
    fn lines_are_proto3_json_and_their_names_stay() {
        const HEAD: &str = r#"{"resumeToken":"token","serverTime":"2030-01-15T12:00:00.005Z","#;
        let position = 7;
        let member = pb::PartnerMember {
            id: "m".to_owned(),
            home_account_id: "b".to_owned(),
            email: "bo@b.example".to_owned(),
            display_name: "Bo \"\n".to_owned(),
            state: pb::MemberState::Active.into(),
            ..Default::default()
        };
        let event = pb::MemberEvent {
            event_id: "e".to_owned(),
            position,
            kind: pb::MemberEventKind::MemberAdded.into(),
            partner_account_id: "b".to_owned(),
            member: Some(member),
            ..Default::default()
        };
        let ended = pb::MemberEvent {
            kind: pb::MemberEventKind::PartnerEnded.into(),
            ended_contacts: pb::EndedContacts::Purged.into(),
            ..Default::default()
        };
        let contact = pb::Contact {
            home_account_id: "b".to_owned(),
            member_id: "m".to_owned(),
            link: pb::ContactLink::Synced.into(),
            ..Default::default()
        };
        let lag = Some(prost_types::Duration { seconds: 0, nanos: 40_000_000 });
        for (payload, expected) in [
            (
                Payload::SnapshotBegin(pb::SnapshotBegin { position }),
                r#""snapshotBegin":{"position":"7"}"#,
            ),
            (
                Payload::Contact(contact),
                r#""contact":{"homeAccountId":"b","memberId":"m","link":"CONTACT_LINK_SYNCED"}"#,
            ),
            (
                Payload::Synced(pb::Synced { position, partner_account_id: "b".to_owned() }),
                r#""synced":{"position":"7","partnerAccountId":"b"}"#,
            ),
            (
                Payload::Event(event),
                r#""event":{"eventId":"e","position":"7","kind":"MEMBER_EVENT_KIND_MEMBER_ADDED","partnerAccountId":"b","member":{"id":"m","homeAccountId":"b","email":"bo@b.example","displayName":"Bo \"\n","state":"MEMBER_STATE_ACTIVE"}}"#,
            ),
            (
                Payload::Event(ended),
                r#""event":{"kind":"MEMBER_EVENT_KIND_PARTNER_ENDED","endedContacts":"ENDED_CONTACTS_PURGED"}"#,
            ),
            (
                Payload::Heartbeat(pb::Heartbeat { position, lag }),
                r#""heartbeat":{"position":"7","lag":"0.040s"}"#,
            ),
        ] {
            assert_eq!(line(payload), format!("{HEAD}{expected},\"position\":\"7\"}}\n"));
        }
    }
}
