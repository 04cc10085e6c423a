//! Who calls: what attackers try with tokens. Each attempt is refused, and no refusal tells more than another.

use crate::keys::{
    AUDIENCE, ISSUER, Key, bearer, claims, claims_but, get_account, key_set, secured,
};
use crate::support::Harness;
use crate::support::issuer::{Issuer, Reply};
use crate::support::refusal::{Refusal, refused};
use crate::support::world::Organization;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, EncodingKey, get_current_timestamp};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use serde_json::{Value, json};
use tonic::{Code, Request};

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

#[tokio::test]
async fn what_has_to_be_understood_and_is_not_is_refused() {
    let scene = Scene::set().await;
    let (ec, good) = (&scene.ec, scene.good().to_string());
    let mut attacks = Vec::new();
    for critical in
        [json!([]), json!(["b64"]), json!(["exp"]), json!(["alg", "kid"]), json!("b64"), json!(7)]
    {
        let header = header(ec, json!({"kid": "ec", "crit": critical, "b64": false, "exp": 1}));
        attacks.push(raw(ec, &header, &good));
        // as RFC 7797 has it: signed and sent as it is
        attacks.push(signed(ec, &format!("{}.{good}", part(&header))));
    }
    let plain = header(ec, json!({"kid": "ec", "b64": false}));
    attacks.push(signed(ec, &format!("{}.{good}", part(&plain))));
    // a token inside a token
    let inner = ec.sign_with_kid("ec", &scene.good());
    let nesting = header(ec, json!({"kid": "ec", "cty": "JWT"}));
    attacks.push(raw(ec, &nesting, &inner));
    attacks.push(raw(ec, &nesting, &format!("\"{inner}\"")));
    attacks.push(raw(&scene.ed, &nesting, &inner));
    // encrypted: five parts
    attacks.push(format!("{inner}.x.y"));
    scene.refuses(&attacks).await;
}

#[tokio::test]
async fn what_is_no_token_to_the_letter_is_refused() {
    let scene = Scene::set().await;
    let (ec, good) = (&scene.ec, scene.good().to_string());
    let plain = header(ec, json!({"kid": "ec"}));
    let token = raw(ec, &plain, &good);
    let [head, body, tag] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let deep = "[".repeat(3_000);
    let twice = |member: &str| plain.replacen('{', &format!("{{{member},"), 1);
    let mut attacks = vec![
        format!("{head}.{body}"),
        format!("{head}.{body}."),
        format!("{head}..{tag}"),
        format!(".{body}.{tag}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}={}", ""),
        format!("{head}=.{body}=.{tag}=="),
        format!("{head}.{body}.{tag}A"),
        format!("{head}.{body}.{}", &tag[1..]),
        format!("{head} .{body}.{tag}"),
        format!("{head}.\t{body}.{tag}"),
        format!("{token},{token}"),
        format!("{token} {token}"),
        "..".to_owned(),
        ".".repeat(2_000),
        // a signature of noughts, and one as long as it may be
        format!("{head}.{body}.{}", BASE64_URL_SAFE_NO_PAD.encode([0; 64])),
        format!("{head}.{body}.{}", BASE64_URL_SAFE_NO_PAD.encode([0xff; 64])),
        format!("{head}.{body}.{}", BASE64_URL_SAFE.encode([0; 65])),
        // members that stand twice
        raw(ec, &twice("\"alg\":\"none\""), &good),
        raw(ec, &twice("\"kid\":\"ed\""), &good),
        raw(ec, &plain, &good.replacen('{', "{\"sub\":\"root\",", 1)),
        raw(ec, &plain, &good.replacen('{', "{\"exp\":0,", 1)),
        raw(ec, &plain, &good.replacen('{', "{\"aud\":\"other\",", 1)),
    ];
    for text in
        ["", "null", "[]", "{}", "\"x\"", "7", "{", &deep, "\u{feff}{}", "\0", &format!("{good}x")]
    {
        attacks.push(raw(ec, text, &good));
        attacks.push(raw(ec, &plain, text));
    }
    attacks.push(raw(ec, &format!("{plain}x"), &good));
    // bytes that are no text
    let bytes = BASE64_URL_SAFE_NO_PAD.encode([0xff, 0xfe, b'{', b'}']);
    attacks.push(signed(ec, &format!("{}.{bytes}", part(&plain))));
    attacks.push(signed(ec, &format!("{bytes}.{}", part(&good))));
    // the other alphabet
    let other = json!({"kid": "ec", "x": "\u{3ff}\u{3ff}\u{3ff}"}).to_string();
    let other = BASE64_STANDARD_NO_PAD.encode(header(ec, serde_json::from_str(&other).unwrap()));
    assert!(other.contains(['+', '/']), "{other}");
    attacks.push(signed(ec, &format!("{other}.{}", part(&good))));
    scene.refuses(&attacks).await;
}

#[tokio::test]
async fn claims_of_another_kind_or_out_of_reach_are_refused() {
    let scene = Scene::set().await;
    let (id, now) = (&scene.ann.boss.id, get_current_timestamp());
    let mut attacks = Vec::new();
    for others in [
        json!({"exp": [now + 600]}),
        json!({"exp": {"at": now + 600}}),
        json!({"exp": ""}),
        json!({"exp": -1e308}),
        json!({"exp": 1e308}),
        json!({"exp": now as f64 - 31.5}),
        json!({"nbf": [now]}),
        json!({"nbf": now as f64 + 40.5}),
        json!({"nbf": 1e308}),
        json!({"nbf": true}),
        json!({"aud": {AUDIENCE: true}}),
        json!({"aud": [[AUDIENCE]]}),
        json!({"aud": ""}),
        json!({"aud": format!("{AUDIENCE} ")}),
        json!({"aud": format!("other {AUDIENCE}")}),
        json!({"aud": AUDIENCE.to_uppercase()}),
        json!({"aud": "p\u{430}rtners"}),
        json!({"iss": [ISSUER]}),
        json!({"iss": [ISSUER, "https://other.example"]}),
        json!({"iss": {ISSUER: true}}),
        json!({"iss": ISSUER.to_uppercase()}),
        json!({"iss": format!("{ISSUER}\0")}),
        json!({"iss": ISSUER.replace('e', "\u{435}")}),
        json!({"sub": true}),
        json!({"sub": {"id": id}}),
        json!({"sub": format!(" {id}")}),
        json!({"sub": format!("{id}\0")}),
        json!({"sub": format!("urn:uuid:{id}")}),
        json!({"sub": id.replace('0', "\u{ff10}")}),
        json!({"scope": {"partner.operator": true}}),
        json!({"scope": [["partner.operator"]]}),
        json!({"scope": true}),
        // an operator has a name too, and one that can be written down
        json!({"scope": "partner.operator", "sub": ""}),
        json!({"scope": "partner.operator", "sub": 7}),
        json!({"scope": "partner.operator", "sub": "root\0"}),
        json!({"scope": "partner.operator", "sub": "root\nroot"}),
        json!({"scope": "partner.operator", "sub": "r".repeat(256)}),
    ] {
        attacks.push(scene.ec.sign_with_kid("ec", &claims_but(id, others)));
    }
    // numbers that no machine's own number holds
    let (plain, good) = (header(&scene.ec, json!({"kid": "ec"})), scene.good().to_string());
    for (claim, number) in
        [("exp", "1e400"), ("exp", "-1e400"), ("nbf", "1e400"), ("exp", "0x7fffffff")]
    {
        let without = claims_but(id, json!({"exp": null})).to_string();
        let body = if claim == "exp" { without } else { good.clone() };
        attacks.push(raw(
            &scene.ec,
            &plain,
            &body.replacen('{', &format!("{{\"{claim}\":{number},"), 1),
        ));
    }
    scene.refuses(&attacks).await;
    // the last second that has four digits for its year
    let late = claims_but(id, json!({"exp": 253_402_300_799_u64}));
    scene.call(&scene.ec.sign_with_kid("ec", &late)).await.unwrap();
}

#[tokio::test]
async fn two_tokens_are_none_whichever_of_them_is_good() {
    let scene = Scene::set().await;
    let good = bearer(&scene.ec.sign_with_kid("ec", &scene.good())).1;
    let bad = bearer("nonsense").1;
    for values in [[&good, &bad], [&bad, &good], [&good, &good]] {
        let mut request = Request::new(pb::GetAccountRequest {
            account_id: scene.ann.id.clone(),
            ..Default::default()
        });
        for value in values {
            request.metadata_mut().append("authorization", value.parse().unwrap());
        }
        let mut client = AccountServiceClient::new(scene.harness.channel.clone());
        let refusal = refused(client.get_account(request).await);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::Unauthenticated, "CREDENTIALS_INVALID")
        );
    }
}

#[tokio::test]
async fn spaces_around_a_token_are_none_of_it_and_other_white_space_is() {
    let scene = Scene::set().await;
    let token = scene.ec.sign_with_kid("ec", &scene.good());
    let call = async |value: String| {
        get_account(&scene.harness, &[("authorization", value)], &scene.ann.id).await
    };
    for value in [format!("Bearer   {token}"), format!("bEARER {token} ")] {
        call(value).await.unwrap();
    }
    for value in [
        format!("Bearer\t{token}"),
        format!("Bearer \t{token}"),
        format!("Bearer {token}\t"),
        format!("Bearer: {token}"),
        format!("Bearer \"{token}\""),
        format!("Bearer Bearer {token}"),
        format!("Bearer token={token}"),
        format!("DPoP {token}"),
    ] {
        let refusal = refused(call(value.clone()).await);
        assert_eq!(
            (refusal.code, &*refusal.reason),
            (Code::Unauthenticated, "CREDENTIALS_INVALID"),
            "{value}"
        );
    }
}

#[tokio::test]
async fn a_token_may_be_long_and_one_too_long_for_a_header_harms_nobody() {
    let scene = Scene::set().await;
    let of = |length: usize| {
        let claims = claims_but(&scene.ann.boss.id, json!({"groups": "g".repeat(length)}));
        scene.ec.sign_with_kid("ec", &claims)
    };
    let long = of(5_000);
    assert!(long.len() > 6_000, "{}", long.len());
    scene.call(&long).await.unwrap();
    for length in [8 * 1024, 64 * 1024] {
        assert!(scene.call(&of(length)).await.is_err(), "{length}");
        scene.call(&long).await.unwrap();
    }
}
