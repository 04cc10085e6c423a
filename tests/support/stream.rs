//! A subscriber of WatchMembers, and what it was told, in words that tests compare.

use super::world::Organization;
use partner_service::grpc::pb;
use partner_service::grpc::pb::watch_members_request::Start;
use partner_service::grpc::pb::watch_members_response::Payload;
use std::time::Duration;
use tonic::{Status, Streaming};

/// Longer than anything takes where all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
pub struct Subscriber {
    messages: Streaming<pb::WatchMembersResponse>,
    /// The last token received.
    pub token: String,
}

/// A message, told shortly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Begin,
    /// Of whom, and with what link.
    Contact(String, pb::ContactLink),
    /// Of which partner; empty for everybody.
    Synced(String),
    /// What, and about whom.
    Event(pb::MemberEventKind, String),
}

impl Organization {
    /// WatchMembers as the administrator.
    pub async fn watches(&self, start: Option<Start>) -> Result<Subscriber, Status> {
        let request = pb::WatchMembersRequest {
            account_id: self.id.clone(),
            start,
            heartbeat_interval: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
            min_position: 0,
        };
        let messages = self.by.clone().sync.watch_members(request).await?.into_inner();
        Ok(Subscriber { messages, token: String::new() })
    }

    /// The same, after a token.
    pub async fn resumes(&self, token: &str) -> Result<Subscriber, Status> {
        self.watches(Some(Start::ResumeToken(token.to_owned()))).await
    }
}

impl Subscriber {
    /// A subscriber to a stream that is open already.
    pub fn of(messages: Streaming<pb::WatchMembersResponse>) -> Self {
        Self { messages, token: String::new() }
    }

    /// The next message of any kind; `None` at the end.
    pub async fn message(&mut self) -> Result<Option<pb::WatchMembersResponse>, Status> {
        let message = tokio::time::timeout(PATIENCE, self.messages.message());
        let message = message.await.expect("a message, the end, or a heartbeat, comes in time")?;
        if let Some(message) = &message {
            assert!(!message.resume_token.is_empty(), "every message carries a token");
            assert!(message.server_time.is_some(), "every message tells the time");
            self.token.clone_from(&message.resume_token);
        }
        Ok(message)
    }

    /// The next message that is no heartbeat.
    pub async fn next(&mut self) -> Result<Option<Said>, Status> {
        while let Some(message) = self.message().await? {
            let said = match message.payload.expect("every message says something") {
                Payload::Heartbeat(_) => continue,
                Payload::SnapshotBegin(_) => Said::Begin,
                Payload::Contact(contact) => Said::Contact(contact.email.clone(), contact.link()),
                Payload::Synced(synced) => Said::Synced(synced.partner_account_id),
                Payload::Event(event) => {
                    let subject = event.member.clone().map(|member| member.email);
                    Said::Event(event.kind(), subject.unwrap_or(event.partner_account_id))
                }
            };
            return Ok(Some(said));
        }
        Ok(None)
    }

    /// The next so many messages that are no heartbeats.
    pub async fn said(&mut self, count: usize) -> Vec<Said> {
        let mut said = Vec::new();
        while said.len() < count {
            said.push(self.next().await.expect("the stream goes on").expect("more messages"));
        }
        said
    }

    /// Waits for a heartbeat at or beyond a position; nothing else may come.
    pub async fn is_quiet_until(&mut self, position: i64) -> pb::Heartbeat {
        loop {
            let message = self.message().await.expect("the stream goes on").expect("a message");
            match message.payload {
                Some(Payload::Heartbeat(beat)) if beat.position >= position => return beat,
                Some(Payload::Heartbeat(_)) => {}
                other => panic!("something was told: {other:?}"),
            }
        }
    }

    /// Waits for the end, and why it came.
    pub async fn end(&mut self) -> Status {
        loop {
            match self.next().await {
                Err(status) => return status,
                Ok(Some(_)) => {}
                Ok(None) => panic!("a stream does not end without a reason"),
            }
        }
    }
}
