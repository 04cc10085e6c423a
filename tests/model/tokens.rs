//! P5: tokens prove themselves, whatever message they come from; what does not is refused with its reason.

use crate::bounds::{refusal, request, watch};
use crate::stage::{Stage, tiny, usual};
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::world::Organization;
use crate::support::{Caller, Harness, Options};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use partner_service::feed::token::ResumeToken;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use pb::watch_members_response::Payload;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn resume(account_id: &str, token: &str) -> pb::WatchMembersRequest {
    let start = Some(Start::ResumeToken(token.to_owned()));
    pb::WatchMembersRequest { start, ..request(account_id) }
}

async fn reason(by: &Caller, account_id: &str, token: &str) -> String {
    refusal(by, resume(account_id, token)).await.reason
}

/// A token of each kind of message that `ann` gets, and the two partners.
async fn scene(stage: &Stage) -> (Organization, Organization, BTreeMap<&'static str, String>) {
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut stream = watch(&ann.by, request(&ann.id)).await.unwrap();
    let cy = on.organization("cy").await;
    cy.joins(&ann).await;
    bo.hires(on, "one").await;
    let mut tokens = BTreeMap::new();
    while tokens.len() < 7 {
        let message = stream.message().await.unwrap().unwrap();
        let inside = tokens.contains_key("activated") && !tokens.contains_key("sub-synced");
        let kind = match message.payload.unwrap() {
            Payload::SnapshotBegin(_) => "begin",
            Payload::Contact(_) if inside => "sub-contact",
            Payload::Contact(_) => "contact",
            Payload::Synced(_) if inside => "sub-synced",
            Payload::Synced(_) => "synced",
            Payload::Event(event) if event.member.is_none() => "activated",
            Payload::Event(_) => "member",
            Payload::Heartbeat(_) => continue,
        };
        tokens.insert(kind, message.resume_token);
    }
    (ann, bo, tokens)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_cut_short_or_with_any_bit_flipped_is_invalid_whatever_message_it_is_from() {
    let stage = Stage::build().await;
    let (ann, _, tokens) = scene(&stage).await;
    let mut tried = 0;
    for (kind, token) in &tokens {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).unwrap();
        let flipped = (0..bytes.len() * 8).step_by(7).map(|bit| {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            BASE64_URL_SAFE_NO_PAD.encode(flipped)
        });
        let cut = (0..token.len()).step_by(9).filter(|length| *length > 0);
        let damaged: Vec<String> =
            flipped.chain(cut.map(|length| token[..length].to_owned())).collect();
        for token in damaged {
            assert_eq!(reason(&ann.by, &ann.id, &token).await, "RESUME_TOKEN_INVALID", "{kind}");
            tried += 1;
        }
    }
    println!("0 of {tried} damaged tokens were taken");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_from_inside_a_snapshot_serves_its_own_account_alone_and_others_anybody() {
    let stage = Stage::build().await;
    let (ann, bo, tokens) = scene(&stage).await;
    for (kind, token) in &tokens {
        let mut own = watch(&ann.by, resume(&ann.id, token)).await.unwrap();
        own.message().await.unwrap().unwrap();
        if matches!(*kind, "begin" | "contact" | "activated" | "sub-contact") {
            assert_eq!(reason(&bo.by, &bo.id, token).await, "RESUME_TOKEN_INVALID", "{kind}");
        } else {
            let mut others = watch(&bo.by, resume(&bo.id, token)).await.unwrap();
            let message = others.message().await.unwrap().unwrap();
            assert!(matches!(message.payload, Some(Payload::Heartbeat(_))), "{message:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_another_log_is_invalid_and_one_of_another_history_or_beyond_the_head_diverged()
{
    let stage = Stage::build().await;
    // what is copied from a template is the same log
    let other = Stage::over(Arc::new(TestDatabase::empty().await), tiny()).await;
    let (ann, _, tokens) = scene(&stage).await;
    let (_, _, foreign) = scene(&other).await;
    for (kind, token) in &tokens {
        assert_eq!(
            reason(&ann.by, &ann.id, &foreign[kind]).await,
            "RESUME_TOKEN_INVALID",
            "{kind}"
        );
        let opened = ResumeToken::open(token).unwrap();
        let beyond = ResumeToken { position: 1_000_000, ..opened }.seal();
        assert_eq!(reason(&ann.by, &ann.id, &beyond).await, "RESUME_TOKEN_DIVERGED", "{kind}");
        let rewritten = ResumeToken { proof: [7; 8], ..opened }.seal();
        assert_eq!(reason(&ann.by, &ann.id, &rewritten).await, "RESUME_TOKEN_DIVERGED", "{kind}");
    }
}

/// Two replicas on PostgreSQL, the second of which looks at the log only so often.
async fn behind(poll: Duration) -> (Harness, Harness) {
    let first = Harness::with(Options { limits: usual(), ..Options::default() }).await;
    let database = Some(Arc::clone(&first.database));
    let mut options = Options { limits: usual(), database, ..Options::default() };
    options.limits.feed.poll = poll;
    options.clock = Some(first.clock.clone());
    let second = Harness::with(options).await;
    (first, second)
}

#[tokio::test]
async fn a_token_ahead_of_a_replica_waits_for_it_and_is_not_yet_there_if_that_takes_too_long() {
    // SQLite serves one process: its one replica cannot be behind itself
    if engine() == TestEngine::Sqlite {
        return;
    }
    for (poll, is_told) in [(Duration::from_secs(2), true), (Duration::from_secs(3_600), false)] {
        let (first, second) = behind(poll).await;
        let (ann, bo, _) = first.partners("ann", "bo").await;
        let mut ahead = watch(&ann.by, request(&ann.id)).await.unwrap();
        bo.hires(&first, "one").await;
        let token = loop {
            let message = ahead.message().await.unwrap().unwrap();
            if matches!(message.payload, Some(Payload::Event(_))) {
                break message.resume_token;
            }
        };
        let by = second.member(&ann.boss.id);
        if is_told {
            let mut stream = watch(&by, resume(&ann.id, &token)).await.unwrap();
            bo.hires(&first, "two").await;
            let position = ResumeToken::open(&token).unwrap().position;
            let message = stream.message().await.unwrap().unwrap();
            assert!(message.position >= position, "{message:?} before {position}");
        } else {
            assert_eq!(reason(&by, &ann.id, &token).await, "NOT_YET_THERE");
        }
    }
}
