//! Form: what is no token to the letter, and what says that it has to be understood otherwise.

use super::{Scene, header, part, raw, signed};
use crate::keys::{bearer, claims_but, get_account};
use crate::support::refusal::refused;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};
use partner_service::grpc::pb;
use pb::account_service_client::AccountServiceClient;
use serde_json::json;
use tonic::{Code, Request};

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
