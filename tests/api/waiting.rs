//! Invitations that reach nobody yet: the sender cannot tell, and they bind when their person appears (I9).

use crate::calls::{refusal, why};
use crate::support::Harness;
use crate::support::world::Organization;
use partner_service::grpc::pb::{self, MemberProfile, PartnershipState as State, ReceivePolicy};

/// Everything the sender can learn of an invitation, made comparable: ids and the address it typed itself are blanked.
#[derive(Debug, PartialEq)]
struct Told {
    answer: pb::Partnership,
    got: pb::Partnership,
    listed: pb::Partnership,
    audit: Vec<pb::AuditEntry>,
    log_positions: i64,
    twice: (String, Vec<String>, String),
    dry_run: pb::Partnership,
}

fn blanked(mut seen: pb::Partnership) -> pb::Partnership {
    assert!(!seen.etag.is_empty() && seen.update_time.is_some());
    seen.id.clear();
    seen.invitee_email.clear();
    seen
}

async fn told_of(harness: &Harness, sender: &Organization, email: &str) -> Told {
    let dry = pb::InvitePartnerRequest { validate_only: true, ..sender.invitation(email) };
    let dry_run = sender.invite(dry).await.unwrap().partnership.unwrap();
    let before = harness.head().await;
    let answer = sender.invite(sender.invitation(email)).await.unwrap();
    assert_eq!(answer.position, harness.head().await);
    let partnership = answer.partnership.unwrap();
    let id = partnership.id.clone();
    let again = refusal(sender.invites(email).await);
    let mut audit = sender.audit_of(&id).await;
    for entry in &mut audit {
        entry.id.clear();
        entry.partnership_id.clear();
    }
    Told {
        got: blanked(sender.sees(&id).await.unwrap()),
        listed: blanked(sender.list().await.remove(0)),
        answer: blanked(partnership),
        audit,
        log_positions: answer.position - before,
        twice: (again.reason, again.metadata.into_keys().collect(), again.message.replace(&id, "")),
        dry_run: blanked(dry_run),
    }
}

#[tokio::test]
async fn i9_i14_m4_the_sender_is_told_the_same_of_a_known_person_and_of_those_it_does_not_reach() {
    let harness = Harness::start().await;
    let (a, known) = harness.strangers().await;
    let suspended = harness.organization("suspended").await;
    harness.suspend(&suspended).await;
    let denying = harness.organization("denying").await;
    denying.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let blocking = harness.organization("blocking").await;
    blocking.lets_in(ReceivePolicy::AllowExcept, &[&a]).await;
    let closed = harness.organization("closed").await;
    harness.close(&closed).await;
    let removed = harness.colleague(&known, "removed@bo.example", MemberProfile::Observer).await;
    harness.removes(&removed.boss).await;

    let expected = told_of(&harness, &a, &known.email()).await;
    assert_eq!(expected.answer.state(), State::AwaitingApproval);
    assert_eq!(expected.log_positions, 1);
    for address in [
        "nobody@nowhere.example".to_owned(),
        suspended.email(),
        denying.email(),
        blocking.email(),
        closed.email(),
        removed.email(),
    ] {
        assert_eq!(told_of(&harness, &a, &address).await, expected, "{address}");
    }
    assert_eq!(known.list().await.len(), 1);
    assert!(denying.list().await.is_empty());
    assert!(blocking.list().await.is_empty());
    harness.resume(&suspended).await;
    assert!(suspended.list().await.is_empty());
}

#[tokio::test]
async fn i9_resending_tells_the_same_of_a_known_and_an_unknown_person() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let ids = [b.email(), "nobody@nowhere.example".to_owned()];
    let mut told = Vec::new();
    for email in ids {
        let id = a.invites(&email).await.unwrap().id;
        harness.clock.advance(crate::calls::HOUR);
        let before = harness.head().await;
        let answer = a.resend(a.resending(&id)).await.unwrap();
        let seen = answer.partnership.unwrap();
        assert_eq!(a.sees(&id).await.unwrap(), seen);
        let times = (seen.create_time.take_some(), seen.update_time.take_some());
        let seen =
            pb::Partnership { create_time: None, update_time: None, expire_time: None, ..seen };
        told.push((blank(seen), times.1 - times.0, answer.position - before, a.story(&id).await));
    }
    assert_eq!(told[0], told[1]);
}

fn blank(mut seen: pb::Partnership) -> pb::Partnership {
    seen.id.clear();
    seen.invitee_email.clear();
    seen
}

trait Seconds {
    fn take_some(&self) -> i64;
}

impl Seconds for Option<prost_types::Timestamp> {
    fn take_some(&self) -> i64 {
        self.as_ref().expect("the time is set").seconds
    }
}

#[tokio::test]
async fn i9_registering_binds_what_waited_from_every_sender_in_any_spelling() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let first = a.invites("Newcomer@BO.example").await.unwrap().id;
    let second = c.invites("newcomer@bo.example").await.unwrap().id;
    assert!(b.list().await.is_empty());

    harness.register(&b.id, "NEWCOMER@bo.example", MemberProfile::Visitor).await.unwrap();
    for id in [&first, &second] {
        assert_eq!(b.shown(id).await, Some(State::Pending));
    }
    b.accepts(&first).await.unwrap();
    assert_eq!(a.shown(&first).await, Some(State::Active));
    assert_eq!(c.shown(&second).await, Some(State::AwaitingApproval));
}

#[tokio::test]
async fn i9_a_changed_address_binds_what_waited_for_it() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("new.name@bo.example").await.unwrap().id;
    harness.readdresses(&b.boss, "new.name@bo.example").await;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i9_a_person_who_moves_takes_what_waited_for_it_to_the_new_home() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let denying = harness.organization("denying").await;
    denying.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let person = harness.colleague(&denying, "person@x.example", MemberProfile::Observer).await;
    let id = a.invites(&person.email()).await.unwrap().id;
    assert_eq!(denying.shown(&id).await, None);
    harness.moves(&person.boss, &b).await;
    assert_eq!(b.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i4_i9_an_invitation_to_a_person_who_joins_the_senders_account_is_canceled_silently() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    let id = a.invites("newcomer@ann.example").await.unwrap().id;
    harness.register(&a.id, "newcomer@ann.example", MemberProfile::Observer).await.unwrap();
    assert_eq!(a.shown(&id).await, None);
    assert_eq!(why(a.invites("newcomer@ann.example").await), "SELF_INVITATION");
}

#[tokio::test]
async fn i5_i9_an_invitation_to_a_person_who_joins_a_partner_is_canceled_silently() {
    let harness = Harness::start().await;
    let (a, b, partnership) = harness.partners("ann", "bo").await;
    let theirs = b.invites("newcomer@ann.example").await.unwrap().id;
    let ours = a.invites("newcomer@bo.example").await.unwrap().id;
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    harness.register(&a.id, "newcomer@ann.example", MemberProfile::Observer).await.unwrap();
    for side in [&a, &b] {
        assert_eq!(side.shown(&ours).await, None);
        assert_eq!(side.shown(&theirs).await, None);
        assert_eq!(side.shown(&partnership).await, Some(State::Active));
    }
}

#[tokio::test]
async fn i7_i9_an_invitation_to_a_person_who_joins_an_account_that_invited_us_is_canceled_silently()
{
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let ours = a.invites("newcomer@bo.example").await.unwrap().id;
    let theirs = b.invites(&a.email()).await.unwrap().id;
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    assert_eq!(a.shown(&ours).await, None);
    assert_eq!(b.shown(&ours).await, None);
    assert_eq!(a.shown(&theirs).await, Some(State::Pending));
}

#[tokio::test]
async fn i9_i14_what_an_account_does_not_let_in_keeps_waiting_when_the_person_appears() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("newcomer@bo.example").await.unwrap().id;
    b.lets_in(ReceivePolicy::DenyAll, &[]).await;
    let person = harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await;
    assert_eq!(a.shown(&id).await, Some(State::AwaitingApproval));
    assert_eq!(b.shown(&id).await, None);

    // letting everybody in again binds nothing by itself; another home does
    b.lets_in(ReceivePolicy::AllowAll, &[]).await;
    assert_eq!(b.shown(&id).await, None);
    let c = harness.organization("cy").await;
    harness.moves(&person.unwrap(), &c).await;
    assert_eq!(c.shown(&id).await, Some(State::Pending));
}

#[tokio::test]
async fn i9_m4_what_a_suspended_account_would_get_keeps_waiting_when_the_person_appears() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("newcomer@bo.example").await.unwrap().id;
    harness.suspend(&b).await;
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    harness.resume(&b).await;
    assert_eq!(b.shown(&id).await, None);
    assert_eq!(a.shown(&id).await, Some(State::AwaitingApproval));
}

#[tokio::test]
async fn i9_i10_an_overdue_invitation_no_longer_binds() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.invites("newcomer@bo.example").await.unwrap().id;
    harness.clock.advance(30 * crate::calls::DAY);
    harness.register(&b.id, "newcomer@bo.example", MemberProfile::Observer).await.unwrap();
    assert_eq!(b.shown(&id).await, None);
    assert_eq!(a.shown(&id).await, Some(State::Expired));
}

#[tokio::test]
async fn m5_what_a_closed_account_had_received_waits_for_its_person_again_unchanged_for_the_sender()
{
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let id = a.invites(&b.email()).await.unwrap().id;
    let before = (a.sees(&id).await.unwrap(), a.list().await, a.audit().await);
    harness.clock.advance(crate::calls::HOUR);
    harness.close(&b).await;
    assert_eq!((a.sees(&id).await.unwrap(), a.list().await, a.audit().await), before);
    harness.register(&c.id, &b.email(), MemberProfile::Observer).await.unwrap();
    assert_eq!(c.shown(&id).await, Some(State::Pending));
}
