//! Who is invited by mail, in which language, with which link, and how often (L2, L3, I9, I11, I13, I14, I16, M4).

use crate::calls::{DAY, HOUR};
use crate::support::letters::Letter;
use crate::support::postbox::LINK_BASE;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::domain::mail::MailKind;
use partner_service::grpc::pb::{self, MemberProfile as Profile};
use pb::ReceivePolicy;

/// The kinds of everything ever written, oldest first.
pub async fn kinds(harness: &Harness) -> Vec<MailKind> {
    harness.outbox().await.into_iter().map(|row| row.kind).collect()
}

pub async fn speaks(harness: &Harness, member: &pb::Member, locale: &str) {
    let member = pb::Member { id: member.id.clone(), locale: locale.to_owned(), ..member.clone() };
    let request = pb::UpdateMemberRequest {
        account_id: member.account_id.clone(),
        update_mask: Some(prost_types::FieldMask { paths: vec!["locale".to_owned()] }),
        member: Some(member),
        ..Default::default()
    };
    harness.operator().accounts.update_member(request).await.unwrap();
}

#[tokio::test]
async fn l2_an_invitation_is_written_once_to_its_addressee_member_or_not() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.colleague(&b, "second@bo.example", Profile::Administrator).await;
    let clerk = harness.colleague(&b, "clerk@bo.example", Profile::Observer).await;
    a.invites(&clerk.email()).await.unwrap();
    a.invites("nobody@else.example").await.unwrap();
    let letters = harness.letters().await;
    let to: Vec<&str> = letters.iter().map(Letter::to).collect();
    assert_eq!(to, ["clerk@bo.example", "nobody@else.example"]);
    assert!(letters.iter().all(|letter| letter.secret(LINK_BASE).is_some()));
    assert!(letters.iter().all(|letter| letter.text.contains("ann")), "it names the sender");
    assert_eq!(kinds(&harness).await, [MailKind::Invitation; 2]);
}

#[tokio::test]
async fn l3_a_letter_is_in_its_recipients_language_and_in_english_where_none_is_known() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let mut expected = Vec::new();
    for (number, (locale, language)) in
        [("sv-FI", "sv"), ("fr", "fr"), ("nl_BE", "nl"), ("ko-KR", "ko"), ("de", "en"), ("", "en")]
            .into_iter()
            .enumerate()
    {
        let email = format!("p{number}@bo.example");
        let member = harness.register(&b.id, &email, Profile::Observer).await.unwrap();
        speaks(&harness, &member, locale).await;
        a.invites(&email).await.unwrap();
        expected.push((email, language.to_owned()));
    }
    a.invites("nobody@else.example").await.unwrap();
    expected.push(("nobody@else.example".to_owned(), "en".to_owned()));
    let letters = harness.letters().await;
    let found: Vec<_> =
        letters.iter().map(|one| (one.to().to_owned(), one.language().to_owned())).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn l2_a_member_is_written_to_at_its_own_address_however_the_sender_spelled_it() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.register(&b.id, "stra\u{df}e@bo.example", Profile::Observer).await.unwrap();
    a.invites("STRASSE@bo.example").await.unwrap();
    assert_eq!(harness.outbox().await[0].recipient, "stra\u{df}e@bo.example");
}

#[tokio::test]
async fn i11_an_invitation_that_is_sent_again_is_written_again_with_another_link() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    let id = a.invites("nobody@else.example").await.unwrap().id;
    let first = harness.letters().await;
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    let second = harness.letters().await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].secret(LINK_BASE), second[0].secret(LINK_BASE));
    assert_ne!(first[0].message_id(), second[0].message_id());
}

#[tokio::test]
async fn i14_m4_who_is_not_let_in_does_not_reach_the_person_by_mail_either() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    b.prefer(b.preferences(ReceivePolicy::AllowExcept, &[&a])).await.unwrap();
    harness.suspend(&c).await;
    let denied = a.invites(&b.email()).await.unwrap().id;
    let suspended = a.invites(&c.email()).await.unwrap().id;
    harness.clock.advance(HOUR);
    a.resends(&denied).await.unwrap();
    a.resends(&suspended).await.unwrap();
    assert!(harness.outbox().await.is_empty());
    harness.resume(&c).await;
    harness.clock.advance(HOUR);
    a.resends(&suspended).await.unwrap();
    assert_eq!(harness.written_to().await, [c.email()]);
}

#[tokio::test]
async fn i9_an_invitation_that_binds_later_is_written_then_unless_it_was_when_it_was_sent() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    a.invites("later@cy.example").await.unwrap();
    assert_eq!(harness.written_to().await, ["later@cy.example"]);
    harness.register(&c.id, "later@cy.example", Profile::Observer).await.unwrap();
    assert!(harness.written_to().await.is_empty(), "it was written when it was sent");

    let clerk = harness.colleague(&b, "clerk@bo.example", Profile::Observer).await;
    b.prefer(b.preferences(ReceivePolicy::DenyAll, &[])).await.unwrap();
    a.invites(&clerk.email()).await.unwrap();
    assert!(harness.written_to().await.is_empty());
    harness.moves(&clerk.boss, &c).await;
    assert_eq!(harness.written_to().await, [clerk.email()], "its first account kept it from them");
    harness.close(&c).await;
    let d = harness.organization("di").await;
    harness.register(&d.id, &clerk.email(), Profile::Observer).await.unwrap();
    assert!(harness.written_to().await.is_empty(), "bound again, written to once");
}

#[tokio::test]
async fn i13_an_address_gets_so_many_letters_a_day_and_nobody_notices_what_goes_beyond() {
    let harness = Harness::start().await;
    let mut senders = Vec::new();
    for number in 0..6 {
        senders.push(harness.organization(&format!("s{number}")).await);
    }
    let mut steps = Vec::new();
    for sender in &senders {
        let head = harness.head().await;
        let row = sender.invites("Some@One.example").await.unwrap();
        steps.push((harness.head().await - head, row.state(), row.allowed_actions));
    }
    assert!(steps.iter().all(|step| *step == steps[0]), "{steps:?}");
    senders[0].invites("other@one.example").await.unwrap();
    assert_eq!(harness.written_to().await.len(), 5 + 1);
    harness.clock.advance(DAY);
    let id = senders[5].list().await[0].id.clone();
    senders[5].resends(&id).await.unwrap();
    assert_eq!(harness.written_to().await, ["Some@one.example"], "another day");
}

#[tokio::test]
async fn i13_letters_sent_at_the_same_time_are_counted_one_by_one() {
    let limits = Limits { mails_per_recipient: 3, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let mut senders = Vec::new();
    for number in 0..8 {
        senders.push(harness.organization(&format!("s{number}")).await);
    }
    let sent = senders.iter().map(|sender| sender.invites("some@one.example"));
    let answers = futures::future::join_all(sent).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(harness.outbox().await.len(), 3);
}

#[tokio::test]
async fn i9_i17_an_invitation_leaves_as_many_log_positions_whoever_is_or_is_not_written_to() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    c.prefer(c.preferences(ReceivePolicy::DenyAll, &[])).await.unwrap();
    let mut seen = Vec::new();
    for email in [b.email(), c.email(), "nobody@else.example".to_owned()] {
        let head = harness.head().await;
        let id = a.invites(&email).await.unwrap().id;
        let invited = harness.head().await - head;
        harness.letters().await;
        harness.clock.advance(HOUR);
        a.resends(&id).await.unwrap();
        let row = a.sees(&id).await.unwrap();
        seen.push((
            invited,
            harness.head().await - head,
            row.etag,
            row.state,
            row.expire_time.is_some(),
        ));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

#[tokio::test]
async fn i16_a_dry_run_writes_to_nobody_and_uses_nothing_up() {
    let limits = Limits { mails_per_recipient: 1, ..Limits::default() };
    let harness = Harness::with(Options { limits, ..Options::default() }).await;
    let (a, b) = harness.strangers().await;
    let dry = pb::InvitePartnerRequest { validate_only: true, ..a.invitation(&b.email()) };
    a.invite(dry).await.unwrap();
    assert!(harness.outbox().await.is_empty());
    let id = a.invites(&b.email()).await.unwrap().id;
    let dry = pb::AcceptPartnershipRequest { validate_only: true, ..b.acceptance(&id) };
    b.accept(dry).await.unwrap();
    assert_eq!(kinds(&harness).await, [MailKind::Invitation]);
}

#[tokio::test]
async fn l2_a_repeated_request_writes_nothing_twice() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let once =
        pb::InvitePartnerRequest { request_id: "once".to_owned(), ..a.invitation(&b.email()) };
    a.invite(once.clone()).await.unwrap();
    a.invite(once).await.unwrap();
    assert_eq!(kinds(&harness).await, [MailKind::Invitation]);
}
