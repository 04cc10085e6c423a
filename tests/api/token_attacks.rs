//! Who calls: what attackers try with tokens. Each attempt is refused, and no refusal tells more than another.

mod claims;
mod form;
mod keys;

use crate::keys::{Key, bearer, claims, get_account, key_set, secured};
use crate::support::Harness;
use crate::support::refusal::{Refusal, refused};
use crate::support::world::Organization;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::crypto::sign;
use partner_service::grpc::pb;
use serde_json::{Value, json};
use tonic::Code;

/// A service with a set of three keys, called by the kind of theirs, and one whose id stands twice.
struct Scene {
    harness: Harness,
    ann: Organization,
    ec: Key,
    ed: Key,
    rsa: Key,
    second: Key,
}

impl Scene {
    async fn set() -> Self {
        let (ec, ed, rsa) = (Key::elliptic(), Key::edwards(), Key::rsa());
        let (first, second) = (Key::elliptic(), Key::elliptic());
        let entries =
            [(&ec, "ec"), (&ed, "ed"), (&rsa, "rsa"), (&first, "twice"), (&second, "twice")];
        let set = entries.map(|(key, kid)| key.jwk(kid).unwrap());
        let (harness, ann) = secured(key_set(&set)).await;
        Self { harness, ann, ec, ed, rsa, second }
    }

    fn good(&self) -> Value {
        claims(&self.ann.boss.id)
    }

    async fn call(&self, token: &str) -> crate::Answer<pb::GetAccountResponse> {
        get_account(&self.harness, &[bearer(token)], &self.ann.id).await
    }

    /// All of them are refused in the same words, and a good one still is not.
    async fn refuses(&self, attacks: &[String]) {
        let nonsense = told(&refused(self.call("nonsense").await));
        assert_eq!((nonsense.0, &*nonsense.1), (Code::Unauthenticated, "CREDENTIALS_INVALID"));
        for token in attacks {
            let answer = self.call(token).await;
            assert!(answer.is_err(), "{token} is let in");
            assert_eq!(told(&refused(answer)), nonsense, "{token}");
        }
        let good = self.ec.sign_with_kid("ec", &self.good());
        self.call(&good).await.unwrap();
    }
}

/// All that a refusal tells, but for its own name.
fn told(refusal: &Refusal) -> (Code, String, String, usize, usize) {
    let Refusal { code, reason, message, metadata, fields, .. } = refusal;
    (*code, reason.clone(), message.clone(), metadata.len(), fields.len())
}

fn part(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// A token of exactly these texts, signed as it should be.
fn raw(key: &Key, header: &str, claims: &str) -> String {
    signed(key, &format!("{}.{}", part(header), part(claims)))
}

fn signed(key: &Key, message: &str) -> String {
    let signature = sign(message.as_bytes(), &key.signing, key.algorithm).unwrap();
    format!("{message}.{signature}")
}

fn header(key: &Key, more: Value) -> String {
    let mut header = json!({"typ": "JWT", "alg": format!("{:?}", key.algorithm)});
    for (name, value) in more.as_object().unwrap() {
        header[name] = value.clone();
    }
    header.to_string()
}
