//! LookupInvitation: the link of an invitation, and what it shows (L4, V2).

use crate::calls::{DAY, HOUR, why};
use crate::keys::{Key, secured};
use crate::offers::Offer;
use crate::support::Harness;
use crate::support::postbox::LINK_BASE;
use crate::support::refusal::Refusal;
use partner_service::grpc::pb::{self, AdminRole, PartnershipType as Kind};
use pb::partner_service_client::PartnerServiceClient;
use tonic::{Code, Status};

async fn look_up(harness: &Harness, secret: &str) -> Result<pb::Partnership, Status> {
    let request = pb::LookupInvitationRequest { secret: secret.to_owned() };
    let mut client = PartnerServiceClient::new(harness.channel.clone());
    let answer = client.lookup_invitation(request).await?.into_inner();
    Ok(answer.partnership.expect("a partnership in the answer"))
}

/// The secret of the only letter written since the last time.
async fn secret(harness: &Harness) -> String {
    let letters = harness.letters().await;
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    letter.secret(LINK_BASE).expect("a link")
}

#[tokio::test]
async fn v2_the_link_shows_what_the_recipient_is_shown_before_consenting() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let offer = Offer::of(Kind::DelegatedAdministrator).with(&[AdminRole::UserAdmin]);
    let request = pb::InvitePartnerRequest {
        message: "Hello\nthere".to_owned(),
        ..offer.lasting(60 * DAY).to(&a, &b.email())
    };
    let id = a.invite(request).await.unwrap().partnership.unwrap().id;
    let shown = look_up(&harness, &secret(&harness).await).await.unwrap();
    let theirs = b.sees(&id).await.unwrap();
    assert_eq!((shown.partner_display_name.as_str(), &shown.partner_account_id), ("ann", &a.id));
    assert_eq!(
        (shown.state(), shown.side()),
        (pb::PartnershipState::Pending, pb::PartnershipSide::Recipient)
    );
    let blank = pb::Partnership {
        account_id: String::new(),
        allowed_actions: Vec::new(),
        etag: String::new(),
        ..theirs
    };
    assert_eq!(shown, blank);
}

#[tokio::test]
async fn i9_the_link_shows_the_same_whether_or_not_the_person_has_an_account() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    a.invites("nobody@else.example").await.unwrap();
    let unbound = look_up(&harness, &secret(&harness).await).await.unwrap();
    a.invites(&b.email()).await.unwrap();
    let bound = look_up(&harness, &secret(&harness).await).await.unwrap();
    let blank = |row: pb::Partnership| pb::Partnership {
        id: String::new(),
        invitee_email: String::new(),
        ..row
    };
    assert_eq!(unbound.roster_size, 1);
    assert_eq!(blank(unbound), blank(bound));
}

#[tokio::test]
async fn l4_a_link_is_void_once_the_invitation_is_sent_again() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    let id = a.invites("nobody@else.example").await.unwrap().id;
    let first = secret(&harness).await;
    harness.clock.advance(HOUR);
    a.resends(&id).await.unwrap();
    let second = secret(&harness).await;
    assert_eq!(why(look_up(&harness, &first).await), "RESOURCE_NOT_FOUND");
    assert_eq!(look_up(&harness, &second).await.unwrap().id, id);
}

#[tokio::test]
async fn l4_what_is_void_decided_expired_or_never_was_answers_in_the_same_bytes() {
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let mut secrets = vec!["nonsense".to_owned(), "A".repeat(66), "\u{e9}".to_owned()];
    let canceled = a.invites("one@else.example").await.unwrap().id;
    secrets.push(secret(&harness).await);
    a.deletes(&canceled).await.unwrap();
    let rejected = a.invites(&b.email()).await.unwrap().id;
    secrets.push(secret(&harness).await);
    b.rejects(&rejected).await.unwrap();
    harness.letters().await;
    let accepted = b.invites(&a.email()).await.unwrap().id;
    secrets.push(secret(&harness).await);
    a.accepts(&accepted).await.unwrap();
    harness.letters().await;
    a.invites("late@else.example").await.unwrap();
    let right = secret(&harness).await;
    let mut wrong = right.clone();
    let last = if wrong.ends_with('A') { "Q" } else { "A" };
    wrong.replace_range(wrong.len() - 1.., last);
    secrets.extend([wrong, right]);
    harness.clock.advance(30 * DAY);
    let mut answers = Vec::new();
    for secret in &secrets {
        let mut refusal = Refusal::of(&look_up(&harness, secret).await.unwrap_err());
        assert_eq!((refusal.code, &*refusal.reason), (Code::NotFound, "RESOURCE_NOT_FOUND"));
        refusal.request_id.clear();
        answers.push(format!("{refusal:?}"));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

#[tokio::test]
async fn a_lookup_asks_for_no_credentials_and_looks_at_none() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let operator = key
        .sign(&crate::keys::claims_but("root", serde_json::json!({"scope": "partner.operator"})));
    let by =
        harness.caller(&[crate::keys::bearer(&operator), ("x-member-id", ann.boss.id.clone())]);
    let ann = crate::support::world::Organization { by, ..ann };
    ann.invites("nobody@else.example").await.unwrap();
    let secret = secret(&harness).await;
    look_up(&harness, &secret).await.unwrap();
    let nonsense = harness.caller(&[("authorization", "Bearer nonsense".to_owned())]);
    let request = pb::LookupInvitationRequest { secret };
    nonsense.partners.clone().lookup_invitation(request).await.unwrap();
}

#[tokio::test]
async fn a_secret_is_one_to_two_hundred_characters() {
    let harness = Harness::start().await;
    for secret in [String::new(), "x".repeat(201)] {
        assert_eq!(why(look_up(&harness, &secret).await), "FIELD_INVALID");
    }
    assert_eq!(why(look_up(&harness, &"x".repeat(200)).await), "RESOURCE_NOT_FOUND");
}

#[tokio::test]
async fn whoever_looks_up_too_often_has_to_wait_as_told() {
    let harness = Harness::start().await;
    let mut refused = None;
    for _ in 0..1_000 {
        let refusal = Refusal::of(&look_up(&harness, "nonsense").await.unwrap_err());
        if refusal.code == Code::ResourceExhausted {
            refused = Some(refusal);
            break;
        }
    }
    let refused = refused.expect("ten a second, and a hundred at once");
    assert_eq!(refused.reason, "RATE_LIMITED");
    assert!(refused.retry_after.is_some_and(|wait| wait <= std::time::Duration::from_millis(100)));
}

#[tokio::test]
async fn l4_the_secret_stands_nowhere_in_the_database() {
    let harness = Harness::start().await;
    let (a, _) = harness.strangers().await;
    a.invites("nobody@else.example").await.unwrap();
    let secret = secret(&harness).await;
    let rows = format!("{:?} {:?}", harness.outbox().await, harness.log().await);
    assert!(!rows.contains(&secret[..22]) && !rows.contains(&secret[secret.len() - 20..]));
}
