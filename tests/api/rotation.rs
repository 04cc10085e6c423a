//! The service's secret key takes the place of another one: what that one signed is good while it is listed, and no longer.

use crate::support::postbox::LINK_BASE;
use crate::support::refusal::reason;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::backend::SecretKey;
use partner_service::grpc::pb;

const OLD: u8 = b'o';
const NEW: u8 = b'n';

/// A service that was stopped, and what its clients still hold.
struct Held {
    harness: Harness,
    a: Organization,
    partnership: String,
    link: String,
    page: pb::ListPartnershipsRequest,
    place: String,
}

fn keys(bytes: &[u8]) -> Option<SecretKey> {
    SecretKey::of(bytes.iter().map(|byte| vec![*byte; 32]).collect())
}

async fn list(
    harness: &Harness,
    a: &Organization,
    page: pb::ListPartnershipsRequest,
) -> crate::Answer<pb::ListPartnershipsResponse> {
    harness.member(&a.boss.id).partners.list_partnerships(page).await
}

async fn look_up(harness: &Harness, secret: &str) -> crate::Answer<pb::LookupInvitationResponse> {
    let request = pb::LookupInvitationRequest { secret: secret.to_owned() };
    harness.operator().partners.lookup_invitation(request).await
}

async fn events(
    harness: &Harness,
    a: &Organization,
    token: &str,
) -> crate::Answer<pb::ListMemberEventsResponse> {
    let request = pb::ListMemberEventsRequest {
        account_id: a.id.clone(),
        resume_token: token.to_owned(),
        ..Default::default()
    };
    harness.member(&a.boss.id).sync.list_member_events(request).await
}

/// The secret in the only letter written since the last time.
async fn written(harness: &Harness) -> String {
    let letters = harness.letters().await;
    let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
    letter.secret(LINK_BASE).expect("a link")
}

/// Clients take an invitation's link, a page token and a resume token from a service with the old key.
async fn held() -> Held {
    let harness = Harness::with(Options { key: keys(&[OLD]), ..Options::default() }).await;
    let (a, _) = harness.strangers().await;
    a.invites("one@else.example").await.unwrap();
    harness.letters().await;
    let partnership = a.invites("two@else.example").await.unwrap().id;
    let link = written(&harness).await;
    let page = pb::ListPartnershipsRequest {
        account_id: a.id.clone(),
        page_size: 1,
        ..Default::default()
    };
    let first = list(&harness, &a, page.clone()).await.unwrap().into_inner();
    assert!(!first.next_page_token.is_empty());
    let page = pb::ListPartnershipsRequest { page_token: first.next_page_token, ..page };
    let place = events(&harness, &a, "").await.unwrap().into_inner().resume_token;
    Held { harness, a, partnership, link, page, place }
}

impl Held {
    /// The same database, served with these keys.
    async fn restarted(self, bytes: &[u8]) -> Self {
        let (database, clock) = self.harness.stop().await;
        let (database, clock) = (Some(database), Some(clock));
        let options = Options { key: keys(bytes), database, clock, ..Options::default() };
        Self { harness: Harness::with(options).await, ..self }
    }
}

#[tokio::test]
async fn l4_what_the_old_key_signed_is_good_while_it_is_listed() {
    let Held { harness, a, partnership, link, page, place } =
        held().await.restarted(&[NEW, OLD]).await;
    let shown = look_up(&harness, &link).await.unwrap().into_inner();
    assert_eq!(shown.partnership.unwrap().id, partnership);
    assert_eq!(list(&harness, &a, page).await.unwrap().into_inner().partnerships.len(), 1);
    events(&harness, &a, &place).await.unwrap();
}

#[tokio::test]
async fn l4_what_the_old_key_signed_is_refused_once_it_is_gone_and_places_in_the_log_need_no_key() {
    let held = held().await.restarted(&[NEW, OLD]).await.restarted(&[NEW]).await;
    let Held { harness, a, link, page, place, .. } = held;
    assert_eq!(reason(look_up(&harness, &link).await), "RESOURCE_NOT_FOUND");
    assert_eq!(reason(list(&harness, &a, page).await), "PAGE_TOKEN_INVALID");
    events(&harness, &a, &place).await.unwrap();
}

#[tokio::test]
async fn l4_the_new_key_signs_from_the_first_and_every_replica_that_lists_it_agrees() {
    let held = held().await.restarted(&[NEW, OLD]).await;
    let page = pb::ListPartnershipsRequest { page_token: String::new(), ..held.page.clone() };
    let answer = list(&held.harness, &held.a, page.clone()).await.unwrap().into_inner();
    let mut by = held.harness.member(&held.a.boss.id).partners;
    let request = pb::InvitePartnerRequest {
        account_id: held.a.id.clone(),
        invitee_email: "three@else.example".to_owned(),
        ..Default::default()
    };
    by.invite_partner(request).await.unwrap();
    let link = written(&held.harness).await;
    // first that some replicas have it behind the old one, last that the old one is gone
    let mut held = held;
    for bytes in [&[OLD, NEW][..], &[NEW]] {
        held = held.restarted(bytes).await;
        look_up(&held.harness, &link).await.unwrap();
        let page_token = answer.next_page_token.clone();
        let page = pb::ListPartnershipsRequest { page_token, ..page.clone() };
        list(&held.harness, &held.a, page).await.unwrap();
    }
}
