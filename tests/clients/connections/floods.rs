//! More of something than anybody needs.

use super::Stage;
use super::frames::{
    Attacker, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, Frame, HEADERS, PING,
    RST_STREAM, SETTINGS, call, field, frame, last_word,
};
use std::collections::BTreeSet;

const LIST: &str = "/partner.v1.AccountService/ListAccounts";
const CANCEL: &[u8] = &[0, 0, 0, 8];
/// What an attack may leave behind, in MiB: room for the allocator and for who else is served.
const CRUMBS: f64 = 24.0;

/// A whole call, and its cancellation.
fn called_off(stream: u32) -> Vec<u8> {
    [
        frame(HEADERS, END_HEADERS, stream, &call(LIST)),
        frame(DATA, END_STREAM, stream, &[0; 5]),
        frame(RST_STREAM, 0, stream, CANCEL),
    ]
    .concat()
}

#[tokio::test]
async fn calls_that_are_called_off_at_once_cost_others_nothing() {
    let stage = Stage::new();
    let growth = stage
        .growth(async {
            let mut attacker = stage.attacker().await;
            let mut sent = 0_u32;
            while sent < 20_000 {
                let burst: Vec<u8> =
                    (sent..sent + 100).flat_map(|call| called_off(2 * call + 1)).collect();
                sent += 100;
                if !attacker.send(&burst).await {
                    break;
                }
                if sent.is_multiple_of(5_000) {
                    stage.answers_others().await;
                }
            }
            let frames = attacker.leave().await;
            let word = last_word(&frames);
            assert!(matches!(word, None | Some(0 | ENHANCE_YOUR_CALM)), "{word:?}");
            println!("{sent} calls called off, last word {word:?}");
        })
        .await;
    stage.answers_others().await;
    println!("memory grew by {growth:.1} MiB");
    assert!(growth < CRUMBS, "{growth} MiB");
}

#[tokio::test]
async fn a_header_block_without_end_is_ended() {
    let stage = Stage::new();
    let growth = stage
        .growth(async {
            let mut attacker = stage.attacker().await;
            attacker.send(&frame(HEADERS, 0, 1, &call(LIST))).await;
            let mut block = Vec::new();
            field(&mut block, b"x", &[b'x'; 4_000]);
            let more = frame(CONTINUATION, 0, 1, &block);
            let mut sent = 0;
            while sent < 20_000 && attacker.send(&more).await {
                sent += 1;
            }
            println!("{sent} CONTINUATION frames were taken");
            assert!(sent < 20_000, "nothing stopped it");
            let frames = attacker.until_closed().await;
            println!("last word {:?}", last_word(&frames));
        })
        .await;
    stage.answers_others().await;
    println!("memory grew by {growth:.1} MiB");
    assert!(growth < CRUMBS, "{growth} MiB");
}

#[tokio::test]
async fn headers_beyond_8_kib_are_refused_and_the_connection_serves_on() {
    let stage = Stage::new();
    let mut attacker = stage.attacker().await;
    for stream in 0..50 {
        let mut block = call(LIST);
        field(&mut block, b"x-much", &[b'x'; 9_000]);
        assert!(attacker.send(&frame(HEADERS, END_HEADERS, 2 * stream + 1, &block)).await);
    }
    let good =
        [frame(HEADERS, END_HEADERS, 101, &call(LIST)), frame(DATA, END_STREAM, 101, &[0; 5])];
    assert!(attacker.send(&good.concat()).await);
    let is_answer = |frame: &Frame| {
        (frame.kind, frame.stream) == (HEADERS, 101) && frame.flags & END_STREAM != 0
    };
    let frames = attacker.until(is_answer).await;
    // each by the status 431, or by the end of the stream alone
    let refused: BTreeSet<u32> = frames
        .iter()
        .filter(|frame| [HEADERS, RST_STREAM].contains(&frame.kind) && frame.stream < 101)
        .map(|frame| frame.stream)
        .collect();
    assert_eq!(refused.len(), 50, "{frames:?}");
    assert!(frames.iter().any(|frame| frame.kind == DATA && frame.stream == 101), "{frames:?}");
    stage.answers_others().await;
}

#[tokio::test]
async fn pings_and_settings_that_nobody_reads_the_answers_to_are_not_answered_for_ever() {
    let stage = Stage::new();
    for flood in [frame(PING, 0, 0, &[7; 8]), frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0xff, 0xff])] {
        let growth = stage
            .growth(async {
                let mut attacker = Attacker::deaf(&stage.service.address).await;
                let burst = flood.repeat(1_000);
                let mut bursts = 0;
                while bursts < 5_000 && attacker.send(&burst).await {
                    bursts += 1;
                }
                println!("{bursts} thousand were taken");
                // it does not read on while its answers are not read
                assert!(bursts < 5_000);
                stage.answers_others().await;
            })
            .await;
        println!("memory grew by {growth:.1} MiB");
        assert!(growth < CRUMBS, "{growth} MiB");
    }
}

#[tokio::test]
async fn pings_whose_answers_are_read_are_answered_and_keep_nobody_waiting() {
    let stage = Stage::new();
    let mut attacker = stage.attacker().await;
    let burst = frame(PING, 0, 0, &[7; 8]).repeat(1_000);
    for _ in 0..100 {
        assert!(attacker.send(&burst).await);
    }
    stage.answers_others().await;
    let frames = attacker.leave().await;
    assert!(frames.iter().any(|frame| frame.kind == PING && frame.flags == 1));
}

#[tokio::test]
async fn messages_that_are_never_finished_are_not_hoarded() {
    let stage = Stage::new();
    stage.answers_others().await;
    let before = stage.service.memory();
    let mut attacker = stage.attacker().await;
    // messages of 200 KiB are announced, and all but their ends are sent: 73 MiB
    for call_number in 0..400 {
        let stream = 2 * call_number + 1;
        let mut bytes = frame(HEADERS, END_HEADERS, stream, &call(LIST));
        bytes.extend(frame(DATA, 0, stream, &[0, 0, 3, 0x20, 0]));
        bytes.extend(frame(DATA, 0, stream, &[0; 16_000]).repeat(12));
        assert!(attacker.may_send(12 * 16_000 + 5).await, "after {call_number}");
        assert!(attacker.send(&bytes).await, "after {call_number}");
    }
    stage.answers_others().await;
    let growth = stage.service.memory() - before;
    println!("memory grew by {growth:.1} MiB");
    let frames = attacker.leave().await;
    let refused = frames.iter().filter(|frame| frame.kind == HEADERS).count();
    println!("{refused} of 400 were refused");
    assert!((300..400).contains(&refused) && growth < CRUMBS, "{refused}, {growth} MiB");
}
