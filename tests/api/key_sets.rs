//! Keys from a URL: they come, they change, they go, and the endpoint that has them may be down, slow or lying.

use crate::keys::{AUDIENCE, ISSUER, Key, bearer, claims, get_account, secured};
use crate::support::issuer::{Issuer, Reply};
use crate::support::refusal::{reason, refused};
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use futures::FutureExt;
use futures::future::join_all;
use partner_service::grpc::auth::{Authenticator, JwtVerifier, LiveKeys};
use partner_service::keys::{Endpoint, Follower, Rhythm, Source};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::sync::DropGuard;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub const INVALID: &str = "CREDENTIALS_INVALID";
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Fewer than there are connections to the database.
const AT_ONCE: usize = 8;
const HOUR: Duration = Duration::from_secs(3_600);
const MOMENT: Duration = Duration::from_millis(5);
/// Asks all the time.
pub const EAGER: Rhythm =
    Rhythm { pause: MOMENT, retry: MOMENT, least: MOMENT, most: MOMENT, unsaid: MOMENT };
/// Asks only when there is a reason to.
pub const IDLE: Rhythm =
    Rhythm { pause: Duration::ZERO, retry: HOUR, least: HOUR, most: HOUR, unsaid: HOUR };

/// A service that follows a key set.
pub struct Following {
    harness: Harness,
    ann: Organization,
    _stops: DropGuard,
}

impl Following {
    async fn of(url: &str, rhythm: Rhythm) -> Self {
        let live = LiveKeys::new(ISSUER, AUDIENCE);
        let endpoint = Endpoint::new(url.parse().unwrap(), false).unwrap();
        Self::from(Source::Url(endpoint), live, rhythm).await
    }

    /// The same with any source.
    pub async fn from(source: Source, live: Arc<LiveKeys>, rhythm: Rhythm) -> Self {
        let follower = Follower::new(source, Arc::clone(&live), rhythm);
        let shutdown = CancellationToken::new();
        tokio::spawn(follower.run(shutdown.clone()));
        timeout(PATIENCE, live.looked()).await.expect("the first look ends");
        let (harness, ann) = secured(JwtVerifier::following(live)).await;
        Self { harness, ann, _stops: shutdown.drop_guard() }
    }

    /// What becomes of a call with a token signed so.
    pub async fn call(&self, key: &Key, kid: &str) -> Result<(), String> {
        let token = bearer(&key.sign_with_kid(kid, &claims(&self.ann.boss.id)));
        let answer = get_account(&self.harness, &[token], &self.ann.id).await;
        if answer.is_ok() { Ok(()) } else { Err(reason(answer)) }
    }

    async fn is(&self, service: &str) -> ServingStatus {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = HealthClient::new(self.harness.channel.clone()).check(request).await;
        answer.unwrap().into_inner().status()
    }
}

fn entry(key: &Key, kid: &str) -> Value {
    key.jwk(kid).expect("a public key")
}

#[tokio::test]
async fn a_token_signed_with_a_key_at_the_url_is_its_subject() {
    let key = Key::elliptic();
    let issuer = Issuer::start(Reply::keys(&[entry(&key, "a")]));
    let service = Following::of(&issuer.url(), IDLE).await;
    assert_eq!(service.call(&key, "a").await, Ok(()));
    assert_eq!(service.call(&Key::elliptic(), "a").await, Err(INVALID.to_owned()));
    assert_eq!(issuer.heard().len(), 1);
}

#[tokio::test]
async fn until_there_are_keys_calls_are_to_be_tried_again_and_the_replica_is_not_ready() {
    let key = Key::elliptic();
    let issuer = Issuer::start(Reply::Drops);
    let service = Following::of(&issuer.url(), EAGER).await;
    let token = bearer(&key.sign_with_kid("a", &claims(&service.ann.boss.id)));
    let early = refused(get_account(&service.harness, &[token], &service.ann.id).await);
    assert_eq!((early.code, &*early.reason), (Code::Unavailable, "NOT_YET_THERE"));
    assert!(early.retry_after.is_some_and(|delay| !delay.is_zero()));
    let none = refused(get_account(&service.harness, &[], &service.ann.id).await);
    assert_eq!((none.code, &*none.reason), (Code::Unauthenticated, "CREDENTIALS_MISSING"));
    for (probe, status) in [
        ("", ServingStatus::NotServing),
        ("readiness", ServingStatus::NotServing),
        ("liveness", ServingStatus::Serving),
    ] {
        assert_eq!(service.is(probe).await, status, "{probe:?}");
    }

    issuer.replies(Reply::keys(&[entry(&key, "a")]));
    issuer.has_answered().await;
    assert_eq!(service.call(&key, "a").await, Ok(()));
    let ready = async { while service.is("readiness").await != ServingStatus::Serving {} };
    timeout(PATIENCE, ready).await.expect("it becomes ready");
}

#[tokio::test]
async fn a_token_with_a_key_published_since_waits_for_a_look_and_is_let_in() {
    let (old, new) = (Key::elliptic(), Key::edwards());
    let issuer = Issuer::start(Reply::keys(&[entry(&old, "old")]));
    let service = Following::of(&issuer.url(), IDLE).await;
    issuer.replies(Reply::keys(&[entry(&old, "old"), entry(&new, "new")]));
    assert_eq!(service.call(&old, "old").await, Ok(()));
    assert_eq!(issuer.heard().len(), 1, "a key that is there asks nobody");
    assert_eq!(service.call(&new, "new").await, Ok(()));
    assert_eq!((service.call(&old, "old").await, issuer.heard().len()), (Ok(()), 2));
}

#[tokio::test]
async fn a_key_that_a_good_answer_leaves_out_lets_nobody_in() {
    let (old, new) = (Key::elliptic(), Key::elliptic());
    let issuer = Issuer::start(Reply::keys(&[entry(&old, "old")]));
    let service = Following::of(&issuer.url(), EAGER).await;
    assert_eq!(service.call(&old, "old").await, Ok(()));
    issuer.replies(Reply::keys(&[entry(&new, "new")]));
    issuer.has_answered().await;
    assert_eq!(service.call(&old, "old").await, Err(INVALID.to_owned()));
    assert_eq!(service.call(&new, "new").await, Ok(()));
}

#[tokio::test]
async fn the_keys_there_are_stay_whatever_the_url_answers_instead_of_others() {
    let (key, other) = (Key::elliptic(), Key::elliptic());
    let issuer = Issuer::start(Reply::keys(&[entry(&key, "a")]));
    let service = Following::of(&issuer.url(), EAGER).await;
    let good = json!({"keys": [entry(&other, "b")]}).to_string();
    let mut encrypting = entry(&other, "b");
    encrypting["use"] = "enc".into();
    let elsewhere = Issuer::start(Reply::text(&good));
    for reply in [
        Reply::Drops,
        Reply::Breaks,
        Reply::Endless,
        Reply::Says(500, Vec::new(), good.clone().into_bytes()),
        Reply::Says(404, Vec::new(), good.clone().into_bytes()),
        Reply::Says(204, Vec::new(), Vec::new()),
        Reply::text(""),
        Reply::text("<html>maintenance</html>"),
        Reply::text("null"),
        Reply::text("{\"keys\": []}"),
        Reply::text("{\"keys\": {}}"),
        Reply::text(&good[..good.len() - 2]),
        Reply::keys(&[encrypting]),
        Reply::text(&format!("{good}{}", " ".repeat(1024 * 1024))),
        Reply::redirect(&issuer.url()),
        Reply::redirect("ftp://127.0.0.1/keys"),
        Reply::redirect("http://192.0.2.1/keys"),
        Reply::redirect(&elsewhere.url().replace("http", "gopher")),
    ] {
        let told = format!("{reply:?}").chars().take(100).collect::<String>();
        issuer.replies(reply);
        issuer.has_answered().await;
        assert_eq!(service.call(&key, "a").await, Ok(()), "{told}");
        assert_eq!(service.call(&other, "b").await, Err(INVALID.to_owned()), "{told}");
    }
    issuer.replies(Reply::redirect(&elsewhere.url()));
    issuer.has_answered().await;
    assert_eq!(
        service.call(&other, "b").await,
        Ok(()),
        "a redirect to the same machine is followed"
    );
}

#[tokio::test]
async fn a_url_that_hangs_holds_no_call_up_whose_key_is_there() {
    let key = Key::elliptic();
    let issuer = Issuer::start(Reply::keys(&[entry(&key, "a")]));
    let service = Following::of(&issuer.url(), EAGER).await;
    issuer.replies(Reply::Hangs);
    issuer.was_asked(issuer.heard().len() + 1).await;
    let asked = issuer.heard().len();
    assert_eq!(service.call(&key, "a").await, Ok(()));
    assert_eq!(issuer.heard().len(), asked, "it is not asked twice at once");
}

#[tokio::test]
async fn those_who_name_a_new_key_at_once_share_one_look() {
    let key = Key::elliptic();
    let publish = |live: &LiveKeys, kids: &[&str]| {
        let keys: Vec<Value> = kids.iter().map(|kid| entry(&key, kid)).collect();
        live.publish(&serde_json::to_vec(&json!({ "keys": keys })).unwrap()).unwrap();
    };
    let live = LiveKeys::new(ISSUER, AUDIENCE);
    publish(&live, &["a"]);
    let (harness, ann) = secured(JwtVerifier::following(Arc::clone(&live))).await;
    let token = bearer(&key.sign_with_kid("b", &claims(&ann.boss.id)));
    let tokens = [token];
    let calls = join_all((0..AT_ONCE).map(|_| get_account(&harness, &tokens, &ann.id)));
    let looks = async {
        live.wanted().await;
        live.begins();
        publish(&live, &["a", "b"]);
        live.ends(Instant::now());
    };
    let (answers, ()) = tokio::join!(calls, looks);
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(live.wanted().now_or_never().is_none(), "nobody asks for another one");
}

#[tokio::test]
async fn unknown_keys_are_looked_for_once_and_then_not_until_the_pause_is_over() {
    let key = Key::elliptic();
    let live = LiveKeys::new(ISSUER, AUDIENCE);
    live.publish(&serde_json::to_vec(&json!({"keys": [entry(&key, "a")]})).unwrap()).unwrap();
    live.begins();
    live.ends(Instant::now() + HOUR);
    let (harness, ann) = secured(JwtVerifier::following(Arc::clone(&live))).await;
    for n in 0..20 {
        let token = key.sign_with_kid(&format!("guess {n}"), &claims(&ann.boss.id));
        assert_eq!(reason(get_account(&harness, &[bearer(&token)], &ann.id).await), INVALID);
    }
    assert!(live.wanted().now_or_never().is_none(), "the pause is kept, whoever asks");
    let token = key.sign_with_kid("a", &claims(&ann.boss.id));
    get_account(&harness, &[bearer(&token)], &ann.id).await.unwrap();
}

#[tokio::test]
async fn whoever_signs_with_no_key_of_the_set_is_refused_after_one_look() {
    let key = Key::elliptic();
    let issuer = Issuer::start(Reply::keys(&[entry(&key, "a")]));
    let slow = Rhythm { pause: HOUR, ..IDLE };
    let service = Following::of(&issuer.url(), slow).await;
    for n in 0..20 {
        assert_eq!(service.call(&key, &format!("guess {n}")).await, Err(INVALID.to_owned()));
    }
    assert_eq!(issuer.heard().len(), 1, "the first look was a moment ago");
}

#[tokio::test]
async fn a_password_in_the_url_is_for_its_server_alone() {
    let key = Key::elliptic();
    let issuer = Issuer::start(Reply::keys(&[entry(&key, "a")]));
    let url = format!("http://reader:hush@{}/keys?a=b", issuer.address);
    let endpoint = Endpoint::new(url.parse().unwrap(), false).unwrap();
    endpoint.ask().await.unwrap();
    let heard = issuer.heard().concat().to_ascii_lowercase();
    assert!(heard.starts_with("get /keys?a=b http/1.1\r\n"), "{heard}");
    assert!(heard.contains("authorization: basic cmvhzgvyomh1c2g="), "{heard}");
    assert_eq!(endpoint.shown(), format!("http://{}/keys", issuer.address));
    for reply in [Reply::Drops, Reply::Endless, Reply::Breaks, Reply::redirect("ftp://u:hush@h/")] {
        issuer.replies(reply);
        let Err(error) = endpoint.ask().await else { panic!("it gave something") };
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(!format!("{error:?}").contains("hush"), "{error:?}");
    }
    // another machine is not given it either
    let other = Issuer::start(Reply::text("{}"));
    issuer.replies(Reply::redirect(&format!("http://localhost:{}/", other.address.port())));
    endpoint.ask().await.unwrap();
    assert!(!other.heard().concat().to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_replica_without_keys_serves_what_needs_none() {
    let live = LiveKeys::new(ISSUER, AUDIENCE);
    let authenticator = Authenticator::Jwt(Box::new(JwtVerifier::following(live)));
    assert!(!authenticator.is_ready());
    let options = Options { authenticator: Some(authenticator), ..Options::default() };
    let harness = Harness::with(options).await;
    let request = partner_service::grpc::pb::LookupInvitationRequest { secret: "x".to_owned() };
    let answer = harness.caller(&[]).partners.lookup_invitation(request).await;
    assert_eq!(reason(answer), "RESOURCE_NOT_FOUND");
}
