//! Copies of a whole database: written by one engine, loaded by either, all or nothing.

use crate::calls::{DAY, refusal, why};
use crate::offers::Offer;
use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::roster::{connect, seed};
use crate::support::world::Organization;
use crate::support::{Harness, Options};
use partner_service::archive::{ArchiveError, Exported, Imported, export, import};
use partner_service::backend::{Database, Look};
use partner_service::domain::time::Timestamp;
use partner_service::grpc::pb;
use pb::watch_members_request::Start;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tonic::Code;

const NOW: Timestamp = Timestamp(1_894_708_800_000_001);

/// Both engines, where there is a PostgreSQL to be had.
fn engines() -> Vec<TestEngine> {
    let postgres = std::env::var_os("TEST_POSTGRES_URL").is_some().then_some(TestEngine::Postgres);
    std::iter::once(TestEngine::Sqlite).chain(postgres).collect()
}

async fn written(database: &TestDatabase, with_key: bool) -> (Exported, Vec<u8>) {
    let look = Look::at(&database.url, None).await.unwrap();
    let copied = export(&look, Vec::new(), with_key).await.unwrap();
    look.close().await;
    copied
}

async fn loaded(database: &TestDatabase, copy: &[u8]) -> Result<Imported, ArchiveError> {
    let opened = Database::open(&database.url).await.unwrap();
    let imported = import(&opened, copy, NOW).await;
    opened.close().await;
    imported
}

fn lines(copy: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(copy).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A little of everything that the service stores.
async fn busy() -> (Harness, Organization, Organization) {
    let harness = Harness::start().await;
    let (a, b, id) = harness.partners("ann", "bo").await;
    harness.register(&a.id, "cy@ann.example", pb::MemberProfile::Observer).await.unwrap();
    harness.publishes("2030-01").await;
    let c = harness.organization("cirrus").await;
    let offer = Offer::of(pb::PartnershipType::DelegatedAdministrator).lasting(90 * DAY);
    let offered = c.offers(&b, offer).await.unwrap().id;
    b.accepts_under(&offered, "2030-01").await.unwrap();
    c.publishes("Cirrus Cloud").await;
    let d = harness.organization("dormant").await;
    d.publishes("Dormant Cloud").await;
    harness.suspend(&d).await;
    a.asks(&[&c]).await.unwrap();
    let guest = pb::CreateGuestRequest {
        account_id: a.id.clone(),
        email: "g\u{fc}@guest.example".to_owned(),
        display_name: "\u{1f642} \"G\"".to_owned(),
        request_id: "once".to_owned(),
        ..Default::default()
    };
    a.by.clone().contacts.create_guest(guest).await.unwrap();
    b.deletes(&id).await.unwrap();
    a.invites(&b.email()).await.unwrap();
    (harness, a, b)
}

/// A service over a loaded copy, and the same organisations as it knows them.
async fn served(
    database: TestDatabase,
    like: &Harness,
    organizations: &[&Organization],
) -> (Harness, Vec<Organization>) {
    let options = Options {
        database: Some(Arc::new(database)),
        clock: Some(like.clock.clone()),
        ..Options::default()
    };
    let harness = Harness::with(options).await;
    let known = |organization: &&Organization| Organization {
        by: harness.member(&organization.boss.id),
        ..Organization::clone(organization)
    };
    let organizations = organizations.iter().map(known).collect();
    (harness, organizations)
}

#[tokio::test]
async fn a_copy_holds_every_table_of_the_schema_but_what_is_made_anew() {
    let (harness, ..) = busy().await;
    let db = connect(&harness.database.url).await;
    let sql = match engine() {
        TestEngine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
        TestEngine::Postgres => {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let rows =
        db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    let stored: BTreeSet<String> =
        rows.iter().map(|row| row.try_get::<String>("", "name").unwrap()).collect();
    let (_, copy) = written(&harness.database, true).await;
    let copied: BTreeSet<String> = lines(&copy)
        .iter()
        .filter_map(|line| Some(line.get("table")?.as_str()?.to_owned()))
        .collect();
    let is_made_anew = |name: &String| {
        ["log_head", "seaql_migrations", "provider_index", "provider_posting"]
            .contains(&name.as_str())
            || name.starts_with("provider_words")
            || name.starts_with("sqlite_")
    };
    let left_out: Vec<&String> =
        stored.difference(&copied).filter(|name| !is_made_anew(name)).collect();
    assert_eq!(left_out, Vec::<&String>::new());
    assert!(copied.is_subset(&stored));
}

#[tokio::test]
async fn a_copy_holds_every_column_of_its_tables() {
    let (harness, ..) = busy().await;
    let db = connect(&harness.database.url).await;
    let (_, copy) = written(&harness.database, true).await;
    for line in lines(&copy) {
        let (Some(table), Some(columns)) = (line["table"].as_str(), line["columns"].as_array())
        else {
            continue;
        };
        let sql = match engine() {
            TestEngine::Sqlite => format!("SELECT name FROM pragma_table_info('{table}')"),
            TestEngine::Postgres => format!(
                "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' \
                 AND table_schema = 'public'"
            ),
        };
        let rows = Statement::from_string(db.get_database_backend(), sql);
        let stored: BTreeSet<String> = db
            .query_all_raw(rows)
            .await
            .unwrap()
            .iter()
            .map(|row| row.try_get::<String>("", "name").unwrap())
            .collect();
        let copied: BTreeSet<String> =
            columns.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
        assert_eq!(copied, stored, "{table}");
    }
}

#[tokio::test]
async fn what_one_engine_wrote_either_loads_and_writes_the_same_again() {
    let (harness, ..) = busy().await;
    // the service goes on meanwhile
    let (exported, copy) = written(&harness.database, true).await;
    assert_eq!(exported.position, harness.head().await);
    for engine in engines() {
        let target = TestDatabase::empty_of(engine).await;
        let imported = loaded(&target, &copy).await.unwrap();
        assert_eq!((imported.rows, imported.from_log), (exported.rows, exported.log));
        assert_eq!(imported.position, exported.position + 1);
        assert_ne!(imported.log, exported.log);
        let (again, second) = written(&target, true).await;
        assert_eq!((again.log, again.position), (imported.log, imported.position));
        // the header, the log's identity, LOG_IMPORTED, the end
        let same = |copy: &[u8], log: uuid::Uuid, last: i64| -> Vec<Value> {
            let is_own = |line: &Value| {
                line.is_object() && line.get("table").is_none()
                    || line[1] == log.to_string()
                    || line[0] == last && line[4] == "LOG_IMPORTED"
            };
            lines(copy).into_iter().filter(|line| !is_own(line)).collect()
        };
        assert_eq!(
            same(&second, again.log, again.position),
            same(&copy, exported.log, exported.position + 1)
        );
        assert_eq!(lines(&second).len(), lines(&copy).len() + 1);
    }
}

#[tokio::test]
async fn a_service_over_a_copy_answers_as_the_one_before_and_goes_on() {
    let (harness, a, b) = busy().await;
    let (exported, copy) = written(&harness.database, false).await;
    for engine in engines() {
        let target = TestDatabase::empty_of(engine).await;
        loaded(&target, &copy).await.unwrap();
        let (moved, known) = served(target, &harness, &[&a, &b]).await;
        let [a2, b2] = known.as_slice() else { panic!("two organisations") };
        for (before, now) in [(&a, a2), (&b, b2)] {
            assert_eq!(now.list().await, before.list().await);
            assert_eq!(now.audit().await, before.audit().await);
            assert_eq!(now.finds("cloud").await, before.finds("cloud").await);
        }
        assert_eq!(a2.finds("cloud").await, ["Cirrus Cloud"], "nobody finds who is suspended");
        // what was answered is still remembered
        let id = a2.list().await.first().unwrap().id.clone();
        let accepted = b2.accepts(&id).await.unwrap();
        assert_eq!(accepted.id, id);
        assert_eq!(moved.head().await, exported.position + 2, "LOG_IMPORTED stands between");
        let mut stream = a2.watches(Some(Start::Snapshot(()))).await.unwrap();
        assert!(stream.message().await.unwrap().is_some());
    }
}

#[tokio::test]
async fn p5_tokens_of_the_log_that_was_copied_have_diverged_and_others_are_invalid() {
    let (harness, a, b) = busy().await;
    let token = a.events_after("", 1).await.unwrap().resume_token;
    let (_, copy) = written(&harness.database, false).await;
    let target = TestDatabase::empty().await;
    loaded(&target, &copy).await.unwrap();
    let (second, known) = served(target, &harness, &[&a]).await;
    let a2 = &known[0];
    let refused = refusal(a2.events_after(&token, 1).await);
    assert_eq!(
        (refused.code, &*refused.reason),
        (Code::FailedPrecondition, "RESUME_TOKEN_DIVERGED")
    );
    let streamed = async {
        let mut stream = a2.resumes(&token).await?;
        stream.message().await.map(|_| ())
    };
    assert_eq!(why(streamed.await), "RESUME_TOKEN_DIVERGED");
    // those of the log that it goes on as are good here, and unknown where it came from
    let new = a2.events_after("", 1).await.unwrap().resume_token;
    a2.events_after(&new, 1).await.unwrap();
    assert_eq!(why(b.events_after(&new, 1).await), "RESUME_TOKEN_INVALID");

    // a copy of the copy knows both
    let (_, copy) = written(&second.database, false).await;
    let third = TestDatabase::empty().await;
    loaded(&third, &copy).await.unwrap();
    let (_third, known) = served(third, &harness, &[&a]).await;
    for former in [&token, &new] {
        assert_eq!(why(known[0].events_after(former, 1).await), "RESUME_TOKEN_DIVERGED");
    }
}

#[tokio::test]
async fn a_copy_that_is_cut_short_or_changed_loads_nothing() {
    let (harness, ..) = busy().await;
    let (_, copy) = written(&harness.database, false).await;
    let target = TestDatabase::empty().await;
    let count = lines(&copy).len();
    let until = |lines: usize| {
        copy.split_inclusive(|byte| *byte == b'\n')
            .take(lines)
            .flatten()
            .copied()
            .collect::<Vec<u8>>()
    };
    for cut in [0, 1, 2, count / 2, count - 1] {
        let refused = loaded(&target, &until(cut)).await.unwrap_err();
        assert!(matches!(refused, ArchiveError::Truncated), "{cut} lines: {refused}");
    }
    let text = String::from_utf8(copy.clone()).unwrap();
    for (old, new, said) in [
        ("boss@ann.example", "boss@ANN.example", "the checksum is another"),
        ("\"table\":\"guest\"", "\"table\":\"ghost\"", "there is no table ghost"),
        (
            "\"table\":\"guest\",\"columns\":[\"id\"",
            "\"table\":\"guest\",\"columns\":[\"ib\"",
            "others",
        ),
        ("\"LOG_OPENED\"", "\"LOG_OPENED\",1", "values for"),
        ("\"LOG_OPENED\"", "1", "log.kind cannot be 1"),
    ] {
        assert!(text.contains(old), "{old}");
        let refused = loaded(&target, text.replacen(old, new, 1).as_bytes()).await.unwrap_err();
        let refused = refused.to_string();
        assert!(refused.contains(said) && refused.ends_with("nothing was loaded"), "{refused}");
    }
    // and the database is as empty as it was
    loaded(&target, &copy).await.unwrap();
}

#[tokio::test]
async fn a_copy_of_another_schema_and_what_is_no_copy_are_refused() {
    let (harness, ..) = busy().await;
    let (_, copy) = written(&harness.database, false).await;
    let target = TestDatabase::empty().await;
    let text = String::from_utf8(copy).unwrap();
    let other = text.replacen("m0001_create", "m9999_later", 1);
    let refused = loaded(&target, other.as_bytes()).await.unwrap_err().to_string();
    assert!(refused.contains("with m9999_later, without m0001_create"), "{refused}");
    for foreign in ["{}\n", "{\"format\":\"x\"}\n", "PRAGMA foreign_keys=OFF;\n"] {
        let refused = loaded(&target, foreign.as_bytes()).await.unwrap_err();
        assert!(matches!(refused, ArchiveError::Foreign), "{refused}");
    }
}

#[tokio::test]
async fn a_copy_goes_into_an_empty_database_only() {
    let (harness, ..) = busy().await;
    let (_, copy) = written(&harness.database, false).await;
    let target = TestDatabase::empty().await;
    loaded(&target, &copy).await.unwrap();
    let refused = loaded(&target, &copy).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::NotEmpty { .. }), "{refused}");
}

#[tokio::test]
async fn the_services_key_goes_along_only_when_asked_to() {
    let source = TestDatabase::fresh().await;
    let opened = Database::open(&source.url).await.unwrap();
    let key = opened.service_key(NOW).await.unwrap();
    opened.close().await;
    for with_key in [false, true] {
        let (_, copy) = written(&source, with_key).await;
        let target = TestDatabase::empty().await;
        let opened = Database::open(&target.url).await.unwrap();
        opened.service_key(NOW).await.unwrap();
        let imported = import(&opened, copy.as_slice(), NOW).await.unwrap();
        let now = opened.service_key(NOW).await.unwrap();
        opened.close().await;
        let mac = b"mac".as_slice();
        assert_eq!(imported.has_key, with_key);
        assert_eq!(now.mac("test", &[mac]) == key.mac("test", &[mac]), with_key);
        let text = String::from_utf8(copy).unwrap();
        assert_eq!(text.contains("\"service_key\""), with_key);
    }
}

#[tokio::test]
async fn what_takes_many_pages_is_copied_once_each() {
    let harness = Harness::start().await;
    let a = harness.organization("ann").await;
    seed(&connect(&harness.database.url).await, &a.id, 7, 700).await;
    let (exported, copy) = written(&harness.database, false).await;
    assert!(exported.rows > 9_000, "{}", exported.rows);
    for engine in engines() {
        let target = TestDatabase::empty_of(engine).await;
        assert_eq!(loaded(&target, &copy).await.unwrap().rows, exported.rows);
        let (again, _) = written(&target, false).await;
        assert_eq!(again.rows, exported.rows + 1);
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_or_of_another_version_is_not_copied() {
    let nothing = TestDatabase::empty().await;
    let look = Look::at(&nothing.url, None).await.unwrap();
    let refused = export(&look, Vec::new(), false).await.unwrap_err();
    assert!(matches!(refused, ArchiveError::Nothing { .. }), "{refused}");
    look.close().await;

    let harness = Harness::start().await;
    let db = connect(&harness.database.url).await;
    db.execute_unprepared(
        "UPDATE seaql_migrations SET version = 'm9999_later' WHERE version = 'm0004_directory'",
    )
    .await
    .unwrap();
    let look = Look::at(&harness.database.url, None).await.unwrap();
    let refused = export(&look, Vec::new(), false).await.unwrap_err().to_string();
    assert!(refused.contains("with m9999_later, without m0004_directory"), "{refused}");
    look.close().await;
}
