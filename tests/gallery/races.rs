//! Scenes of two changes that meet: one is held at a pause point, another goes on as far as it comes.

use crate::gate::{Gate, Moment};
use crate::proof::Objection;
use crate::stage::{Stage, usual};
use crate::streams::{hires_many, judged};
use crate::subscriber::{Opening, Subscriber};
use crate::support::checker::log::Log;
use crate::support::checker::oracle::Retentions;
use crate::support::checker::record::Start;
use crate::support::refusal::Refusal;
use crate::support::roster::connect;
use crate::support::{Harness, Options};
use futures::future::{Either, join_all, select};
use partner_service::backend::PausePoint;
use partner_service::domain::event::EventKind;
use partner_service::grpc::pb;
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Far more than any of this takes; a hang fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(30);
/// Writers at once, and what each writes: a change is made again a few times, and not for ever.
const WRITERS: usize = 24;
const WRITES: usize = 4;
/// Addresses in each of the batches that meet, and how often they do.
const ADDRESSES: usize = 40;
const ROUNDS: usize = 4;

/// Two replicas, of which the first can be held.
struct Two {
    held: Harness,
    other: Harness,
    gate: Arc<Gate>,
    db: DatabaseConnection,
}

impl Two {
    async fn build() -> Self {
        let gate = Arc::new(Gate::new());
        let pause = Some(Arc::clone(&gate) as _);
        let limits = usual();
        let held = Harness::with(Options { pause, limits, ..Options::default() }).await;
        let (database, clock) = (Some(Arc::clone(&held.database)), Some(held.clock.clone()));
        let other = Harness::with(Options { database, clock, limits, ..Options::default() }).await;
        let db = connect(&held.database.url).await;
        Self { held, other, gate, db }
    }

    /// `one` as far as `point`, `two` to its end or as far as it comes; what `look` sees then; and both to their ends.
    async fn meet<A, B, L>(
        &self,
        point: PausePoint,
        one: impl Future<Output = A>,
        two: impl Future<Output = B>,
        look: impl Future<Output = L>,
    ) -> (A, B, L) {
        self.gate.arm(Moment::Change(point));
        let mut two = pin!(two);
        let two = async {
            assert!(self.gate.arrival().await, "it comes to {point:?}");
            let done = match select(two.as_mut(), pin!(somebody_waits(&self.db))).await {
                Either::Left((done, _)) => Some(done),
                Either::Right(_) => None,
            };
            let seen = look.await;
            self.gate.release();
            let done = match done {
                Some(done) => done,
                None => two.await,
            };
            (done, seen)
        };
        let both = timeout(PATIENCE, async { tokio::join!(one, two) }).await;
        let (one, (two, seen)) = both.expect("both come to their ends");
        (one, two, seen)
    }
}

/// Until a session of this database stands in a queue for a lock.
async fn somebody_waits(db: &DatabaseConnection) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until(db, waiting, |count| count > 0).await;
}

async fn until(db: &DatabaseConnection, sql: &str, enough: impl Fn(i64) -> bool) {
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !enough(number(db, sql).await) {
        ticks.tick().await;
    }
}

async fn number(db: &DatabaseConnection, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await;
    row.expect("PostgreSQL answers").expect("one row").try_get_by_index(0).expect("a number")
}

/// Every snapshot of the database is a prefix of the log, also between two commits.
pub async fn prefix() -> Objection {
    let two = Two::build().await;
    let (ann, bo) = (two.held.organization("ann").await, two.held.organization("bo").await);
    let one = ann.hires(&two.held, "one").await;
    let other = bo.hires(&two.held, "other").await;
    let renamed = |member: &pb::Member| pb::Member {
        id: member.id.clone(),
        display_name: "another name".to_owned(),
        ..Default::default()
    };
    let holes = "SELECT max(position) - count(*) FROM log";
    let (_, _, holes) = two
        .meet(
            PausePoint::BeforeCommit,
            two.held.updates(&ann.id, renamed(&one)),
            two.other.updates(&bo.id, renamed(&other)),
            number(&two.db, holes),
        )
        .await;
    (holes != 0).then(|| format!("a reader who saw {holes} positions missing below the highest"))
}

/// Many append at once, and none gets in another's way.
pub async fn appends() -> Objection {
    let stage = Stage::with(usual()).await;
    let on = &stage.replicas[0];
    let ann = on.organization("ann").await;
    let emails = (0..WRITERS).map(|number| format!("m{number}@ann.example")).collect();
    let members = hires_many(on, &ann.id, emails).await.expect("a batch");
    let writing = members.into_iter().enumerate().map(async |(number, member)| {
        let by = stage.replicas[number % stage.replicas.len()].operator();
        let mut refused = Vec::new();
        for title in 0..WRITES {
            let (account_id, title) = (ann.id.clone(), format!("title {title}"));
            let member = Some(pb::Member { id: member.id.clone(), title, ..Default::default() });
            let request = pb::UpdateMemberRequest { account_id, member, ..Default::default() };
            let answer = by.accounts.clone().update_member(request).await;
            refused.extend(answer.err().map(|status| Refusal::of(&status).reason));
        }
        refused
    });
    let refused = join_all(writing).await.into_iter().flatten();
    let in_the_way = refused.filter(|reason| reason == "CONCURRENT_CHANGE").count();
    (in_the_way > 0).then(|| {
        format!("{in_the_way} of {} calls refused with CONCURRENT_CHANGE", WRITERS * WRITES)
    })
}

/// What an account wants to keep is what it wanted where the partnership ended.
pub async fn kept() -> Objection {
    let two = Two::build().await;
    let (ann, bo, _) = two.other.partners("ann", "bo").await;
    let mut reader = Subscriber::of(&bo);
    reader.open(&bo.by, Opening::from(Start::Snapshot));
    assert!(reader.is_answered().await, "a stream begins");
    reader.reaches(1).await;
    let (closed, (), ()) = two
        .meet(
            PausePoint::BeforeHead,
            two.held.close_account(&ann.id),
            bo.keeps(pb::ContactRetention::Purge),
            std::future::ready(()),
        )
        .await;
    let end = closed.expect("the account closes").into_inner().position;
    reader.reaches(end).await;
    reader.close().await;
    let log = Log::read(&two.db).await;
    let account = bo.id.parse().unwrap();
    let wished = log.rows.iter().filter(|row| row.kind == EventKind::PreferencesUpdated);
    let retentions: Retentions = wished.map(|row| ((row.position, account), true)).collect();
    assert_eq!(retentions.len(), 1, "one wish was made");
    reader.record(|record| record.complete_to = Some(end));
    judged(&reader, &log, &retentions)
}

/// Batches of the same addresses, each on a replica of its own, wait for each other and never in a circle.
pub async fn deadlocks() -> Objection {
    let stage = Stage::with(usual()).await;
    let ann = stage.replicas[0].organization("ann").await;
    for round in 0..ROUNDS {
        let batches = stage.replicas.iter().map(|on| {
            let email = |number| format!("r{round}-{number}@ann.example");
            hires_many(on, &ann.id, (0..ADDRESSES).map(email).collect())
        });
        // who has waited too long is told so, and is no deadlock
        let _ = join_all(batches).await;
    }
    for replica in &stage.replicas {
        replica.backend.close().await;
    }
    // a session reports what it counted when it ends at the latest
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                  AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let ended = timeout(PATIENCE, until(&stage.db, others, |count| count == 0)).await;
    ended.expect("the replicas' sessions end");
    let counted = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks = number(&stage.db, counted).await;
    (deadlocks > 0).then(|| format!("{deadlocks} deadlocks that PostgreSQL had to break"))
}

/// An invitation and the registration of its addressee, at once: whoever comes second finds the first.
pub async fn bound() -> Objection {
    let two = Two::build().await;
    let (ann, bo) = (two.held.organization("ann").await, two.held.organization("bo").await);
    let (invited, _, ()) = two
        .meet(
            PausePoint::BeforeHead,
            ann.invites("newcomer@bo.example"),
            bo.hires(&two.other, "newcomer"),
            std::future::ready(()),
        )
        .await;
    invited.expect("the invitation is sent");
    bo.list().await.is_empty().then(|| "an invitation that nobody will ever see".to_owned())
}
