//! Letters that are taken together: what each of them becomes, whoever is slow, refused, or too late; and what they cost.

use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::postbox::round;
use crate::support::roster::connect;
use crate::support::sink::{Mood, Sink};
use crate::support::world::Organization;
use partner_service::domain::mail::MailState::{self, Failed, Queued, Sending, Sent};
use partner_service::entity::mail;
use partner_service::mail::post::Carrier;
use partner_service::mail::worker::{ARMFUL, Counts, Pause};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use std::collections::BTreeMap;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;

const PATIENCE: Duration = Duration::from_secs(20);
/// Longer than a lease.
const LATER: Duration = Duration::from_secs(21);

fn person(number: usize) -> String {
    format!("p{number}@else.example")
}

async fn invites(a: &Organization, people: std::ops::Range<usize>) {
    for number in people {
        a.invites(&person(number)).await.unwrap();
    }
}

/// A service, a mail server, and so many letters that wait.
async fn stage(letters: usize) -> (Harness, Sink, Organization) {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    invites(&a, 0..letters).await;
    (harness, Sink::start().await, a)
}

async fn states(harness: &Harness) -> Vec<MailState> {
    harness.outbox().await.iter().map(|row| row.state).collect()
}

/// How often the mail server took a letter to each person.
fn arrived(sink: &Sink) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for to in sink.received().into_iter().flat_map(|one| one.to) {
        *times.entry(to).or_insert(0) += 1;
    }
    times
}

#[tokio::test]
async fn of_letters_taken_together_each_has_a_fate_of_its_own() {
    let (harness, sink, _) = stage(5).await;
    sink.knows_no(&person(1));
    sink.becomes_to(&person(2), Mood::Answers("450 4.2.1 later"));
    let mut worker = harness.worker_to(&sink);
    assert_eq!(round(&mut worker).await, Pause::Idle);
    assert_eq!(states(&harness).await, [Sent, Failed, Queued, Sent, Sent]);
    let rows = harness.outbox().await;
    assert!(rows.iter().all(|row| row.attempts == 1 && row.lease.is_none()), "{rows:?}");
    assert_eq!(rows[1].last_error, "the server answered RCPT TO with 550 5.1.1");
    assert_eq!(rows[2].last_error, "the server answered RCPT TO with 450 4.2.1");
    let wait = harness.backend.now().until(rows[2].due_at.unwrap());
    assert!(!wait.is_zero() && wait <= Duration::from_secs(5), "{wait:?}");
    assert_eq!(worker.tally().counts(), Counts { sent: 3, postponed: 1, given_up: 1 });
    sink.calms_down();
    harness.clock.advance(wait);
    round(&mut worker).await;
    assert_eq!(states(&harness).await, [Sent, Failed, Sent, Sent, Sent]);
    assert_eq!(arrived(&sink).len(), 4);
    assert!(arrived(&sink).values().all(|times| *times == 1));
}

#[tokio::test]
async fn trouble_with_one_letter_puts_those_behind_it_back_untried() {
    let (harness, sink, _) = stage(4).await;
    sink.becomes_to(&person(1), Mood::Drops);
    let mut worker = harness.worker_to(&sink);
    assert_eq!(round(&mut worker).await, Pause::Trouble);
    assert_eq!(states(&harness).await, [Sent, Queued, Queued, Queued]);
    let rows = harness.outbox().await;
    let attempts: Vec<i64> = rows.iter().map(|row| row.attempts).collect();
    assert_eq!(attempts, [1, 1, 0, 0]);
    let now = harness.backend.now();
    let due: Vec<bool> = rows.iter().map(|row| row.due_at.is_some_and(|at| at <= now)).collect();
    assert_eq!(due, [false, false, true, true], "who was not tried need not wait");
    assert_eq!(worker.tally().counts(), Counts { sent: 1, postponed: 1, given_up: 0 });
    sink.calms_down();
    round(&mut harness.worker_to(&sink)).await;
    assert_eq!(states(&harness).await, [Sent, Queued, Sent, Sent]);
    harness.clock.advance(Duration::from_secs(5));
    round(&mut worker).await;
    assert!(arrived(&sink).values().all(|times| *times == 1));
    assert_eq!(arrived(&sink).len(), 4);
}

#[tokio::test]
async fn letters_behind_a_slow_one_are_soon_anybodys() {
    let (harness, sink, _) = stage(4).await;
    sink.becomes_to(&person(1), Mood::Waits);
    let mut slow = harness.worker_to(&sink).with_attempts_of(PATIENCE);
    let slow = tokio::spawn(async move { (round(&mut slow).await, slow.tally().counts()) });
    sink.has_somebody_waiting().await;
    // nobody's clock moves: no lease runs out
    let mut quick = harness.worker_to(&sink);
    let others = async {
        let mut ticks = interval(Duration::from_millis(20));
        while quick.tally().counts().sent < 2 {
            ticks.tick().await;
            round(&mut quick).await;
        }
    };
    timeout(PATIENCE, others).await.expect("the others are sent meanwhile");
    assert_eq!(states(&harness).await, [Sent, Sending, Sent, Sent]);
    sink.goes_on();
    assert_eq!(slow.await.unwrap(), (Pause::Idle, Counts { sent: 2, ..Counts::default() }));
    assert_eq!(states(&harness).await, [Sent; 4]);
    assert!(arrived(&sink).values().all(|times| *times == 1));
}

#[tokio::test]
async fn whoever_finds_its_lease_over_sends_none_of_the_letters_that_are_left() {
    let (harness, sink, _) = stage(4).await;
    sink.becomes_to(&person(0), Mood::Waits);
    let slow = harness.worker_to(&sink).with_attempts_of(PATIENCE);
    let mut slow = slow.with_letters_held_for(PATIENCE);
    let slow = tokio::spawn(async move { (round(&mut slow).await, slow.tally().counts()) });
    sink.has_somebody_waiting().await;
    sink.calms_down();
    harness.clock.advance(LATER);
    let mut quick = harness.worker_to(&sink);
    round(&mut quick).await;
    assert_eq!(states(&harness).await, [Sent; 4]);
    sink.goes_on();
    assert_eq!(slow.await.unwrap(), (Pause::Idle, Counts::default()), "it marks nothing");
    assert_eq!(quick.tally().counts().sent, 4);
    let doubled: Vec<_> = arrived(&sink).into_iter().filter(|(_, times)| *times > 1).collect();
    assert_eq!(doubled, [(person(0), 2)], "the one that was being sent");
    assert_eq!(states(&harness).await, [Sent; 4]);
}

#[tokio::test]
async fn who_is_told_to_stop_finishes_one_letter_and_leaves_the_others_to_whoever_comes() {
    let (harness, sink, _) = stage(3).await;
    sink.becomes_to(&person(0), Mood::Waits);
    let shutdown = CancellationToken::new();
    let worker = harness.worker_to(&sink).with_attempts_of(PATIENCE);
    let running = tokio::spawn(worker.run(shutdown.clone()));
    sink.has_somebody_waiting().await;
    shutdown.cancel();
    sink.calms_down();
    sink.goes_on();
    timeout(PATIENCE, running).await.expect("it ends").unwrap();
    assert_eq!(states(&harness).await, [Sent, Queued, Queued]);
    round(&mut harness.worker_to(&sink)).await;
    assert_eq!(states(&harness).await, [Sent; 3]);
}

/// Counts the statements that write letters; those that find none count too.
struct Meter(DatabaseConnection);

impl Meter {
    async fn on(harness: &Harness) -> Self {
        let db = connect(&harness.database.url).await;
        db.execute_unprepared(
            "CREATE TABLE tallied (id serial); \
             CREATE FUNCTION tally() RETURNS trigger LANGUAGE plpgsql AS \
             'BEGIN INSERT INTO tallied DEFAULT VALUES; RETURN NULL; END'; \
             CREATE TRIGGER tally AFTER UPDATE ON mail FOR EACH STATEMENT EXECUTE FUNCTION tally()",
        )
        .await
        .unwrap();
        Self(db)
    }

    /// Since the last time.
    async fn read(&self) -> u64 {
        let sql = "WITH gone AS (DELETE FROM tallied RETURNING 1) SELECT count(*) FROM gone";
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        let row = self.0.query_one_raw(statement).await.unwrap().unwrap();
        u64::try_from(row.try_get_by_index::<i64>(0).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn an_armful_costs_one_statement_to_take_and_as_files_one_to_mark() {
    if engine() == TestEngine::Sqlite {
        return; // it has no triggers by statement; what is told to it is the same
    }
    let letters = ARMFUL + 4;
    let (harness, sink, a) = stage(letters).await;
    let meter = Meter::on(&harness).await;
    let folder = TempDir::new().unwrap();
    let filing = harness.worker(Carrier::files(folder.path().to_path_buf()));
    let mut filing = filing.with_letters_held_for(PATIENCE);
    round(&mut filing).await;
    assert_eq!(meter.read().await, 2 + 2, "two armfuls");
    assert_eq!(filing.tally().counts().sent, letters as u64);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), letters);

    invites(&a, letters..2 * letters).await;
    let mut mailing = harness.worker_to(&sink).with_letters_held_for(PATIENCE);
    round(&mut mailing).await;
    assert_eq!(meter.read().await, 2 + letters as u64, "marked before the next one is sent");

    invites(&a, 2 * letters..2 * letters + 1).await;
    round(&mut mailing).await;
    assert_eq!(meter.read().await, 2, "one that comes alone");
    assert!(harness.outbox().await.iter().all(|row: &mail::Model| row.state == Sent));
}
