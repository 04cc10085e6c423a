//! Input out of bounds below the message's fields: positions, sizes, bytes, deadlines.

use crate::support::refusal::{Refusal, refused};
use crate::support::wire::frame;
use crate::support::{Harness, Options};
use futures::FutureExt;
use futures::future::BoxFuture;
use partner_service::backend::{Pause, PausePoint};
use partner_service::grpc::pb;
use prost::Message;
use std::sync::Arc;
use std::time::Duration;
use tonic::Code;

const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[tokio::test]
async fn min_position_is_neither_negative_nor_beyond_the_head() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let head = harness.head().await;
    let mut by = ann.by.clone();
    for (position, expected) in [
        (0, ""),
        (1, ""),
        (head, ""),
        (-1, "FIELD_INVALID"),
        (i64::MIN, "FIELD_INVALID"),
        (head + 1, "POSITION_UNKNOWN"),
        (i64::MAX, "POSITION_UNKNOWN"),
    ] {
        let get = pb::GetAccountRequest { account_id: ann.id.clone(), min_position: position };
        let list = pb::ListPartnershipsRequest {
            account_id: ann.id.clone(),
            min_position: position,
            ..Default::default()
        };
        let get = by.accounts.get_account(get).await.map(|_| ());
        let list = by.partners.list_partnerships(list).await.map(|_| ());
        for answer in [get, list] {
            let refusal = answer.err().map(|status| Refusal::of(&status));
            assert_eq!(
                refusal.as_ref().map_or("", |refusal| &refusal.reason),
                expected,
                "{position}"
            );
            match refusal {
                Some(refusal) if expected == "POSITION_UNKNOWN" => {
                    assert_eq!(
                        (refusal.code, refusal.preconditions),
                        (Code::FailedPrecondition, 1)
                    );
                    assert_eq!(refusal.metadata["head_position"], head.to_string());
                }
                Some(refusal) => assert_eq!(refusal.fields, ["min_position"]),
                None => {}
            }
        }
    }
}

#[tokio::test]
async fn a_request_larger_than_256_kib_is_refused_as_such() {
    let harness = Harness::start().await;
    let ann = harness.organization("ann").await;
    let invite = |bytes: usize| pb::InvitePartnerRequest {
        account_id: ann.id.clone(),
        message: "x".repeat(bytes),
        ..Default::default()
    };
    let mut by = ann.by.clone().partners;
    let refusal = refused(by.invite_partner(invite(300 * 1024)).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!(refusal.metadata["limit_bytes"], (256 * 1024).to_string());
    assert!(refusal.retry_after.is_some() && !refusal.request_id.is_empty());
    let refusal = refused(by.invite_partner(invite(255 * 1024)).await);
    assert_eq!(refusal.reason, "FIELD_INVALID");
    // a length that announces more than follows, or more than there can be
    let announced = [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3].to_vec();
    let status = harness.post("AccountService/GetAccount", &[], announced).await;
    assert_eq!(Refusal::of(&status).reason, "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn bytes_that_are_no_message_of_the_call_are_refused_as_such() {
    let harness = Harness::start().await;
    let get =
        pb::GetAccountRequest { account_id: NOBODY.to_owned(), min_position: 0 }.encode_to_vec();
    let compressed = [&[1][..], &frame(&get)[1..]].concat();
    for (what, body) in [
        ("a tag without a value", frame(&[0x0a])),
        ("a length beyond the end", frame(&[0x0a, 0x7f, b'x'])),
        ("a string that is not UTF-8", frame(&[0x0a, 0x02, 0xff, 0xfe])),
        ("a field of another type", frame(&[0x08, 0x01])),
        ("a field number of zero", frame(&[0x02, 0x00])),
        ("an endless varint", frame(&[0xff; 16])),
        ("text", frame(b"GET / HTTP/1.1")),
        ("a frame cut short", frame(&get)[..20].to_vec()),
        ("a frame that says it is compressed", compressed),
        ("no frame at all", Vec::new()),
    ] {
        let status = harness.post("AccountService/GetAccount", &[], body).await;
        let refusal = Refusal::of(&status);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::InvalidArgument, "MESSAGE_MALFORMED"),
            "{what}"
        );
        assert!(!refusal.request_id.is_empty());
    }
    // fields that this version does not know are no fault
    let newer = [&get[..], &[0xf8, 0x06, 0x01]].concat();
    let status = harness.post("AccountService/GetAccount", &[], frame(&newer)).await;
    assert_eq!(Refusal::of(&status).reason, "RESOURCE_NOT_FOUND");
}

/// Holds every change before its commit, for ever.
struct Never;

impl Pause for Never {
    fn reach(&self, point: PausePoint) -> BoxFuture<'_, ()> {
        match point {
            PausePoint::BeforeCommit => std::future::pending().boxed(),
            PausePoint::BeforeHead | PausePoint::AfterHead => std::future::ready(()).boxed(),
        }
    }
}

#[tokio::test]
async fn a_deadline_that_passes_is_told_as_such_and_leaves_nothing_behind() {
    let options = Options { pause: Some(Arc::new(Never)), ..Default::default() };
    let harness = Harness::with(options).await;
    let head = harness.head().await;
    let account = pb::Account { display_name: "ann".to_owned(), ..Default::default() };
    let create =
        pb::CreateAccountRequest { account: Some(account), ..Default::default() }.encode_to_vec();
    for timeout in ["0n", "1n", "1u", "50m"] {
        let headers = [("grpc-timeout", timeout)];
        let calling = harness.post("AccountService/CreateAccount", &headers, frame(&create));
        let status = tokio::time::timeout(Duration::from_secs(20), calling)
            .await
            .expect("an answer in time");
        let refusal = Refusal::of(&status);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::DeadlineExceeded, "DEADLINE"),
            "{timeout}"
        );
        assert_eq!(harness.head().await, head);
    }
}

#[tokio::test]
async fn a_call_keeps_the_id_that_its_caller_gave_it_in_errors_too() {
    let harness = Harness::start().await;
    let named = harness.caller(&[("x-request-id", "trace-7".to_owned())]);
    let request = pb::GetAccountRequest { account_id: NOBODY.to_owned(), ..Default::default() };
    assert_eq!(refused(named.clone().accounts.get_account(request).await).request_id, "trace-7");
    let status =
        harness.post("AccountService/GetAccount", &[("x-request-id", "trace-8")], vec![1]).await;
    assert_eq!(Refusal::of(&status).request_id, "trace-8");
}
