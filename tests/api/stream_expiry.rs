//! Streams end with the credentials that opened them, whatever they are at, and whether or not anybody reads.

use crate::dynamic::rpcs;
use crate::keys::{Key, bearer, claims_but, secured};
use crate::support::refusal::Refusal;
use crate::support::stream::{Said, Subscriber};
use crate::support::world::Organization;
use crate::support::{Caller, Harness};
use jsonwebtoken::get_current_timestamp;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use serde_json::json;
use std::time::Duration;
use tonic::{Code, Status};

/// What a stalled stream may have under way.
const WINDOW: u32 = 1024;
const PEOPLE: usize = 200;
/// Longer than it takes to open a stream and to fill its window.
const LIFETIME: u64 = 3;
const PATIENCE: Duration = Duration::from_secs(5);

/// A service that asks for tokens, an account on it, and a partner of that account's with many people.
struct Scene {
    harness: Harness,
    ann: Organization,
    key: Key,
    partner: String,
}

impl Scene {
    async fn set() -> Self {
        let key = Key::secret();
        let (harness, ann) = secured(key.verifier()).await;
        let scene = Self { harness, ann, key, partner: String::new() };
        let mut by = scene.operator();
        let account = pb::Account { display_name: "bo".to_owned(), ..Default::default() };
        let request = pb::CreateAccountRequest { account: Some(account), ..Default::default() };
        let made = by.accounts.create_account(request).await.unwrap().into_inner();
        let partner = made.account.unwrap().id;
        let scene = Self { partner, ..scene };
        scene.hire(PEOPLE, "p").await;
        let request = pb::InvitePartnerRequest {
            account_id: scene.partner.clone(),
            invitee_email: scene.ann.email(),
            ..Default::default()
        };
        let id =
            by.partners.invite_partner(request).await.unwrap().into_inner().partnership.unwrap().id;
        let request = pb::AcceptPartnershipRequest {
            account_id: scene.ann.id.clone(),
            partnership_id: id,
            ..Default::default()
        };
        by.partners.accept_partnership(request).await.unwrap();
        scene
    }

    fn operator(&self) -> Caller {
        let claims = claims_but("root", json!({"scope": "partner.operator"}));
        self.harness.caller(&[bearer(&self.key.sign(&claims))])
    }

    async fn hire(&self, count: usize, name: &str) {
        let member = |n: usize| pb::Member {
            email: format!("{name}{n}@bo.example"),
            display_name: "x".repeat(100),
            ..Default::default()
        };
        let request = pb::BatchRegisterMembersRequest {
            account_id: self.partner.clone(),
            members: (0..count).map(member).collect(),
            ..Default::default()
        };
        self.operator().accounts.batch_register_members(request).await.unwrap();
    }

    /// Streams with a token that is good for some seconds: one that nobody reads yet, and one that tells when it ends.
    async fn streams(&self, start: Option<Start>) -> (Subscriber, Subscriber, u64) {
        let end = get_current_timestamp() + LIFETIME;
        let token = self.key.sign(&claims_but(&self.ann.boss.id, json!({ "exp": end })));
        let narrow = self.harness.narrow(WINDOW).await;
        let open = async |mut by: Caller, start| {
            let account_id = self.ann.id.clone();
            let request = pb::WatchMembersRequest { account_id, start, ..Default::default() };
            Subscriber::of(by.sync.watch_members(request).await.unwrap().into_inner())
        };
        let stalled = open(Harness::over(&narrow, &[bearer(&token)]), start).await;
        let read = open(self.harness.caller(&[bearer(&token)]), Some(Start::Now(()))).await;
        (stalled, read, end)
    }
}

impl Scene {
    /// Waits until no seat is taken any more, by those who do not read either.
    async fn nobody_sits(&self) {
        let leaving = async {
            while self.harness.backend.feed.hub.streams() > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, leaving).await.expect("the seats are free in time");
    }
}

fn is_over(status: &Status) {
    let end = Refusal::of(status);
    assert_eq!((end.code, &*end.reason), (Code::Unauthenticated, "CREDENTIALS_INVALID"));
}

/// Everything up to the end.
async fn rest(stream: &mut Subscriber) -> (Vec<Said>, Status) {
    let mut said = Vec::new();
    loop {
        match stream.next().await {
            Ok(Some(one)) => said.push(one),
            Ok(None) => panic!("a stream does not end without a reason"),
            Err(status) => return (said, status),
        }
    }
}

#[tokio::test]
async fn a_stream_ends_inside_its_snapshot_when_its_token_does() {
    let scene = Scene::set().await;
    let (mut stalled, mut read, end) = scene.streams(None).await;
    is_over(&read.end().await);
    assert!((end..end + 5).contains(&get_current_timestamp()), "within five seconds");
    scene.nobody_sits().await;
    // what was under way may still arrive, what was made and waited may not
    let (said, status) = rest(&mut stalled).await;
    is_over(&status);
    assert!(said.len() < PEOPLE / 2, "{} messages after the end", said.len());
    assert!(!said.contains(&Said::Synced(String::new())));
}

#[tokio::test]
async fn a_stream_that_nobody_reads_tells_nothing_that_happened_since_its_token_ended() {
    let scene = Scene::set().await;
    let (mut stalled, mut read, _) = scene.streams(Some(Start::Now(()))).await;
    scene.hire(PEOPLE, "early").await;
    is_over(&read.end().await);
    scene.nobody_sits().await;
    scene.hire(1, "late").await;
    let (said, status) = rest(&mut stalled).await;
    is_over(&status);
    assert!(said.len() < PEOPLE / 2, "{} messages after the end", said.len());
    assert!(!format!("{said:?}").contains("late0@"));
}

#[test]
fn the_api_has_no_other_streams() {
    let streams: Vec<String> = rpcs()
        .into_iter()
        .filter(|rpc| rpc.is_server_streaming() || rpc.is_client_streaming())
        .map(|rpc| rpc.name().to_owned())
        .collect();
    assert_eq!(streams, ["WatchMembers"]);
}
