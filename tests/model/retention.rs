//! What is not kept any more is said to be gone, to sleepers and to those in the middle of reading: never skipped.

use crate::stage::Stage;
use crate::subscriber::{Opening, Subscriber, all_told};
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::{Record, Start};
use crate::support::checker::verdict::Verdict;
use crate::support::world::Organization;
use partner_service::domain::time::DAY;

/// Far more than a stalled reader's buffers and the blocks kept in memory hold.
const EVENTS: usize = 400;

/// Lets everything go but one last event, eight days later; its position.
async fn trim(stage: &Stage, bo: &Organization) -> i64 {
    let on = &stage.replicas[0];
    on.clock.advance(8 * DAY);
    let kept = bo.hires(on, "kept").await.position;
    on.backend.trim_log().await.unwrap();
    kept
}

fn judged(record: &Record, log: &Log) -> Verdict {
    let oracle = Oracle::of(log, &Retentions::new());
    judge(record, &oracle.page(record.viewer), log)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_slept_too_long_is_expired_on_every_replica_and_one_below_the_floor_is_not() {
    let stage = Stage::build().await;
    let (ann, bo, _) = stage.replicas[0].partners("ann", "bo").await;
    let mut sleeper = Subscriber::of(&ann);
    sleeper.watch(&stage, &ann, Opening { cut_after: Some(1), ..Opening::from(Start::Now) });
    sleeper.ends().await.unwrap();
    sleeper.close().await;
    let early = sleeper.record(|record| record.last_message()).unwrap();
    // so many that no replica has its place in memory any more
    let mut last = 0;
    for number in 0..EVENTS / 8 {
        last = bo.hires(&stage.replicas[0], &format!("m{number}")).await.position;
    }
    sleeper.watch(&stage, &ann, Opening::from(Start::Resume(early)));
    assert!(sleeper.reaches(last).await.is_some());
    sleeper.close().await;
    let late = sleeper.record(|record| record.last_message()).unwrap();
    let log = Log::read(&stage.db).await;
    let kept = trim(&stage, &bo).await;
    for replica in 0..stage.replicas.len() {
        let opening = Opening { replica, ..Opening::from(Start::Resume(early)) };
        sleeper.watch(&stage, &ann, opening);
        assert!(sleeper.ends().await.is_some());
        assert_eq!(sleeper.close().await.as_deref(), Some("RESUME_TOKEN_EXPIRED"));
        let opening = Opening { replica, ..Opening::from(Start::Resume(late)) };
        sleeper.watch(&stage, &ann, opening);
        assert!(sleeper.reaches(kept).await.is_some(), "right below the floor nothing is missing");
        assert_eq!(sleeper.close().await, None);
    }
    let log = log.joined(Log::read(&stage.db).await);
    sleeper.record(|record| judged(record, &log).assert_clean("a sleeper"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_retention_passes_in_the_middle_of_a_page_is_told_so_and_nothing_is_skipped()
{
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut reader = Subscriber::of(&ann);
    reader.watch(&stage, &ann, Opening { cut_after: Some(1), ..Opening::from(Start::Now) });
    reader.ends().await.unwrap();
    reader.close().await;
    let early = reader.record(|record| record.last_message()).unwrap();
    // what it stalls in are events: they come before any heartbeat
    bo.hires(on, "first").await;
    reader.watch(&stage, &ann, Opening { held: true, ..Opening::from(Start::Resume(early)) });
    assert!(reader.is_answered().await);
    for number in 1..EVENTS {
        bo.hires(on, &format!("m{number}")).await;
    }
    let log = Log::read(&stage.db).await;
    trim(&stage, &bo).await;
    reader.release();
    assert!(reader.ends().await.is_some(), "it ends");
    assert_eq!(reader.close().await.as_deref(), Some("RESUME_TOKEN_EXPIRED"));
    let log = log.joined(Log::read(&stage.db).await);
    reader.record(|record| {
        let verdict = judged(record, &log);
        verdict.assert_clean("a stalled reader");
        assert!((1..EVENTS).contains(&verdict.events), "{verdict}");
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_that_retention_passes_is_completed_or_expired_and_a_live_stream_goes_on() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    for number in 0..EVENTS / 10 {
        bo.hires(on, &format!("m{number}")).await;
    }
    let mut stalled = Subscriber::of(&ann);
    stalled.watch(&stage, &ann, Opening { held: true, ..Opening::from(Start::Snapshot) });
    assert!(stalled.is_answered().await);
    let mut live = Subscriber::of(&ann);
    live.watch(&stage, &ann, Opening::from(Start::Snapshot));
    let last = bo.hires(on, "one").await.position;
    assert!(live.reaches(last).await.is_some());
    let log = Log::read(&stage.db).await;
    let kept = trim(&stage, &bo).await;
    assert!(live.reaches(kept).await.is_some(), "who has told everything is not concerned");
    assert_eq!(live.close().await, None);
    stalled.release();
    stalled.reaches(kept).await.expect("the snapshot's reader gets on, or is told why not");
    let reason = stalled.close().await;
    assert!(reason.is_none_or(|reason| reason == "RESUME_TOKEN_EXPIRED"));
    let log = log.joined(Log::read(&stage.db).await);
    for reader in [&live, &stalled] {
        reader.record(|record| judged(record, &log).assert_clean(&record.name));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_let_go_before_its_time() {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut sleeper = Subscriber::of(&ann);
    sleeper.watch(&stage, &ann, Opening { cut_after: Some(1), ..Opening::from(Start::Now) });
    sleeper.ends().await.unwrap();
    sleeper.close().await;
    on.clock.advance(6 * DAY);
    on.backend.trim_log().await.unwrap();
    let head = bo.hires(on, "one").await.position;
    let last = sleeper.record(|record| record.last_message()).unwrap();
    sleeper.watch(&stage, &ann, Opening::from(Start::Resume(last)));
    all_told(&stage, &mut [sleeper], head).await;
}
