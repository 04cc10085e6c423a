//! `--jwks` as the real binary follows it: a URL over TLS, patiently, and without saying what is nobody's business; a file
//! by its content.

use super::service::{Service, url};
use super::shell::{BINARY, Folder, finish};
use super::support::certificates::self_signed;
use super::support::database::TestDatabase;
use super::support::issuer::{Issuer, Reply};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic::transport::Endpoint;
use tonic::{Code, Request};

/// What must be in nothing that is printed.
const CANARY: &str = "hush-4711";
const PATIENCE: Duration = Duration::from_secs(60);
const USAGE: i32 = 2;

struct Key {
    signing: EncodingKey,
    entry: Value,
}

impl Key {
    fn new(kid: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let signing = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).unwrap();
        let mut entry = serde_json::to_value(jwk).unwrap();
        entry["kid"] = kid.into();
        Self { signing, entry }
    }

    /// An operator's token that names this key.
    fn token(&self, kid: &str) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) };
        let claims = json!({
            "iss": "partner-service",
            "aud": "partner-service",
            "sub": CANARY,
            "scope": "partner.operator",
            "exp": get_current_timestamp() + 600,
        });
        encode(&header, &claims, &self.signing).unwrap()
    }
}

async fn list_accounts(service: &Service, token: &str) -> Result<(), Code> {
    let channel = Endpoint::from_shared(format!("http://{}", service.address)).unwrap();
    let mut client = AccountServiceClient::new(channel.connect_lazy());
    let mut request = Request::new(pb::ListAccountsRequest::default());
    let value = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    client.list_accounts(request).await.map(drop).map_err(|status| status.code())
}

fn is_healthy(folder: &Folder, service: &Service) -> bool {
    let mut command = folder.command(BINARY);
    command.args(["healthcheck", "--address", &service.address]).stdout(Stdio::piped());
    finish(command).status.success()
}

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let (mut ticks, deadline) = (interval(Duration::from_millis(20)), Instant::now() + PATIENCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !so().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        ticks.tick().await;
    }
}

#[tokio::test]
async fn a_service_whose_key_set_is_away_starts_waits_and_says_nothing_secret() {
    let (folder, database, key) = (Folder::new(), TestDatabase::empty().await, Key::new("a"));
    let (config, certificate) = self_signed("127.0.0.1");
    fs::write(folder.path().join("ca.pem"), certificate).unwrap();
    let issuer = Issuer::with(Reply::Drops, Some(config.into()));
    let place = format!("https://reader:{CANARY}@{}/keys?key={CANARY}", issuer.address);
    fs::write(folder.path().join("place"), place).unwrap();
    let line = "env RUST_LOG=trace SSL_CERT_FILE=ca.pem cargo run --release -- --auth jwt --jwks-file place";
    let service = Service::start(&folder, line, url(&database));
    assert!(!issuer.heard().is_empty(), "it is asked before anybody is served");

    let token = key.token("a");
    assert_eq!(list_accounts(&service, &token).await, Err(Code::Unavailable));
    assert!(!is_healthy(&folder, &service));
    issuer.replies(Reply::keys(std::slice::from_ref(&key.entry)));
    until("it lets people in", async || list_accounts(&service, &token).await.is_ok()).await;
    until("it is ready", async || is_healthy(&folder, &service)).await;

    let forged =
        [Key::new("a").token("a"), key.token(CANARY), format!("{CANARY}.{CANARY}.{CANARY}")];
    for token in &forged {
        assert_eq!(list_accounts(&service, token).await, Err(Code::Unauthenticated));
    }
    issuer.replies(Reply::Drops);
    assert_eq!(list_accounts(&service, &token).await, Ok(()), "the keys there are stay");
    let log = service.log();
    for said in [
        "nobody is let in until it can",
        "tokens are verified with a new key set",
        &format!("https://{}/keys\"", issuer.address),
        "CREDENTIALS_INVALID",
    ] {
        assert!(log.contains(said), "{said} is not in {log}");
    }
    assert!(!log.contains(CANARY), "{log}");
    for token in forged.iter().chain([&token]) {
        for part in token.split('.').filter(|part| part.len() > 10) {
            assert!(!log.contains(part), "a part of a token is in {log}");
        }
    }
    assert!(service.stop().success());
}

#[tokio::test]
async fn keys_come_from_whom_somebody_vouches_for_and_on_no_way_without_tls() {
    let (database, key) = (TestDatabase::empty().await, Key::new("a"));
    let plain = Issuer::start(Reply::keys(std::slice::from_ref(&key.entry)));
    let (config, certificate) = self_signed("127.0.0.1");
    let issuer = Issuer::with(Reply::redirect(&plain.url()), Some(config.into()));
    for (environment, said) in [
        ("env", "certificate"),
        ("env SSL_CERT_FILE=ca.pem", "it was redirected to an address without TLS"),
    ] {
        let folder = Folder::new();
        fs::write(folder.path().join("ca.pem"), &certificate).unwrap();
        let flags = format!("--auth jwt --jwks https://{}/keys", issuer.address);
        let line = format!("{environment} cargo run --release -- {flags}");
        let service = Service::start(&folder, &line, url(&database));
        assert_eq!(list_accounts(&service, &key.token("a")).await, Err(Code::Unavailable));
        let log = service.log();
        assert!(log.contains(said), "{said} is not in {log}");
        assert!(service.stop().success());
    }
    assert!(plain.heard().is_empty(), "{:?}", plain.heard());
}

#[test]
fn a_place_that_cannot_have_a_key_set_is_refused_without_what_may_be_a_password() {
    let folder = Folder::new();
    fs::write(folder.path().join("set"), format!("{{\"keys\": [\"{CANARY}\"]}}")).unwrap();
    let far = format!("http://reader:{CANARY}@id.example.com/keys");
    let other = format!("ftp://reader:{CANARY}@id.example.com/keys");
    let neither = "--jwks is neither a file nor an https:// URL that leads to a key set";
    for (flags, said) in [
        (["--jwks", far.as_str()], "--jwks leads to another machine without TLS"),
        (["--jwks", other.as_str()], neither),
        // the name says a file that holds the place, and not the set
        (["--jwks-file", "set"], neither),
    ] {
        let mut command = folder.command(BINARY);
        command.args(["--auth", "jwt"]).args(flags).stdout(Stdio::piped());
        let Output { status, stdout, stderr } = finish(command);
        let told = String::from_utf8(stderr).unwrap();
        assert_eq!((status.code(), stdout.is_empty()), (Some(USAGE), true), "{flags:?}: {told}");
        assert!(told.starts_with(&format!("partner-service: {said}")), "{told}");
        assert!(!told.contains(CANARY), "{told}");
    }
}

#[tokio::test]
async fn a_key_set_in_a_file_is_read_again_when_it_changes_and_a_broken_one_is_told_once() {
    let (folder, database) = (Folder::new(), TestDatabase::empty().await);
    let (old, new) = (Key::new("old"), Key::new("new"));
    let becomes = |text: String| fs::write(folder.path().join("jwks.json"), text).unwrap();
    becomes(json!({"keys": [old.entry]}).to_string());
    let line = "cargo run --release -- --auth jwt --jwks jwks.json";
    let service = Service::start(&folder, line, url(&database));
    let (by_old, by_new) = (old.token("old"), new.token("new"));
    assert_eq!(list_accounts(&service, &by_old).await, Ok(()));
    assert_eq!(list_accounts(&service, &by_new).await, Err(Code::Unauthenticated));

    becomes("{".to_owned());
    let told = "the key set could not be had; the keys there are stay";
    until("it is told", async || service.log().contains(told)).await;
    assert_eq!(list_accounts(&service, &by_old).await, Ok(()));
    becomes(json!({"keys": [new.entry]}).to_string());
    until("the new key lets in", async || list_accounts(&service, &by_new).await.is_ok()).await;
    assert_eq!(list_accounts(&service, &by_old).await, Err(Code::Unauthenticated));
    let log = service.log();
    assert_eq!(log.matches(told).count(), 1, "{log}");
    assert!(log.contains("tokens are verified with a new key set"), "{log}");
}
