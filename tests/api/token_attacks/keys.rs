//! Keys: which one verifies a token is not the token's to say.

use super::{Scene, header, part, raw};
use crate::keys::Key;
use crate::support::issuer::{Issuer, Reply};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::json;

#[tokio::test]
async fn a_key_id_is_that_of_a_key_to_the_letter_or_of_none() {
    let scene = Scene::set().await;
    let good = scene.good().to_string();
    let mut attacks = vec![raw(&scene.ec, &header(&scene.ec, json!({})), &good)];
    let long = "k".repeat(4_000);
    for kid in [
        "",
        "EC",
        " ec",
        "ec ",
        "ec\0",
        "ec\n",
        "e\u{441}",
        "\u{ff45}\u{ff43}",
        "ec\u{200b}",
        "\u{202e}ce",
        "ec/../ec",
        "./ec",
        "../../../../etc/passwd",
        "/dev/null",
        "file:///dev/null",
        "http://127.0.0.1:1/key",
        "' OR '1'='1",
        "ec' UNION SELECT key FROM service_key --",
        "ec'; DROP TABLE member; --",
        "$(id)",
        "{{7*7}}",
        &long,
    ] {
        attacks.push(raw(&scene.ec, &header(&scene.ec, json!({ "kid": kid })), &good));
    }
    for kid in [json!(null), json!(7), json!(["ec"]), json!({"ec": "ec"}), json!(true)] {
        attacks.push(raw(&scene.ec, &header(&scene.ec, json!({ "kid": kid })), &good));
    }
    // of two keys with one id the first counts
    attacks.push(raw(&scene.second, &header(&scene.second, json!({"kid": "twice"})), &good));
    scene.refuses(&attacks).await;
}

#[tokio::test]
async fn each_key_is_good_for_its_own_algorithm_only() {
    let scene = Scene::set().await;
    let Scene { ec, ed, rsa, .. } = &scene;
    let good = scene.good().to_string();
    let mut attacks = Vec::new();
    // another key of the set, under the algorithm of either
    for (signer, kid) in
        [(ed, "ec"), (rsa, "ec"), (ec, "ed"), (rsa, "ed"), (ec, "rsa"), (ed, "rsa")]
    {
        for named in ["ES256", "EdDSA", "RS256"] {
            let header = header(signer, json!({"kid": kid, "alg": named}));
            attacks.push(raw(signer, &header, &good));
        }
    }
    // the right key under an algorithm that is not its own
    for alg in ["PS256", "RS384", "RS512", "rs256", "RS256 ", ""] {
        attacks.push(raw(rsa, &header(rsa, json!({"kid": "rsa", "alg": alg})), &good));
    }
    for alg in [json!(null), json!(7), json!(["ES256"]), json!("ES384"), json!("ES256K")] {
        attacks.push(raw(ec, &header(ec, json!({"kid": "ec", "alg": alg})), &good));
    }
    for algorithm in [Algorithm::PS256, Algorithm::RS512] {
        let message = format!("{}.{}", part(&header(rsa, json!({"kid": "rsa"}))), part(&good));
        let signature = sign(message.as_bytes(), &rsa.signing, algorithm).unwrap();
        attacks.push(format!("{message}.{signature}"));
    }
    for (key, kid) in [(ec, "ec"), (ed, "ed"), (rsa, "rsa")] {
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let message =
                format!("{}.{}", part(&header(key, json!({"kid": kid, "alg": none}))), part(&good));
            attacks.push(format!("{message}."));
            attacks.push(message);
        }
        // what everybody can read is no secret, in whatever form
        let jwk = key.jwk(kid).unwrap();
        let point = BASE64_URL_SAFE_NO_PAD.decode(jwk["x"].as_str().unwrap_or_default()).unwrap();
        for secret in [
            key.public.as_bytes(),
            key.public.trim().as_bytes(),
            jwk.to_string().as_bytes(),
            &point,
            b"",
        ] {
            for (named, algorithm) in [
                ("HS256", Algorithm::HS256),
                ("HS384", Algorithm::HS384),
                ("HS512", Algorithm::HS512),
            ] {
                let header = header(key, json!({"kid": kid, "alg": named}));
                let message = format!("{}.{}", part(&header), part(&good));
                let hmac = EncodingKey::from_secret(secret);
                let tag = sign(message.as_bytes(), &hmac, algorithm).unwrap();
                attacks.push(format!("{message}.{tag}"));
            }
        }
    }
    scene.refuses(&attacks).await;
}

#[tokio::test]
async fn a_token_brings_no_key_and_leads_nowhere() {
    let scene = Scene::set().await;
    let mine = Key::elliptic();
    let theirs = Issuer::start(Reply::keys(&[mine.jwk("mine").unwrap()]));
    let (good, url) = (scene.good().to_string(), theirs.url());
    let mut attacks = Vec::new();
    for kid in ["ec", "mine"] {
        for brought in [
            json!({ "kid": kid, "jku": url }),
            json!({ "kid": kid, "x5u": url }),
            json!({ "kid": kid, "url": url, "iss": url }),
            json!({ "kid": kid, "jwk": mine.jwk(kid).unwrap() }),
            json!({ "kid": kid, "x5c": [BASE64_STANDARD_NO_PAD.encode(&mine.public)] }),
            json!({ "kid": kid, "jwks": {"keys": [mine.jwk(kid).unwrap()]} }),
        ] {
            attacks.push(raw(&mine, &header(&mine, brought), &good));
        }
    }
    scene.refuses(&attacks).await;
    // beside a good signature they are not looked at
    let beside = json!({ "kid": "ec", "jku": url, "x5u": url, "x5t": "x", "typ": "at+jwt" });
    scene.call(&raw(&scene.ec, &header(&scene.ec, beside), &good)).await.unwrap();
    assert!(theirs.heard().is_empty(), "{:?}", theirs.heard());
}
