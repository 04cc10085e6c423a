//! ListMails and RetryMail: the outbox, for operators.

use crate::calls::{HOUR, refusal, why};
use crate::support::Harness;
use crate::support::postbox::round;
use crate::support::sink::Sink;
use partner_service::grpc::pb::{self, MailKind, MailState};
use partner_service::mail::store::{Depth, depth, forget_old};
use std::time::Duration;
use tonic::Status;
use uuid::Uuid;

async fn list(harness: &Harness, states: &[MailState]) -> Vec<pb::Mail> {
    let states = states.iter().map(|state| (*state).into()).collect();
    let request = pb::ListMailsRequest { states, ..Default::default() };
    harness.operator().mails.list_mails(request).await.unwrap().into_inner().mails
}

async fn retry(harness: &Harness, id: &str) -> Result<pb::RetryMailResponse, Status> {
    let request = pb::RetryMailRequest { mail_id: id.to_owned(), ..Default::default() };
    Ok(harness.operator().mails.retry_mail(request).await?.into_inner())
}

/// A service with one mail that its server refused.
async fn refused() -> (Harness, Sink, pb::Mail) {
    let (harness, sink) = (Harness::start().await, Sink::start().await);
    let (a, _) = harness.strangers().await;
    sink.knows_no("gone@else.example");
    a.invites("gone@else.example").await.unwrap();
    round(&mut harness.worker_to(&sink)).await;
    let failed = list(&harness, &[MailState::Failed]).await;
    let [mail] = &failed[..] else { panic!("one failed: {failed:?}") };
    (harness, sink, mail.clone())
}

#[tokio::test]
async fn l2_operators_list_mails_newest_first_with_what_became_of_them() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let waiting = list(&harness, &[]).await;
    let [mail] = &waiting[..] else { panic!("one mail: {waiting:?}") };
    assert_eq!((mail.kind(), mail.state()), (MailKind::Invitation, MailState::Queued));
    assert_eq!((&*mail.recipient, &*mail.language), ("boss@bo.example", "en"));
    assert_eq!((&*mail.partnership_id, &*mail.message_id), (&*id, ""));
    assert!(mail.next_attempt_time.is_some() && mail.send_time.is_none());
    let letters = harness.letters().await;
    b.accepts(&id).await.unwrap();
    let both = list(&harness, &[]).await;
    assert_eq!(
        both.iter().map(pb::Mail::kind).collect::<Vec<_>>(),
        [MailKind::Acceptance, MailKind::Invitation]
    );
    let sent = list(&harness, &[MailState::Sent]).await;
    assert_eq!((sent.len(), &*sent[0].message_id), (1, letters[0].message_id()));
    assert_eq!((sent[0].attempts, sent[0].send_time.is_some()), (1, true));
    assert_ne!(sent[0].etag, mail.etag);
    assert_eq!(list(&harness, &[MailState::Queued, MailState::Sent]).await.len(), 2);
}

#[tokio::test]
async fn l2_mails_come_by_page_each_once() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    for number in 0..7 {
        a.invites(&format!("p{number}@else.example")).await.unwrap();
    }
    let mut request = pb::ListMailsRequest { page_size: 3, ..Default::default() };
    let mut met = Vec::new();
    loop {
        let answer =
            harness.operator().mails.list_mails(request.clone()).await.unwrap().into_inner();
        met.extend(answer.mails.into_iter().map(|mail| mail.recipient));
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
        // a newcomer moves nothing
        a.invites(&format!("new{}@else.example", met.len())).await.unwrap();
    }
    let expected: Vec<_> = (0..7).rev().map(|number| format!("p{number}@else.example")).collect();
    assert_eq!(met, expected);
    let other = pb::ListMailsRequest { states: vec![MailState::Sent.into()], ..request };
    assert_eq!(why(harness.operator().mails.list_mails(other).await), "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn m2_only_operators_see_mails_or_have_them_tried_again() {
    let (harness, _sink, mail) = refused().await;
    let boss = harness.organization("cy").await;
    let mut by = boss.by.clone().mails;
    assert_eq!(why(by.list_mails(pb::ListMailsRequest::default()).await), "OPERATOR_REQUIRED");
    let request = pb::RetryMailRequest { mail_id: mail.id, ..Default::default() };
    assert_eq!(why(by.retry_mail(request).await), "OPERATOR_REQUIRED");
}

#[tokio::test]
async fn l2_a_mail_that_failed_is_tried_again_under_the_same_message_id() {
    let (harness, sink, failed) = refused().await;
    assert_eq!(
        (failed.attempts, &*failed.last_error),
        (1, "the server answered RCPT TO with 550 5.1.1")
    );
    let head = harness.head().await;
    let answer = retry(&harness, &failed.id).await.unwrap();
    assert_eq!((answer.position, harness.head().await), (head, head));
    let queued = answer.mail.unwrap();
    assert_eq!((queued.state(), queued.attempts), (MailState::Queued, 0));
    assert_eq!(queued.message_id, failed.message_id);
    sink.calms_down();
    round(&mut harness.worker_to(&sink)).await;
    assert_eq!(sink.received()[0].to, ["gone@else.example"]);
    let sent = list(&harness, &[MailState::Sent]).await;
    assert_eq!((&*sent[0].message_id, &*sent[0].last_error), (&*failed.message_id, ""));
}

#[tokio::test]
async fn l2_only_a_mail_that_failed_can_be_tried_again() {
    let (harness, sink, failed) = refused().await;
    let unknown = refusal(retry(&harness, &Uuid::now_v7().to_string()).await);
    assert_eq!(
        (&*unknown.reason, &*unknown.metadata["resource_type"]),
        ("RESOURCE_NOT_FOUND", "mail")
    );
    retry(&harness, &failed.id).await.unwrap();
    let again = refusal(retry(&harness, &failed.id).await);
    assert_eq!((&*again.reason, &*again.metadata["state"]), ("MAIL_NOT_RETRYABLE", "QUEUED"));
    sink.calms_down();
    round(&mut harness.worker_to(&sink)).await;
    let sent = refusal(retry(&harness, &failed.id).await);
    assert_eq!((&*sent.metadata["state"], &*sent.metadata["mail_id"]), ("SENT", &*failed.id));
}

#[tokio::test]
async fn l2_trying_again_keeps_to_etag_request_id_and_dry_runs() {
    let (harness, _sink, failed) = refused().await;
    let mut by = harness.operator().mails;
    let request = pb::RetryMailRequest { mail_id: failed.id.clone(), ..Default::default() };
    let stale = pb::RetryMailRequest { etag: "v0".to_owned(), ..request.clone() };
    assert_eq!(why(by.retry_mail(stale).await), "ETAG_MISMATCH");
    let dry = pb::RetryMailRequest { validate_only: true, ..request.clone() };
    let told = by.retry_mail(dry).await.unwrap().into_inner();
    assert_eq!(list(&harness, &[MailState::Failed]).await, std::slice::from_ref(&failed));
    let once = pb::RetryMailRequest { etag: failed.etag, request_id: "once".to_owned(), ..request };
    let first = by.retry_mail(once.clone()).await.unwrap().into_inner();
    assert_eq!(first, told);
    assert_eq!(by.retry_mail(once.clone()).await.unwrap().into_inner(), first);
    let other = pb::RetryMailRequest { etag: String::new(), ..once };
    assert_eq!(why(by.retry_mail(other).await), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn the_outbox_tells_how_much_waits_and_since_when() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    assert_eq!(depth(&harness.backend).await.unwrap(), Depth::default());
    a.invites("one@else.example").await.unwrap();
    harness.clock.advance(HOUR);
    a.invites("two@else.example").await.unwrap();
    let waiting = Depth { waiting: 2, oldest: HOUR };
    assert_eq!(depth(&harness.backend).await.unwrap(), waiting);
    harness.letters().await;
    assert_eq!(depth(&harness.backend).await.unwrap(), Depth::default());
}

#[tokio::test]
async fn mails_that_are_done_with_are_forgotten_after_sixty_days_and_others_are_not() {
    let (harness, sink, failed) = refused().await;
    let a = harness.organization("cy").await;
    a.invites("one@else.example").await.unwrap();
    let sixty_days = 60 * Duration::from_secs(24 * 60 * 60);
    harness.clock.advance(sixty_days);
    forget_old(&harness.backend).await.unwrap();
    assert_eq!(list(&harness, &[]).await.len(), 2);
    harness.clock.advance(Duration::from_secs(1));
    forget_old(&harness.backend).await.unwrap();
    let left = list(&harness, &[]).await;
    assert_eq!(left.iter().map(pb::Mail::state).collect::<Vec<_>>(), [MailState::Queued]);
    assert_eq!(why(retry(&harness, &failed.id).await), "RESOURCE_NOT_FOUND");
    drop(sink);
}
