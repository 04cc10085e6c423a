//! What is no HTTP/2, or breaks its rules: the connection ends with the code that says which.

use super::Stage;
use super::frames::{
    CONTINUATION, DATA, END_HEADERS, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, HEADERS, PING,
    PROTOCOL_ERROR, SETTINGS, WINDOW_UPDATE, call, frame, last_word,
};

const LIST: &str = "/partner.v1.AccountService/ListAccounts";

#[tokio::test]
async fn each_breach_of_the_protocol_ends_its_connection_with_the_code_for_it() {
    let stage = Stage::new();
    let mut wrong = Vec::new();
    let most = 0x7fff_ffff_u32.to_be_bytes();
    for (what, bytes, code) in [
        ("a frame larger than allowed", vec![0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1], FRAME_SIZE_ERROR),
        // of these two, and of headers in no table, h2 tells the general code
        ("SETTINGS of five bytes", frame(SETTINGS, 0, 0, &[0; 5]), PROTOCOL_ERROR),
        ("PING of seven bytes", frame(PING, 0, 0, &[0; 7]), PROTOCOL_ERROR),
        ("DATA before HEADERS", frame(DATA, 0, 1, &[0; 5]), PROTOCOL_ERROR),
        ("a stream of the server's", frame(HEADERS, END_HEADERS, 2, &call(LIST)), PROTOCOL_ERROR),
        ("CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, &[]), PROTOCOL_ERROR),
        (
            "another frame within a header block",
            [frame(HEADERS, 0, 1, &call(LIST)), frame(PING, 0, 0, &[0; 8])].concat(),
            PROTOCOL_ERROR,
        ),
        ("headers that no table has", frame(HEADERS, END_HEADERS, 1, &[0xff; 4]), PROTOCOL_ERROR),
        ("a window beyond 2^31", frame(WINDOW_UPDATE, 0, 0, &most), FLOW_CONTROL_ERROR),
    ] {
        let mut attacker = stage.attacker().await;
        attacker.send(&bytes).await;
        let word = last_word(&attacker.until_closed().await);
        if word != Some(code) {
            wrong.push(format!("{what}: {word:?} instead of {code}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    stage.answers_others().await;
}
