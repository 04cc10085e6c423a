//! Scenes of one stream, each ending with an objection or with none.

use crate::proof::{Objection, objection};
use crate::stage::{Stage, tiny, usual};
use crate::subscriber::{Opening, Subscriber};
use crate::support::checker::judge::judge;
use crate::support::checker::log::Log;
use crate::support::checker::oracle::{Oracle, Retentions};
use crate::support::checker::record::Start;
use crate::support::refusal::Refusal;
use crate::support::roster::connect;
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use futures::future::join_all;
use partner_service::caller::{ActingMember, Actor, Need};
use partner_service::domain::ids::{AccountId, EventId, MemberId};
use partner_service::domain::time::DAY;
use partner_service::entity::log;
use partner_service::feed::token::ResumeToken;
use partner_service::grpc::pb;
use partner_service::sync::start::{self, Wish};
use partner_service::sync::watch::Watch;
use pb::watch_members_request::Start as Wanted;
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, QueryFilter};
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

const EVENTS: usize = 400;
/// In one look of the tail.
const TOGETHER: usize = 60;
/// Longer than what is published takes to be told, on a machine that has much else to do.
const QUIET: Duration = Duration::from_secs(5);
/// A replica that looks so seldom does not look at all.
const NEVER: Duration = Duration::from_secs(3_600);

/// What the judge says of a subscriber's record.
pub fn judged(subscriber: &Subscriber, log: &Log, retentions: &Retentions) -> Objection {
    let oracle = Oracle::of(log, retentions);
    subscriber.record(|record| objection(&judge(record, &oracle.page(record.viewer), log)))
}

/// Many members in one call; those that were made.
pub async fn hires_many(
    on: &Harness,
    account_id: &str,
    emails: Vec<String>,
) -> Result<Vec<pb::Member>, Status> {
    let member = |email| pb::Member {
        email,
        profile: pb::MemberProfile::Observer.into(),
        ..Default::default()
    };
    let request = pb::BatchRegisterMembersRequest {
        account_id: account_id.to_owned(),
        members: emails.into_iter().map(member).collect(),
        ..Default::default()
    };
    let answer = on.operator().accounts.batch_register_members(request).await?;
    let results = answer.into_inner().results.into_iter();
    let made = results.filter_map(|result| match result.outcome {
        Some(pb::batch_register_members_result::Outcome::Member(member)) => Some(member),
        _ => None,
    });
    Ok(made.collect())
}

/// Retention passes a reader that stands still in the middle of a page.
pub async fn trimmed() -> Objection {
    let stage = Stage::build().await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut reader = Subscriber::of(&ann);
    let opening = Opening { held: true, ..Opening::from(Start::Now) };
    reader.watch(&stage, &ann, opening);
    assert!(reader.is_answered().await, "a stream begins");
    let last = many_happen(on, &bo).await;
    on.backend.feed.hub.reach(last).await;
    let log = Log::read(&stage.db).await;
    on.clock.advance(8 * DAY);
    let kept = bo.hires(on, "kept").await.position;
    on.backend.trim_log().await.unwrap();
    reader.release();
    reader.reaches(kept).await;
    let reason = reader.close().await;
    judged(&reader, &log.joined(Log::read(&stage.db).await), &Retentions::new()).or_else(|| {
        (reason.as_deref() != Some("RESUME_TOKEN_EXPIRED"))
            .then(|| format!("a stream that retention passed and that ended with {reason:?}"))
    })
}

/// More is published at once than is noted for a watcher: what concerns it alternates with what does not, since neighbours
/// are noted as one.
pub async fn overflowing() -> Objection {
    let mut limits = tiny();
    // all of it stays in memory: nothing sends the watcher to the database for another reason
    (limits.feed.page, limits.feed.ring) = (64, 2 * EVENTS);
    let stage = Stage::with(limits).await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let stranger = on.organization("cy").await;
    let mut reader = Subscriber::of(&ann);
    reader.watch(&stage, &ann, Opening::from(Start::Snapshot));
    let one = bo.hires(on, "one").await.position;
    reader.reaches(one).await;
    // all at once: they share few commits
    let hired = join_all((0..TOGETHER).map(|number| {
        let of = if number % 2 == 0 { &bo } else { &stranger };
        async move { of.hires(on, &format!("m{number}")).await.position }
    }));
    let last = hired.await.into_iter().step_by(2).max().expect("somebody new");
    reader.reaches(last).await;
    reader.record(|record| record.complete_to = Some(last));
    reader.close().await;
    judged(&reader, &Log::read(&stage.db).await, &Retentions::new())
}

/// Far more than a stalled reader's buffers, and what is kept in memory, hold; the position of the last.
async fn many_happen(on: &Harness, of: &Organization) -> i64 {
    let emails = (0..EVENTS).map(|number| of.address(format_args!("m{number}"))).collect();
    let members = hires_many(on, &of.id, emails).await.expect("a batch");
    members.last().expect("somebody new").position
}

/// A partnership begins while a watcher is on its way in.
pub async fn entered() -> Objection {
    let harness = Harness::with(Options { limits: usual(), ..Options::default() }).await;
    let hub = &harness.backend.feed.hub;
    for number in 0..5 {
        let ann = harness.organization(&format!("ann{number}")).await;
        let bo = harness.organization(&format!("bo{number}")).await;
        let id = bo.invites(&ann.email()).await.unwrap().id;
        let mut reader = Subscriber::of(&ann);
        let before = hub.streams();
        reader.open(&ann.by, Opening::from(Start::Snapshot));
        while hub.streams() == before {
            tokio::task::yield_now().await;
        }
        ann.accepts(&id).await.unwrap();
        assert!(reader.is_answered().await, "a stream begins");
        let later = bo.hires(&harness, "later").await.position;
        reader.reaches(later).await;
        reader.record(|record| record.complete_to = Some(later));
        reader.close().await;
        let db = connect(&harness.database.url).await;
        let objection = judged(&reader, &Log::read(&db).await, &Retentions::new());
        if objection.is_some() {
            return objection;
        }
    }
    None
}

/// Another event stands where the newest one did, as a failover to a standby that lacked it leaves it.
pub async fn rewritten() -> Objection {
    let stage = Stage::with(usual()).await;
    let on = &stage.replicas[0];
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut reader = Subscriber::of(&ann);
    reader.watch(&stage, &ann, Opening::from(Start::Snapshot));
    let last = bo.hires(on, "one").await.position;
    reader.reaches(last).await;
    log::Entity::update_many()
        .col_expr(log::Column::EventId, Expr::value(EventId::fresh()))
        .filter(log::COLUMN.position.eq(last))
        .exec(&stage.db)
        .await
        .unwrap();
    let next = bo.hires(on, "two").await.position;
    reader.reaches(next).await;
    let reason = reader.close().await;
    match reason.as_deref() {
        Some("RESUME_TOKEN_DIVERGED") => None,
        Some(other) => Some(format!("a stream that {other} ends where history was rewritten")),
        None => Some("a stream that goes on where history was rewritten".to_owned()),
    }
}

/// Two partners, and a stream that has told the one the other's people.
async fn told(on: &Harness) -> (Organization, Organization, String) {
    let (ann, bo, _) = on.partners("ann", "bo").await;
    let mut stream = ann.watches(None).await.unwrap();
    stream.said(3).await;
    (ann, bo, stream.token)
}

/// A token of the right log and position, and of another event.
pub async fn forged() -> Objection {
    let harness = Harness::start().await;
    let (ann, _, token) = told(&harness).await;
    let token = ResumeToken { proof: [7; 8], ..ResumeToken::open(&token).unwrap() };
    match ann.resumes(&token.seal()).await {
        Err(status) if Refusal::of(&status).reason == "RESUME_TOKEN_DIVERGED" => None,
        Err(status) => Some(format!("a forged token, refused with {status:?}")),
        Ok(_) => Some("a forged token that is taken".to_owned()),
    }
}

/// What is published is told at once, not with the next sign of life.
pub async fn published() -> Objection {
    let harness = Harness::with(Options { limits: usual(), ..Options::default() }).await;
    let (ann, bo, _) = harness.partners("ann", "bo").await;
    let request = pb::WatchMembersRequest {
        account_id: ann.id.clone(),
        start: Some(Wanted::Now(())),
        heartbeat_interval: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
        min_position: 0,
    };
    let mut stream = ann.by.clone().sync.watch_members(request).await.unwrap().into_inner();
    stream.message().await.unwrap();
    // the first ones may come before the stream has found out that there is nothing
    for number in 0..5 {
        let position = bo.hires(&harness, &format!("m{number}")).await.position;
        harness.backend.feed.hub.reach(position).await;
        if tokio::time::timeout(QUIET, stream.message()).await.is_err() {
            return Some(format!("silence of {QUIET:?} over what is published"));
        }
    }
    None
}

/// A member that may not act any more takes the seat that it was let in for.
pub async fn let_in() -> Objection {
    let harness = Harness::start().await;
    let (ann, _, _) = harness.partners("ann", "bo").await;
    let (account, id) =
        (AccountId(ann.id.parse().unwrap()), MemberId(ann.boss.id.parse().unwrap()));
    let member = ActingMember { id, account, display_name: String::new(), manages_partners: false };
    let actor =
        Actor { account: Some(account), member: Some(member), operator: None, need: Need::Member };
    harness.deactivates(&ann.id, &ann.boss.id).await;
    let wish = Wish {
        start: start::Start::Now,
        heartbeat: Duration::from_secs(1),
        min_position: 0,
        credentials_end: None,
    };
    let opened = Watch::open(Arc::clone(&harness.backend), &actor, account, wish, ()).await;
    opened.is_ok().then(|| "a stream of a deactivated member that nothing will end".to_owned())
}

/// Another replica over the same database, which does not look at the log unless it hears the bell.
async fn asleep(first: &Harness) -> Harness {
    let mut limits = usual();
    limits.feed.poll = NEVER;
    limits.patience = Duration::from_secs(1);
    let (database, clock) = (Some(Arc::clone(&first.database)), Some(first.clock.clone()));
    Harness::with(Options { limits, database, clock, ..Options::default() }).await
}

/// A token of what this replica has yet to see.
pub async fn ahead() -> Objection {
    let first = Harness::start().await;
    let second = asleep(&first).await;
    let (ann, _, token) = told(&first).await;
    let there = Organization { by: second.member(&ann.boss.id), ..ann };
    let answer = there.resumes(&token).await.map(|_| ());
    let reason = answer.map_err(|status| Refusal::of(&status).reason);
    (reason != Err("NOT_YET_THERE".to_owned()))
        .then(|| format!("a token ahead of its replica, answered with {reason:?}"))
}

/// Who reads the database on a replica that is behind the log.
pub async fn read_behind() -> Objection {
    behind(true).await
}

/// Who begins with a snapshot on a replica that is behind the log.
pub async fn begun_behind() -> Objection {
    behind(false).await
}

/// A stream on a replica that is behind, and then is not any more.
async fn behind(resumes: bool) -> Objection {
    let first = Harness::with(Options { limits: usual(), ..Options::default() }).await;
    let (ann, bo, _) = first.partners("ann", "bo").await;
    let mut reader = Subscriber::of(&ann);
    reader.open(&ann.by, Opening::from(Start::Snapshot));
    let early = bo.hires(&first, "early").await.position;
    reader.reaches(early).await;
    reader.close().await;
    let last_told = reader.record(|record| record.last_message()).unwrap();
    bo.hires(&first, "unseen").await;
    let second = asleep(&first).await;
    let tail = second.backend.feed.hub.tail().position;
    bo.hires(&first, "beyond").await;
    let start = if resumes { Start::Resume(last_told) } else { Start::Snapshot };
    reader.open(&second.member(&ann.boss.id), Opening::from(start));
    reader.reaches(tail).await;
    let last = bo.hires(&first, "last").await.position;
    second.backend.feed.bell.told();
    reader.reaches(last).await;
    if let Some(reason) = reader.close().await {
        return Some(format!("the service itself: the stream ended with {reason}"));
    }
    let db = connect(&first.database.url).await;
    judged(&reader, &Log::read(&db).await, &Retentions::new())
}
