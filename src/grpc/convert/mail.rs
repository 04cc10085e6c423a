//! Mails.

use super::enums::Wire;
use super::time;
use crate::account::etag;
use crate::domain::ids::MailId;
use crate::domain::mail::MailState;
use crate::entity::mail;
use crate::grpc::fields::Fields;
use crate::grpc::page::Cursor;
use crate::grpc::pb;
use crate::mail::compose::message_id;
use uuid::Uuid;

pub fn list(fields: &mut Fields, body: pb::ListMailsRequest) -> Vec<MailState> {
    let pb::ListMailsRequest { states, page_size: _, page_token: _, min_position: _ } = body;
    fields.many("states", &states)
}

/// A mail, and the etag the caller knows.
pub struct Target {
    pub id: MailId,
    pub etag: String,
}

pub fn retry(fields: &mut Fields, body: pb::RetryMailRequest) -> Target {
    let pb::RetryMailRequest { mail_id, etag, request_id: _, validate_only: _ } = body;
    Target { id: fields.id("mail_id", &mail_id), etag }
}

pub fn shown(row: mail::Model) -> pb::Mail {
    let message_id = message_id(&row).unwrap_or_default();
    let mail::Model {
        id,
        kind,
        state,
        recipient,
        language,
        letter: _,
        partnership_id,
        sending: _,
        message_domain: _,
        attempts,
        due_at,
        lease: _,
        last_error,
        version,
        created_at,
        queued_at: _,
        updated_at,
        sent_at,
    } = row;
    pb::Mail {
        id: id.to_string(),
        kind: kind.to_wire(),
        state: state.to_wire(),
        recipient,
        language,
        partnership_id: partnership_id.map(|id| id.to_string()).unwrap_or_default(),
        message_id,
        attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
        last_error,
        next_attempt_time: due_at.filter(|_| state == MailState::Queued).map(time),
        create_time: Some(time(created_at)),
        update_time: Some(time(updated_at)),
        send_time: sent_at.map(time),
        etag: etag(version),
    }
}

impl Cursor for MailId {
    fn to_bytes(self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }
}
