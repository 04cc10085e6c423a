//! Where several refusals of an invitation apply, the first of I1, I4, I5, I6, I7, I8, I13 answers (I15). Each test makes
//! two of them true at once, and then takes the first away to show that the second was true too.

use crate::calls::why;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::Limits;
use partner_service::grpc::pb::MemberProfile;

/// A service whose accounts may send only so many invitations a day.
async fn with_daily(invitations_per_day: u64) -> Harness {
    let limits = Limits { invitations_per_day, ..Limits::default() };
    Harness::with(Options { limits, ..Options::default() }).await
}

async fn observer(harness: &Harness, of: &Organization, email: &str) -> Organization {
    harness.colleague(of, email, MemberProfile::Observer).await
}

#[tokio::test]
async fn i15_the_missing_capability_answers_before_every_other_refusal() {
    let harness = with_daily(1).await;
    let (a, b) = harness.strangers().await;
    let clerk = observer(&harness, &a, "clerk@ann.example").await;
    a.invites(&b.email()).await.unwrap();
    for (address, otherwise) in [
        (a.email(), "SELF_INVITATION"),
        (b.email(), "DUPLICATE_INVITATION"),
        ("new@c.example".to_owned(), "INVITATIONS_PER_DAY"),
    ] {
        assert_eq!(why(clerk.invites(&address).await), "MANAGE_PARTNERS_REQUIRED");
        assert_eq!(why(a.invites(&address).await), otherwise);
    }
}

#[tokio::test]
async fn i15_self_invitation_answers_before_duplicate() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let person = observer(&harness, &b, "person@bo.example").await;
    a.invites(&person.email()).await.unwrap();
    harness.moves(&person.boss, &a).await;
    assert_eq!(why(a.invites(&person.email()).await), "SELF_INVITATION");
    harness.removes(&moved(&person, &a)).await;
    assert_eq!(why(a.invites(&person.email()).await), "DUPLICATE_INVITATION");
}

#[tokio::test]
async fn i15_self_invitation_answers_before_a_block() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let person = observer(&harness, &b, "person@bo.example").await;
    let id = a.invites(&person.email()).await.unwrap().id;
    b.rejects(&id).await.unwrap();
    harness.moves(&person.boss, &a).await;
    assert_eq!(why(a.invites(&person.email()).await), "SELF_INVITATION");
    harness.removes(&moved(&person, &a)).await;
    assert_eq!(why(a.invites(&person.email()).await), "REINVITE_BLOCKED");
}

#[tokio::test]
async fn i15_being_partners_answers_before_duplicate() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let person = observer(&harness, &c, "person@cy.example").await;
    a.invites(&person.email()).await.unwrap();
    harness.moves(&person.boss, &b).await;
    assert_eq!(why(a.invites(&person.email()).await), "ALREADY_PARTNERS");
    a.deletes(&id).await.unwrap();
    assert_eq!(why(a.invites(&person.email()).await), "DUPLICATE_INVITATION");
}

#[tokio::test]
async fn i15_being_partners_answers_before_a_block() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let person = observer(&harness, &c, "person@cy.example").await;
    let refused = a.invites(&person.email()).await.unwrap().id;
    c.rejects(&refused).await.unwrap();
    harness.moves(&person.boss, &b).await;
    assert_eq!(why(a.invites(&person.email()).await), "ALREADY_PARTNERS");
    a.deletes(&id).await.unwrap();
    assert_eq!(why(a.invites(&person.email()).await), "REINVITE_BLOCKED");
}

#[tokio::test]
async fn i15_duplicate_answers_before_an_incoming_invitation() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    let person = observer(&harness, &c, "person@cy.example").await;
    let mine = a.invites(&person.email()).await.unwrap().id;
    harness.moves(&person.boss, &b).await;
    b.invites(&a.email()).await.unwrap();
    assert_eq!(why(a.invites(&person.email()).await), "DUPLICATE_INVITATION");
    a.deletes(&mine).await.unwrap();
    assert_eq!(why(a.invites(&person.email()).await), "INCOMING_INVITATION_PENDING");
}

#[tokio::test]
async fn i15_an_incoming_invitation_answers_before_a_block() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let refused = a.invites(&b.email()).await.unwrap().id;
    b.rejects(&refused).await.unwrap();
    let theirs = b.invites(&a.email()).await.unwrap().id;
    assert_eq!(why(a.invites(&b.email()).await), "INCOMING_INVITATION_PENDING");
    b.deletes(&theirs).await.unwrap();
    assert_eq!(why(a.invites(&b.email()).await), "REINVITE_BLOCKED");
}

#[tokio::test]
async fn i15_every_other_refusal_answers_before_the_quota() {
    let harness = with_daily(3).await;
    let (a, b) = harness.strangers().await;
    let (c, d) = (harness.organization("cy").await, harness.organization("di").await);
    let e = harness.organization("ed").await;
    let partners = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&partners).await.unwrap();
    let blocking = a.invites(&c.email()).await.unwrap().id;
    c.rejects(&blocking).await.unwrap();
    d.invites(&a.email()).await.unwrap();
    a.invites("open@nowhere.example").await.unwrap();

    for (address, reason) in [
        (e.email(), "INVITATIONS_PER_DAY"),
        (a.email(), "SELF_INVITATION"),
        (b.email(), "ALREADY_PARTNERS"),
        ("open@nowhere.example".to_owned(), "DUPLICATE_INVITATION"),
        (d.email(), "INCOMING_INVITATION_PENDING"),
        (c.email(), "REINVITE_BLOCKED"),
    ] {
        assert_eq!(why(a.invites(&address).await), reason, "{address}");
    }
}

/// The member as the directory knows it after the move.
fn moved(person: &Organization, to: &Organization) -> partner_service::grpc::pb::Member {
    let mut member = person.boss.clone();
    member.account_id = to.id.clone();
    member
}
