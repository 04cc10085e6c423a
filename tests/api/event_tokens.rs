//! Resume tokens: any place resumes, and what is damaged, foreign, too old or of a lost history is refused with its reason.

use crate::support::refusal::Refusal;
use crate::support::world::Organization;
use crate::support::{Harness, NOON, Options};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use partner_service::domain::time::DAY;
use partner_service::feed::token::ResumeToken;
use partner_service::grpc::pb;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use std::sync::Arc;
use tonic::Code;

async fn busy() -> (Harness, Organization, Organization) {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    for number in 0..12 {
        let email = format!("m{number}@ann.example");
        harness.register(&a.id, &email, pb::MemberProfile::Observer).await.unwrap();
        harness
            .register(&b.id, &format!("m{number}@bo.example"), pb::MemberProfile::Observer)
            .await
            .unwrap();
    }
    (harness, a, b)
}

async fn refusal(who: &Organization, token: &str) -> Refusal {
    Refusal::of(&who.events_after(token, 50).await.unwrap_err())
}

/// A connection that may write, to do to the log what the service never would.
async fn vandal(harness: &Harness) -> DatabaseConnection {
    sea_orm::Database::connect(harness.database.url.as_str()).await.unwrap()
}

#[tokio::test]
async fn p2_every_page_size_and_every_token_give_the_same_events() {
    let (_harness, _, b) = busy().await;
    let (all, end) = b.all_events_after("", 500).await.unwrap();
    assert_eq!(all.len(), 13);
    for page_size in 1..8 {
        let (events, token) = b.all_events_after("", page_size).await.unwrap();
        assert_eq!(events, all);
        assert_eq!(token, end);
    }
    let mut token = String::new();
    for cut in 0..all.len() {
        let (rest, _) = b.all_events_after(&token, 3).await.unwrap();
        assert_eq!(rest, all[cut..]);
        token = b.events_after(&token, 1).await.unwrap().resume_token;
    }
}

#[tokio::test]
async fn a_token_moves_on_although_nothing_matched_and_misses_nothing_later() {
    let (harness, a, b) = busy().await;
    let stranger = harness.organization("cy").await;
    let (events, token) = stranger.all_events_after("", 50).await.unwrap();
    assert_eq!(events, []);
    assert!(ResumeToken::open(&token).unwrap().position > 20);

    let (_, token) = b.all_events_after("", 50).await.unwrap();
    harness.register(&a.id, "late@ann.example", pb::MemberProfile::Observer).await.unwrap();
    let page = b.events_after(&token, 50).await.unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!(page.events[0].member.as_ref().unwrap().email, "late@ann.example");
    assert!(!page.has_more);
}

#[tokio::test]
async fn a_token_serves_whoever_holds_it_and_shows_each_account_its_own() {
    let (_harness, a, b) = busy().await;
    let token = b.events_after("", 3).await.unwrap().resume_token;
    let position = ResumeToken::open(&token).unwrap().position;
    let (mine, _) = a.all_events_after("", 500).await.unwrap();
    let (rest, _) = a.all_events_after(&token, 500).await.unwrap();
    let expected: Vec<_> = mine.into_iter().filter(|event| event.position > position).collect();
    assert_eq!(rest, expected);
}

#[tokio::test]
async fn a_damaged_token_is_invalid() {
    let (_harness, _, b) = busy().await;
    let token = b.events_after("", 3).await.unwrap().resume_token;
    let mut flipped = BASE64_URL_SAFE_NO_PAD.decode(&token).unwrap();
    flipped[20] ^= 1;
    let flipped = BASE64_URL_SAFE_NO_PAD.encode(flipped);
    for wrong in [&token[1..], &token[..token.len() - 2], "?", flipped.as_str()] {
        let refusal = refusal(&b, wrong).await;
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::InvalidArgument, "RESUME_TOKEN_INVALID")
        );
    }
}

#[tokio::test]
async fn p5_a_token_of_another_log_is_invalid_and_one_beyond_the_head_or_of_other_events_diverged()
{
    let (_harness, _, b) = busy().await;
    let token = b.events_after("", 3).await.unwrap().resume_token;
    let opened = ResumeToken::open(&token).unwrap();
    let foreign = ResumeToken { log: uuid::Uuid::now_v7(), ..opened }.seal();
    assert_eq!(refusal(&b, &foreign).await.reason, "RESUME_TOKEN_INVALID");

    let beyond = ResumeToken { position: 1_000_000, ..opened }.seal();
    let refused = refusal(&b, &beyond).await;
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED")
    );
    let other_event = ResumeToken { proof: [0; 8], ..opened }.seal();
    assert_eq!(refusal(&b, &other_event).await.reason, "RESUME_TOKEN_DIVERGED");
}

#[tokio::test]
async fn what_is_older_than_the_retention_is_expired_and_right_below_the_floor_still_resumes() {
    let (harness, a, b) = busy().await;
    let old = b.events_after("", 3).await.unwrap().resume_token;
    let (_, end) = b.all_events_after("", 500).await.unwrap();
    harness.clock.advance(8 * DAY);
    harness.register(&a.id, "late@ann.example", pb::MemberProfile::Observer).await.unwrap();
    harness.backend.trim_log().await.unwrap();

    let refused = refusal(&b, &old).await;
    assert_eq!((refused.code, refused.reason.as_str()), (Code::OutOfRange, "RESUME_TOKEN_EXPIRED"));
    let earliest: i64 = refused.metadata["earliest_position"].parse().unwrap();
    assert_eq!(refused.metadata["retention_seconds"], (7 * DAY.as_secs()).to_string());

    let below = ResumeToken::open(&end).unwrap();
    assert_eq!(below.position, earliest - 1, "the token at the end stands right below the floor");
    for token in [end.as_str(), ""] {
        let (events, _) = b.all_events_after(token, 50).await.unwrap();
        assert_eq!(events.len(), 1);
        assert_eq!(events[0].position, earliest);
    }
    let forged = ResumeToken { proof: [0; 8], ..below }.seal();
    assert_eq!(refusal(&b, &forged).await.reason, "RESUME_TOKEN_DIVERGED");
}

#[tokio::test]
async fn the_newest_event_stays_however_old_it_is() {
    let (harness, _, b) = busy().await;
    let (_, end) = b.all_events_after("", 500).await.unwrap();
    harness.clock.advance(100 * DAY);
    harness.backend.trim_log().await.unwrap();
    let (events, token) = b.all_events_after(&end, 50).await.unwrap();
    assert_eq!(events, []);
    assert_eq!(token, end);
}

#[tokio::test]
async fn beyond_a_hole_in_the_log_nothing_is_told() {
    let (harness, _, b) = busy().await;
    let token = b.events_after("", 3).await.unwrap().resume_token;
    let position = ResumeToken::open(&token).unwrap().position + 2;
    vandal(&harness)
        .await
        .execute_unprepared(&format!("DELETE FROM log WHERE position = {position}"))
        .await
        .unwrap();
    let refused = refusal(&b, &token).await;
    assert_eq!((refused.code, refused.reason.as_str()), (Code::Internal, "INTERNAL"));
}

#[tokio::test]
async fn p6_a_page_is_as_fresh_as_it_was_asked_to_be_or_refused() {
    let (harness, a, b) = busy().await;
    let registered = {
        let member = pb::Member { email: "new@ann.example".into(), ..Default::default() };
        let request = pb::RegisterMemberRequest {
            account_id: a.id.clone(),
            member: Some(member),
            ..Default::default()
        };
        harness.operator().accounts.register_member(request).await.unwrap().into_inner()
    };
    let ask = |min_position| pb::ListMemberEventsRequest {
        account_id: b.id.clone(),
        page_size: 500,
        min_position,
        ..Default::default()
    };
    let page =
        b.by.clone().sync.list_member_events(ask(registered.position)).await.unwrap().into_inner();
    assert_eq!(page.events.last().unwrap().position, registered.position);
    let refused = b.by.clone().sync.list_member_events(ask(registered.position + 1)).await;
    assert_eq!(crate::support::refusal::reason(refused), "POSITION_UNKNOWN");
}

#[tokio::test]
async fn a_token_survives_a_restart() {
    let (harness, _, b) = busy().await;
    let first = b.events_after("", 3).await.unwrap();
    let (rest, _) = b.all_events_after(&first.resume_token, 500).await.unwrap();
    let database = Arc::clone(&harness.database);
    harness.backend.close().await;
    let options = Options {
        database: Some(database),
        clock: Some(partner_service::backend::Clock::fixed(NOON)),
        ..Options::default()
    };
    let again = Harness::with(options).await;
    drop(harness);
    let b = Organization { by: again.member(&b.boss.id), ..b };
    assert_eq!(b.all_events_after(&first.resume_token, 2).await.unwrap().0, rest);
}
