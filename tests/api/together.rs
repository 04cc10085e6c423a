//! Events that were committed together are told together, and each is still a message of its own.

use crate::support::stream::{Said, Subscriber};
use crate::support::wire::frame;
use crate::support::world::Organization;
use crate::support::{Caller, Harness};
use http_body_util::BodyExt;
use hyper::body::{Buf, Bytes, Incoming};
use partner_service::grpc::pb::{self, MemberEventKind::MemberAdded};
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;
use prost::Message;
use std::collections::BTreeSet;

/// Few enough for one frame.
const PEOPLE: usize = 40;
/// Less than one event takes.
const NARROW: u32 = 100;

impl Harness {
    /// Registers so many in one change; their events.
    async fn hires_together(&self, of: &Organization) -> Vec<Said> {
        let email = |number| of.address(format_args!("p{number}"));
        let person = |number| pb::Member {
            email: email(number),
            display_name: email(number),
            ..Default::default()
        };
        let request = pb::BatchRegisterMembersRequest {
            account_id: of.id.clone(),
            members: (0..PEOPLE).map(person).collect(),
            ..Default::default()
        };
        self.operator().accounts.batch_register_members(request).await.unwrap();
        (0..PEOPLE).map(|number| Said::Event(MemberAdded, email(number))).collect()
    }
}

fn from_now(account_id: &str) -> pb::WatchMembersRequest {
    pb::WatchMembersRequest {
        account_id: account_id.to_owned(),
        start: Some(Start::Now(())),
        ..Default::default()
    }
}

/// The next DATA frame, and the messages in it.
async fn next_frame(body: &mut Incoming) -> Vec<pb::WatchMembersResponse> {
    let frame = body.frame().await.expect("the stream goes on").expect("a frame");
    let mut bytes: Bytes = frame.into_data().expect("data");
    let mut messages = Vec::new();
    while bytes.has_remaining() {
        assert_eq!(bytes.get_u8(), 0, "not compressed");
        let length = bytes.get_u32() as usize;
        let message = pb::WatchMembersResponse::decode(bytes.split_to(length));
        messages.push(message.expect("a message"));
    }
    messages
}

#[tokio::test]
async fn what_was_committed_at_once_leaves_in_one_frame_with_a_token_for_each_event() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let body = frame(&from_now(&a.id).encode_to_vec());
    let headers = [("x-member-id", a.boss.id.as_str())];
    let mut told = harness.send("MemberSyncService/WatchMembers", &headers, body).await.into_body();
    let greeting = next_frame(&mut told).await;
    assert!(matches!(greeting[0].payload, Some(Payload::Heartbeat(_))), "{greeting:?}");

    harness.hires_together(&b).await;
    let messages = next_frame(&mut told).await;
    assert_eq!(messages.len(), PEOPLE);
    let first = messages[0].position;
    for (message, position) in messages.iter().zip(first..) {
        let Some(Payload::Event(event)) = &message.payload else { panic!("an event") };
        assert_eq!((message.position, event.position), (position, position));
        assert!(message.server_time.is_some());
    }
    let tokens: BTreeSet<_> = messages.iter().map(|message| &message.resume_token).collect();
    assert_eq!(tokens.len(), PEOPLE);
}

#[tokio::test]
async fn p2_each_token_in_the_middle_resumes_right_after_its_event() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    let events = harness.hires_together(&b).await;
    for told in 1..PEOPLE {
        assert_eq!(stream.said(1).await, events[told - 1..told]);
        let mut again = a.resumes(&stream.token).await.unwrap();
        assert_eq!(again.said(PEOPLE - told).await, events[told..]);
    }
}

#[tokio::test]
async fn p8_a_narrow_reader_gets_all_of_it_in_pieces() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let narrow = harness.narrow(NARROW).await;
    let mut by: Caller = Harness::over(&narrow, &[("x-member-id", a.boss.id.clone())]);
    let opened = by.sync.watch_members(from_now(&a.id)).await.unwrap();
    let mut stream = Subscriber::of(opened.into_inner());
    let events = harness.hires_together(&b).await;
    assert_eq!(stream.said(PEOPLE).await, events);
}
