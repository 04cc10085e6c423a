//! Who calls: `--auth jwt`. What a token must be, and what it must not get away with.

use crate::keys::{
    AUDIENCE, ISSUER, Key, SECRET, bearer, claims, claims_but, get_account, key_set, secured,
};
use crate::support::refusal::{reason, refused};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use partner_service::config::{ConfigFile, Output, Span, TokenConfig};
use partner_service::grpc::auth::JwtVerifier;
use partner_service::grpc::pb;
use partner_service::token;
use serde_json::{Value, json};
use std::time::Duration;
use tonic::Code;

const INVALID: &str = "CREDENTIALS_INVALID";

fn part(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

#[tokio::test]
async fn a_token_signed_with_the_configured_key_of_any_kind_is_its_subject() {
    for key in Key::all() {
        let (harness, ann) = secured(key.verifier()).await;
        let token = key.sign(&claims(&ann.boss.id));
        get_account(&harness, &[bearer(&token)], &ann.id).await.unwrap();
        let operator = key.sign(&claims_but("root", json!({"scope": "openid partner.operator"})));
        let mut by = harness.caller(&[bearer(&operator)]).accounts;
        by.list_accounts(pb::ListAccountsRequest::default()).await.unwrap();
    }
}

#[tokio::test]
async fn a_key_set_serves_keys_of_every_public_kind_by_their_id() {
    let keys: Vec<Key> = Key::all().into_iter().skip(1).collect();
    let set: Vec<Value> =
        keys.iter().enumerate().map(|(n, key)| key.jwk(&format!("key {n}")).unwrap()).collect();
    let (harness, ann) = secured(key_set(&set)).await;
    for (n, key) in keys.iter().enumerate() {
        let call = async |token: String| get_account(&harness, &[bearer(&token)], &ann.id).await;
        let good = claims(&ann.boss.id);
        call(key.sign_with_kid(&format!("key {n}"), &good)).await.unwrap();
        // another key's id, an unknown one, none
        assert_eq!(
            reason(call(key.sign_with_kid(&format!("key {}", (n + 1) % 3), &good)).await),
            INVALID
        );
        assert_eq!(reason(call(key.sign_with_kid("key 9", &good)).await), INVALID);
        assert_eq!(reason(call(key.sign(&good)).await), INVALID);
    }
}

#[tokio::test]
async fn a_key_set_uses_no_shared_secrets_and_no_keys_for_encryption() {
    let (good, encrypting) = (Key::elliptic(), Key::elliptic());
    let mut for_encryption = encrypting.jwk("enc").unwrap();
    for_encryption["use"] = "enc".into();
    for_encryption.as_object_mut().unwrap().remove("alg");
    let secret = json!({"kty": "oct", "kid": "oct", "alg": "HS256", "k": BASE64_URL_SAFE_NO_PAD.encode(SECRET)});
    let verifier = key_set(&[good.jwk("good").unwrap(), for_encryption.clone(), secret.clone()]);
    let (harness, ann) = secured(verifier).await;
    let call = async |token: String| get_account(&harness, &[bearer(&token)], &ann.id).await;
    call(good.sign_with_kid("good", &claims(&ann.boss.id))).await.unwrap();
    assert_eq!(reason(call(encrypting.sign_with_kid("enc", &claims(&ann.boss.id))).await), INVALID);
    assert_eq!(
        reason(call(Key::secret().sign_with_kid("oct", &claims(&ann.boss.id))).await),
        INVALID
    );

    let mut nameless = good.jwk("good").unwrap();
    nameless.as_object_mut().unwrap().remove("kid");
    for unusable in [vec![], vec![for_encryption, secret, nameless]] {
        let json = serde_json::to_vec(&json!({ "keys": unusable })).unwrap();
        assert!(JwtVerifier::with_jwks(&json, ISSUER, AUDIENCE).is_err());
    }
}

#[tokio::test]
async fn a_token_that_chooses_its_own_algorithm_or_key_is_refused() {
    for key in [Key::elliptic(), Key::edwards(), Key::rsa()] {
        let (harness, ann) = secured(key.verifier()).await;
        let good = claims(&ann.boss.id);
        let signed = key.sign(&good);
        let (body, signature) = signed.rsplit_once('.').unwrap();
        let mut attacks = Vec::new();
        for none in ["none", "None", "NONE", "nOnE"] {
            let header = part(&json!({"alg": none, "typ": "JWT"}));
            attacks.push(format!("{header}.{}.", part(&good)));
            attacks.push(format!("{header}.{}.{signature}", part(&good)));
        }
        // the public key is no secret: trimmed or not, it must not verify an HMAC
        for secret in [key.public.as_bytes(), key.public.trim().as_bytes()] {
            for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
                let hmac = EncodingKey::from_secret(secret);
                attacks.push(encode(&Header::new(algorithm), &good, &hmac).unwrap());
            }
        }
        attacks.push(Key::secret().sign(&good));
        for other in Key::all().iter().filter(|other| other.algorithm != Algorithm::RS256) {
            attacks.push(other.sign(&good));
        }
        // the token's own key, in its header
        let mine = Key::elliptic();
        let jwk = serde_json::from_value(mine.jwk("mine").unwrap()).unwrap();
        attacks
            .push(mine.sign_as(Header { jwk: Some(jwk), ..Header::new(Algorithm::ES256) }, &good));
        attacks.push(format!("{body}."));
        attacks.push(body.to_owned());
        attacks.push(format!("{signed}."));
        attacks.push(format!("{body}.{}", &signature[..signature.len() - 4]));
        let other = part(&claims_but(&ann.boss.id, json!({"scope": "partner.operator"})));
        attacks.push(format!("{}.{other}.{signature}", body.split_once('.').unwrap().0));
        for token in attacks {
            let refusal = refused(get_account(&harness, &[bearer(&token)], &ann.id).await);
            assert_eq!(
                (refusal.code, &*refusal.reason),
                (Code::Unauthenticated, INVALID),
                "{token}"
            );
        }
        get_account(&harness, &[bearer(&signed)], &ann.id).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_with_extensions_that_must_be_understood_is_refused() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let header = Header { crit: Some(vec!["bound".to_owned()]), ..Header::new(Algorithm::HS256) };
    let token = key.sign_as(header, &claims(&ann.boss.id));
    assert_eq!(reason(get_account(&harness, &[bearer(&token)], &ann.id).await), INVALID);
}

#[tokio::test]
async fn a_claim_that_is_wrong_missing_or_of_another_json_type_is_refused() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let now = get_current_timestamp();
    let soon = (now + 600).to_string();
    for others in [
        json!({"iss": "https://other.example"}),
        json!({"iss": format!("{ISSUER}/")}),
        json!({"iss": 7}),
        json!({"iss": {"name": ISSUER}}),
        json!({"iss": null}),
        json!({"iss": ""}),
        json!({"aud": "other"}),
        json!({"aud": ["other", "another"]}),
        json!({"aud": []}),
        json!({"aud": 7}),
        json!({"aud": [AUDIENCE, 7]}),
        json!({"aud": null}),
        json!({"exp": now - 3_600}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": soon}),
        json!({"exp": true}),
        json!({"exp": null}),
        json!({"nbf": now + 3_600}),
        json!({"nbf": (now - 600).to_string()}),
        json!({"sub": null}),
        json!({"sub": 7}),
        json!({"sub": ""}),
        json!({"sub": "boss"}),
        json!({"sub": [ann.boss.id.clone()]}),
        json!({"sub": format!("{{{}}}", ann.boss.id)}),
        json!({"sub": ann.boss.id.replace('-', "")}),
        json!({"sub": "01890a5d-ac96-774b-bcce-b302099a8057"}),
        json!({"scope": 7}),
        json!({"scope": ["partner.operator"]}),
    ] {
        let token = key.sign(&claims_but(&ann.boss.id, others.clone()));
        let refusal = refused(get_account(&harness, &[bearer(&token)], &ann.id).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::Unauthenticated, INVALID), "{others}");
    }
}

#[tokio::test]
async fn a_token_may_name_several_audiences_fractions_of_seconds_and_a_start_that_has_passed() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let now = get_current_timestamp();
    for others in [
        json!({"aud": ["other", AUDIENCE]}),
        json!({"exp": 600.5 + now as f64}),
        json!({"nbf": now - 10}),
        json!({"scope": ""}),
        json!({"iat": now, "jti": "any", "extra": {"nested": true}}),
    ] {
        let token = key.sign(&claims_but(&ann.boss.id, others.clone()));
        let answer = get_account(&harness, &[bearer(&token)], &ann.id).await;
        assert!(answer.is_ok(), "{others}: {answer:?}");
    }
}

#[tokio::test]
async fn only_the_exact_scope_makes_an_operator() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let list = async |scope: &str| {
        let token = key.sign(&claims_but(&ann.boss.id, json!({ "scope": scope })));
        harness
            .caller(&[bearer(&token)])
            .accounts
            .list_accounts(pb::ListAccountsRequest::default())
            .await
    };
    for scope in ["partner.operator", "openid partner.operator email"] {
        list(scope).await.unwrap();
    }
    for scope in [
        "",
        "xpartner.operator",
        "partner.operatorx",
        "partner.operator,email",
        "partner operator",
        "PARTNER.OPERATOR",
        "partner.operator\u{a0}",
        "partner.operator\t",
        "partner",
        "partner.*",
    ] {
        // without it the caller is the member that the token names
        assert_eq!(reason(list(scope).await), "OPERATOR_REQUIRED", "{scope:?}");
    }
}

#[tokio::test]
async fn a_member_may_not_name_a_member_not_even_itself() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let token = bearer(&key.sign(&claims(&ann.boss.id)));
    let named = [token, ("x-member-id", ann.boss.id.clone())];
    let refusal = refused(get_account(&harness, &named, &ann.id).await);
    assert_eq!((refusal.code, &*refusal.reason), (Code::Unauthenticated, INVALID));
}

#[tokio::test]
async fn the_scheme_is_bearer_in_any_case_and_nothing_else() {
    let key = Key::secret();
    let (harness, ann) = secured(key.verifier()).await;
    let token = key.sign(&claims(&ann.boss.id));
    let call =
        async |value: String| get_account(&harness, &[("authorization", value)], &ann.id).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        call(format!("{scheme} {token}")).await.unwrap();
    }
    for value in [
        format!("Basic {token}"),
        token.clone(),
        format!("Bearer{token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token},"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        "Bearer not.a.token".to_owned(),
        String::new(),
    ] {
        let refusal = refused(call(value.clone()).await);
        assert_eq!((refusal.code, &*refusal.reason), (Code::Unauthenticated, INVALID), "{value}");
    }
}

#[tokio::test]
async fn a_call_without_a_token_is_told_that_it_has_none() {
    let (harness, ann) = secured(Key::secret().verifier()).await;
    let member = ("x-member-id", ann.boss.id.clone());
    for metadata in [vec![], vec![member]] {
        let refusal = refused(get_account(&harness, &metadata, &ann.id).await);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::Unauthenticated, "CREDENTIALS_MISSING")
        );
    }
}

#[tokio::test]
async fn a_public_key_file_is_never_taken_for_a_secret_whatever_stands_before_the_key() {
    let key = Key::elliptic();
    for prefix in
        ["\n", " ", "\u{feff}", "# the issuer's key\n", "Bag Attributes\n    localKeyID: 01\n"]
    {
        let file = format!("{prefix}{}", key.public);
        let Ok(verifier) = JwtVerifier::with_key(file.as_bytes(), ISSUER, AUDIENCE) else {
            continue;
        };
        let (harness, ann) = secured(verifier).await;
        let hmac = EncodingKey::from_secret(file.trim().as_bytes());
        let forged = encode(&Header::new(Algorithm::HS256), &claims(&ann.boss.id), &hmac).unwrap();
        assert_eq!(
            reason(get_account(&harness, &[bearer(&forged)], &ann.id).await),
            INVALID,
            "{prefix:?}"
        );
        let token = key.sign(&claims(&ann.boss.id));
        get_account(&harness, &[bearer(&token)], &ann.id).await.unwrap();
    }
}

#[test]
fn a_key_that_cannot_be_used_is_refused_at_the_start() {
    for unusable in
        ["", "short", "31 bytes are not enough.......", "-----BEGIN PUBLIC KEY-----\n", "{}"]
    {
        assert!(
            JwtVerifier::with_key(unusable.as_bytes(), ISSUER, AUDIENCE).is_err(),
            "{unusable}"
        );
        assert!(
            JwtVerifier::with_jwks(unusable.as_bytes(), ISSUER, AUDIENCE).is_err(),
            "{unusable}"
        );
    }
    for key in [Key::elliptic(), Key::edwards(), Key::rsa()] {
        let private = JwtVerifier::with_key(key.private.as_bytes(), ISSUER, AUDIENCE);
        assert!(private.is_err(), "{:?}: a service needs no private key", key.algorithm);
    }
}

#[tokio::test]
async fn tokens_of_the_token_command_are_accepted() {
    for key in Key::all() {
        let (harness, ann) = secured(key.verifier()).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, format!("{}\n", key.private)).unwrap();
        let sign = |sub: &str, operator| {
            token::sign(&TokenConfig {
                file: ConfigFile { config: None },
                jwt_key_file: file.clone(),
                sub: sub.to_owned(),
                operator,
                jwt_issuer: ISSUER.to_owned(),
                jwt_audience: AUDIENCE.to_owned(),
                lifetime: Span(Duration::from_secs(60)),
                output: Output::Text,
            })
            .unwrap()
        };
        get_account(&harness, &[bearer(&sign(&ann.boss.id, false))], &ann.id).await.unwrap();
        let list = async |token: String| {
            harness
                .caller(&[bearer(&token)])
                .accounts
                .list_accounts(pb::ListAccountsRequest::default())
                .await
        };
        list(sign("root", true)).await.unwrap();
        assert_eq!(reason(list(sign(&ann.boss.id, false)).await), "OPERATOR_REQUIRED");
    }
}
