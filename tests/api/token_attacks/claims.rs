//! Claims: signed as they should be, and of another kind or out of reach.

use super::{Scene, header, raw};
use crate::keys::{AUDIENCE, ISSUER, claims_but};
use jsonwebtoken::get_current_timestamp;
use serde_json::json;

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
