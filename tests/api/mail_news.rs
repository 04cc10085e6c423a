//! Who is told by mail what became of an invitation, a partnership, its roles and an inquiry (L2, D3, I10, M5, P3, T7, V2, X).

use crate::calls::DAY;
use crate::mail_rules::{kinds, speaks};
use crate::offers::Offer;
use crate::support::Harness;
use crate::support::letters::Letter;
use crate::support::postbox::LINK_BASE;
use crate::support::world::Organization;
use partner_service::domain::mail::MailKind;
use partner_service::grpc::pb::{
    self, AdminRole, MemberProfile as Profile, PartnershipType as Kind,
};

#[tokio::test]
async fn d3_a_rejection_is_told_to_the_inviter() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    harness.colleague(&a, "second@ann.example", Profile::Administrator).await;
    speaks(&harness, &a.boss, "fr").await;
    let id = a.invites(&b.email()).await.unwrap().id;
    harness.letters().await;
    b.reject(b.rejection(&id, "Perhaps another time.")).await.unwrap();
    let letters = harness.letters().await;
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    assert_eq!((letter.to(), letter.language()), ("boss@ann.example", "fr"));
    for told in ["boss@bo.example", "Perhaps another time."] {
        assert!(letter.text.contains(told), "{told}: {}", letter.text);
    }
    // V2: nothing of the recipient but the address that was typed
    for secret in [&b.id, &b.boss.id] {
        assert!(!letter.text.contains(secret.as_str()) && !letter.html.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn v2_a_rejection_names_the_address_as_typed_and_nothing_else_of_the_recipient() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    let secretive = harness.organization("quite-secretive").await;
    let who = harness.register(&secretive.id, "x@y.example", Profile::Administrator).await.unwrap();
    let id = a.invites("X@Y.example").await.unwrap().id;
    let decider = Organization { by: harness.member(&who.id), ..secretive };
    decider.rejects(&id).await.unwrap();
    let rows = harness.outbox().await;
    let rejection = rows.iter().find(|row| row.kind == MailKind::Rejection).unwrap();
    assert!(rejection.letter.contains("X@Y.example"));
    for hidden in ["x@y.example", "secretive", "boss@"] {
        assert!(!rejection.letter.contains(hidden), "{hidden}: {}", rejection.letter);
    }
}

#[tokio::test]
async fn l2_of_an_inviter_who_is_gone_the_senders_managers_hear_of_a_rejection() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    harness.colleague(&a, "clerk@ann.example", Profile::Observer).await;
    for (number, gone) in ["deactivated", "removed", "moved", "operator"].into_iter().enumerate() {
        let email = format!("inviter{number}@ann.example");
        let inviter = harness.colleague(&a, &email, Profile::Administrator).await;
        let person = harness
            .colleague(&b, &format!("person{number}@bo.example"), Profile::Administrator)
            .await;
        let by = if gone == "operator" { harness.operator() } else { inviter.by.clone() };
        let inviting = Organization { by, ..a.clone() };
        let id = inviting.invites(&person.email()).await.unwrap().id;
        harness.letters().await;
        match gone {
            "deactivated" => drop(harness.deactivate(&inviter.boss).await.unwrap()),
            "moved" => harness.moves(&inviter.boss, &c).await,
            _ => harness.removes(&inviter.boss).await,
        }
        person.rejects(&id).await.unwrap();
        assert_eq!(harness.written_to().await, ["boss@ann.example"], "{gone}");
    }
}

#[tokio::test]
async fn l2_managers_are_those_who_may_manage_partners_now() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    let manage = |granted: Option<bool>, email: &str, profile: Profile| pb::Member {
        email: email.to_owned(),
        profile: profile.into(),
        manage_partners: granted,
        ..Default::default()
    };
    for member in [
        manage(Some(true), "granted@bo.example", Profile::Visitor),
        manage(Some(false), "withheld@bo.example", Profile::Administrator),
        manage(None, "bills@bo.example", Profile::BillingAdministrator),
        manage(None, "supervisor@bo.example", Profile::Supervisor),
        manage(Some(true), "asleep@bo.example", Profile::Administrator),
    ] {
        let request = pb::RegisterMemberRequest {
            account_id: b.id.clone(),
            member: Some(member.clone()),
            ..Default::default()
        };
        let answer = harness.operator().accounts.register_member(request).await.unwrap();
        if member.email == "asleep@bo.example" {
            harness.deactivate(&answer.into_inner().member.unwrap()).await.unwrap();
        }
    }
    harness.letters().await;
    a.deletes(&id).await.unwrap();
    let expected = ["bills@bo.example", "boss@bo.example", "granted@bo.example"];
    assert_eq!(harness.written_to().await, expected);
}

#[tokio::test]
async fn l2_an_acceptance_is_told_to_the_inviter_and_to_nobody_else() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let second = harness.colleague(&a, "second@ann.example", Profile::Administrator).await;
    let first = a.invites(&b.email()).await.unwrap().id;
    harness.letters().await;
    b.accepts(&first).await.unwrap();
    let letters = harness.letters().await;
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    assert_eq!(letter.to(), "boss@ann.example");
    assert!(letter.text.contains("bo"), "it names the new partner: {}", letter.text);
    let c = harness.organization("cy").await;
    let other = second.invites(&c.email()).await.unwrap().id;
    harness.letters().await;
    harness.removes(&second.boss).await;
    c.accepts(&other).await.unwrap();
    assert!(harness.written_to().await.is_empty(), "that inviter is gone");
}

#[tokio::test]
async fn x_an_ending_is_told_to_the_managers_of_the_side_that_did_not_end_it() {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    harness.colleague(&b, "second@bo.example", Profile::Administrator).await;
    harness.letters().await;
    a.deletes(&id).await.unwrap();
    assert_eq!(harness.written_to().await, ["boss@bo.example", "second@bo.example"]);
    let again = a.invites(&b.email()).await.unwrap().id;
    b.accepts(&again).await.unwrap();
    harness.letters().await;
    b.deletes(&again).await.unwrap();
    assert_eq!(harness.written_to().await, ["boss@ann.example"]);
    assert_eq!(kinds(&harness).await.last(), Some(&MailKind::Ending));
}

#[tokio::test]
async fn m5_partners_of_an_account_that_closes_hear_of_it_and_the_account_itself_does_not() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    let to_us = c.invites(&a.email()).await.unwrap().id;
    a.accepts(&to_us).await.unwrap();
    let pending = harness.organization("di").await;
    a.invites(&pending.email()).await.unwrap();
    pending.offers(&a, Offer::of(Kind::Reseller)).await.unwrap();
    harness.letters().await;
    harness.close(&a).await;
    assert_eq!(harness.written_to().await, [b.email(), c.email()]);
}

#[tokio::test]
async fn x_d2_what_is_undone_before_it_is_decided_hidden_or_superseded_tells_nobody() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let other = harness.colleague(&b, "other@bo.example", Profile::Observer).await;
    let canceled = a.invites(&b.email()).await.unwrap().id;
    let declined = a.invites(&other.email()).await.unwrap().id;
    harness.letters().await;
    a.deletes(&canceled).await.unwrap();
    b.deletes(&declined).await.unwrap();
    a.deletes(&declined).await.unwrap();
    assert!(harness.written_to().await.is_empty(), "canceled, declined, hidden");

    let rejected = a.invites(&other.email()).await.unwrap().id;
    b.rejects(&rejected).await.unwrap();
    let lost = a.invites("third@bo.example").await.unwrap().id;
    let won = a.invites(&b.email()).await.unwrap().id;
    harness.letters().await;
    a.deletes(&rejected).await.unwrap();
    b.deletes(&rejected).await.unwrap();
    assert!(harness.written_to().await.is_empty(), "hidden");
    harness.register(&b.id, "third@bo.example", Profile::Observer).await.unwrap();
    b.accepts(&won).await.unwrap();
    assert!(a.sees(&lost).await.is_err(), "superseded");
    assert_eq!(harness.written_to().await, ["boss@ann.example"], "the acceptance alone");
}

#[tokio::test]
async fn i10_an_invitation_that_expires_tells_nobody() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.invites(&b.email()).await.unwrap();
    harness.letters().await;
    harness.clock.advance(30 * DAY);
    assert_eq!(harness.sweep().await, 1);
    assert!(harness.written_to().await.is_empty());
}

#[tokio::test]
async fn i5_a_renewal_is_an_acceptance_and_no_ending() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(Kind::Advisor)).await;
    b.takes_roles_of(&id).await.unwrap();
    harness.letters().await;
    let again = a.offers(&b, Offer::of(Kind::Advisor)).await.unwrap().id;
    assert_eq!(harness.written_to().await, ["boss@bo.example"]);
    b.accepts(&again).await.unwrap();
    assert_eq!(harness.written_to().await, ["boss@ann.example"]);
    assert_eq!(kinds(&harness).await.last(), Some(&MailKind::Acceptance));
}

#[tokio::test]
async fn t7_both_sides_are_warned_of_the_end_of_roles_three_times_and_not_told_when_it_comes() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let offer = Offer::of(Kind::Advisor).with(&[AdminRole::PasswordAdmin]).lasting(40 * DAY);
    a.provides(&b, offer).await;
    harness.letters().await;
    let mut day = 0;
    for (at, warned) in [(9, false), (10, true), (33, true), (39, true), (40, false), (41, false)] {
        harness.clock.advance(DAY * (at - day));
        day = at;
        harness.sweep_roles().await;
        let expected: &[&str] = if warned { &["boss@ann.example", "boss@bo.example"] } else { &[] };
        assert_eq!(harness.written_to().await, expected, "day {at}");
    }
    let rows = harness.outbox().await;
    let warnings: Vec<serde_json::Value> = rows
        .iter()
        .filter(|row| row.kind == MailKind::RoleExpiry)
        .map(|row| serde_json::from_str(&row.letter).unwrap())
        .collect();
    let left: Vec<_> = warnings.iter().map(|one| one["days_left"].as_u64().unwrap()).collect();
    assert_eq!(left, [30, 30, 7, 7, 1, 1]);
    let sides: Vec<_> = warnings
        .iter()
        .map(|one| (one["partner_account"].as_str().unwrap(), one["recipient_is_provider"] == true))
        .collect();
    assert_eq!(sides[..2], [("bo", true), ("ann", false)]);
}

#[tokio::test]
async fn t3_t7_roles_that_are_taken_away_or_extended_tell_nobody() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let id = a.provides(&b, Offer::of(Kind::Advisor)).await;
    let c = harness.organization("cy").await;
    a.provides(&c, Offer::of(Kind::Advisor).lasting(2 * DAY).extended()).await;
    harness.letters().await;
    b.takes_roles_of(&id).await.unwrap();
    harness.clock.advance(3 * DAY);
    assert_eq!(harness.sweep_roles().await, 1);
    assert!(harness.written_to().await.is_empty());
}

#[tokio::test]
async fn p3_an_inquiry_is_told_to_each_providers_managers_who_answer_the_customer() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let c = harness.organization("cy").await;
    harness.colleague(&b, "second@bo.example", Profile::Administrator).await;
    b.publishes("Bo's").await;
    c.publishes("Cy's").await;
    a.asks(&[&b, &c]).await.unwrap();
    let letters = harness.letters().await;
    let to: Vec<&str> = letters.iter().map(Letter::to).collect();
    assert_eq!(to, ["boss@bo.example", "second@bo.example", "boss@cy.example"]);
    let reply_to = a.form(&[]).reply_to_email;
    assert!(letters.iter().all(|letter| letter.headers["reply-to"] == reply_to));
    assert!(letters.iter().all(|letter| letter.secret(LINK_BASE).is_none()));
}
