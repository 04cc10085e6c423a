//! What is asked of shared items costs what it shows: no table is read through, whoever has how many members or shares.

use crate::reading::{at, counted, from_here};
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::roster::connect;
use crate::support::world::Organization;
use partner_service::grpc::pb;
use pb::{ItemType, ShareDirection};
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// Where in the log those who are seeded joined: beyond its end.
const JOINED: i64 = 1_000_000;
/// Rows that one page of fifty, or one answer, may visit.
const VISITS_PER_CALL: i64 = 100;
/// The large ones; a table of three rows is best read through.
const TABLES: [&str; 3] = ["shared_item", "membership", "member_version"];

#[tokio::test]
async fn lists_audiences_and_answers_walk_indexes_however_much_there_is() {
    let (items, members) = match engine() {
        TestEngine::Postgres => (20_000, 20_000),
        TestEngine::Sqlite => (5_000, 5_000),
    };
    let harness = Harness::start().await;
    let (a, b, partnership) = harness.partners("ann", "bo").await;
    let c = harness.organization("cy").await;
    a.joins(&c).await;
    let early = b.hires(&harness, "early").await;
    let file = a.shares_file(&b, "early").await;
    let db = connect(&harness.database.url).await;
    seed(&db, &a, &b, &partnership, (items, members)).await;
    let folder = a.shares(&b, ItemType::Folder, "f").await;
    a.takes_out(&file.id, &early).await.unwrap();
    let beside = a.shares(&c, ItemType::Folder, "f").await;
    let harness = from_here(harness, &db).await;
    let (a, b) = (at(&harness, &a), at(&harness, &b));
    let all = a.shared_request();
    let one = pb::ListSharedItemsRequest {
        item_type: ItemType::Folder.into(),
        external_id: "f".to_owned(),
        ..all.clone()
    };
    let rare = pb::ListSharedItemsRequest { partner_account_id: c.id.clone(), ..all.clone() };
    let mut calls = 0;
    // the sixth execution of a statement may get another plan than the first five
    for _ in 0..8 {
        for (by, request, count) in [
            (&a, all.clone(), 50),
            (&b, pb::ListSharedItemsRequest { account_id: b.id.clone(), ..all.clone() }, 50),
            (&a, one.clone(), 2),
            (&b, pb::ListSharedItemsRequest { account_id: b.id.clone(), ..one.clone() }, 1),
            (&a, rare.clone(), 1),
            (&a, with(ShareDirection::SharedWithUs, all.clone()), 0),
        ] {
            let answer = by.by.clone().sharing.list_shared_items(request.clone()).await.unwrap();
            assert_eq!(answer.into_inner().shared_items.len(), count, "{request:?}");
            calls += 1;
        }
        for (item, count) in [(&folder, 50), (&file, 1), (&beside, 1)] {
            let request = pb::ListAudienceRequest {
                account_id: a.id.clone(),
                shared_item_id: item.id.clone(),
                ..Default::default()
            };
            let answer = a.by.clone().sharing.list_audience(request).await.unwrap();
            assert_eq!(answer.into_inner().members.len(), count);
            calls += 1;
        }
        // a position that memory may not answer for has the database asked
        for (member, item_type, allowed) in [
            (&b.boss, ItemType::Folder, true),
            (&c.boss, ItemType::Folder, true),
            (&c.boss, ItemType::Proof, false),
        ] {
            harness.backend.feed.memory.items.changed(&[(i64::MAX, Vec::new())]);
            let answer = a.asks_about(a.question(item_type, "f", member)).await.unwrap();
            assert_eq!(answer.allowed, allowed);
            calls += 1;
        }
    }
    if engine() == TestEngine::Postgres {
        let (read_through, visited) = counted(&harness, &db, &TABLES).await;
        println!("{visited} rows visited for {calls} calls");
        assert_eq!(read_through, 0, "one of {TABLES:?} was read through");
        let most = VISITS_PER_CALL * calls;
        assert!(visited <= most, "{visited} rows visited for {calls} calls");
    }
}

fn with(
    direction: ShareDirection,
    request: pb::ListSharedItemsRequest,
) -> pb::ListSharedItemsRequest {
    pb::ListSharedItemsRequest { direction: direction.into(), ..request }
}

/// Many files that one account shares with another, and many members of the latter, below every position of the log.
async fn seed(
    db: &DatabaseConnection,
    a: &Organization,
    b: &Organization,
    partnership: &str,
    (items, members): (u32, u32),
) {
    let fresh = match engine() {
        TestEngine::Postgres => "gen_random_uuid()",
        TestEngine::Sqlite => "randomblob(16)",
    };
    let known = |id: &str| match engine() {
        TestEngine::Postgres => format!("'{id}'::uuid"),
        TestEngine::Sqlite => format!("x'{}'", id.replace('-', "")),
    };
    let numbers = |upto: u32| {
        format!("WITH RECURSIVE p(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM p WHERE n < {upto})")
    };
    let (owner, partner, partnership) = (known(&a.id), known(&b.id), known(partnership));
    let shared = format!(
        "{} INSERT INTO shared_item (id, shared_position, owner_account_id, partner_account_id, partnership_id, item_type, \
         external_id, item_key, title, version, created_at, updated_at) \
         SELECT {fresh}, -n, {owner}, {partner}, {partnership}, 'FILE', 'seeded' || n, {fresh}, '', 1, 0, 0 FROM p",
        numbers(items)
    );
    // they came after whoever was there when the first file was shared
    let stays = format!(
        "{} INSERT INTO membership SELECT {fresh}, {partner}, {fresh}, {JOINED} + n, NULL FROM p",
        numbers(members)
    );
    let versions = format!(
        "INSERT INTO member_version (membership_id, from_position, to_position, account_id, email, email_key, \
         email_fold, display_name, name_fold, state, phone, title, locale, at) \
         SELECT id, joined_position, NULL, account_id, 'm', 'm', 'm', '', '', 'ACTIVE', '', '', '', 0 \
         FROM membership WHERE joined_position > {JOINED}"
    );
    for statement in [shared, stays, versions] {
        db.execute_unprepared(&statement).await.unwrap();
    }
}
