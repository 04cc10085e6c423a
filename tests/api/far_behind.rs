//! Whoever was away for long and has few partners is told everything of them, and reads little else of the log.

use crate::reading::{at, counted, from_here};
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::roster::connect;
use crate::support::stream::Said::{Contact, Event, Synced};
use crate::support::world::Organization;
use partner_service::grpc::pb;
use partner_service::grpc::pb::ContactLink::Synced as Linked;
use partner_service::grpc::pb::MemberEventKind as Kind;
use partner_service::grpc::pb::watch_members_request::Start;
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// Whoever stands before so many is far behind.
const EVENTS: u32 = 17_000;
/// Rows of the log, in the table and its indexes, that coming back may visit.
const MOST_VISITS: i64 = 1_000;

/// Much happens that is nobody's business.
async fn others_are_busy(db: &DatabaseConnection) {
    let id = match engine() {
        TestEngine::Postgres => "gen_random_uuid()",
        TestEngine::Sqlite => "randomblob(16)",
    };
    let sql = format!(
        "INSERT INTO log SELECT top + n, {id}, {id}, NULL, 'ACCOUNT_UPDATED', {id}, true, '{{}}', 0 \
         FROM (WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EVENTS}) \
         SELECT (SELECT max(position) FROM log) AS top, n FROM numbers) AS many"
    );
    db.execute_unprepared(&sql).await.expect("rows of the log");
}

#[tokio::test]
async fn p2_who_was_away_for_long_is_told_all_of_its_few_partners_and_reads_little_else() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let (_, former, ending) = harness.partners("dan", "eve").await;
    let (c, d) = (harness.organization("cy").await, harness.organization("di").await);
    let db = connect(&harness.database.url).await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    stream.message().await.unwrap();
    let before = stream.token.clone();
    drop(stream);

    others_are_busy(&db).await;
    b.hires(&harness, "one").await;
    others_are_busy(&db).await;
    // one partnership that another proposes, and one that is proposed to another
    c.joins(&a).await;
    let own = a.joins(&d).await;
    d.hires(&harness, "two").await;
    others_are_busy(&db).await;
    d.deletes(&own).await.unwrap();
    d.hires(&harness, "unseen").await;
    former.hires(&harness, "strange").await;
    former.deletes(&ending).await.unwrap();

    let harness = from_here(harness, &db).await;
    let (a, b) = (at(&harness, &a), at(&harness, &b));
    let mut stream = a.resumes(&before).await.unwrap();
    let expected = [
        Event(Kind::MemberAdded, b.address("one")),
        Event(Kind::PartnerActivated, c.id.clone()),
        Contact(c.address("boss"), Linked),
        Synced(c.id.clone()),
        Event(Kind::PartnerActivated, d.id.clone()),
        Contact(d.address("boss"), Linked),
        Synced(d.id.clone()),
        Event(Kind::MemberAdded, d.address("two")),
        Event(Kind::PartnerEnded, d.id.clone()),
    ];
    assert_eq!(stream.said(expected.len()).await, expected);
    let three = b.hires(&harness, "three").await;
    assert_eq!(stream.said(1).await, [Event(Kind::MemberAdded, b.address("three"))]);
    stream.is_quiet_until(three.position).await;

    if engine() == TestEngine::Postgres {
        drop(stream);
        let (read_through, visited) = counted(&harness, &db, &["log"]).await;
        println!("{visited} rows of the log visited, of {}", 3 * EVENTS);
        assert_eq!(read_through, 0, "the log was read through");
        assert!(visited <= MOST_VISITS, "{visited} rows of the log visited");
    }
}

async fn hire(harness: &Harness, by: &Organization, names: &[String]) {
    let member = |name: &String| pb::Member {
        email: by.address(name),
        display_name: name.clone(),
        ..Default::default()
    };
    let request = pb::BatchRegisterMembersRequest {
        account_id: by.id.clone(),
        members: names.iter().map(member).collect(),
        ..Default::default()
    };
    harness.operator().accounts.batch_register_members(request).await.expect("they are hired");
}

#[tokio::test]
async fn p2_of_partners_who_are_much_of_the_log_no_event_is_lost_or_told_twice() {
    let harness = Harness::start().await;
    let (a, b, _) = harness.partners("ann", "bo").await;
    let mut stream = a.watches(Some(Start::Now(()))).await.unwrap();
    stream.message().await.unwrap();
    let before = stream.token.clone();
    drop(stream);
    let db = connect(&harness.database.url).await;
    others_are_busy(&db).await;
    let mut names = Vec::new();
    for batch in 0..3 {
        let batch: Vec<String> = (0..1_000).map(|n| format!("p{batch}x{n}")).collect();
        hire(&harness, &b, &batch).await;
        names.extend(batch);
    }
    others_are_busy(&db).await;
    b.hires(&harness, "last").await;
    names.push("last".to_owned());
    let harness = from_here(harness, &db).await;
    let mut stream = at(&harness, &a).resumes(&before).await.unwrap();
    let expected: Vec<_> =
        names.iter().map(|name| Event(Kind::MemberAdded, b.address(name))).collect();
    assert_eq!(stream.said(expected.len()).await, expected);
}
