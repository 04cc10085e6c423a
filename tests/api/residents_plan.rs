//! Whose an address is (I2, M1) is found by key, however much there is by now: plans that were made while tables were small
//! stay for as long as a connection, and a join among them would read every table through.

use crate::reading::read_through;
use crate::support::Harness;
use crate::support::database::{TestEngine, engine};
use crate::support::roster::connect;
use crate::support::world::Organization;
use sea_orm::{ConnectionTrait, DatabaseConnection};

const PEOPLE: i64 = 20_000;
/// Accounts are locked besides, several at once, and while statistics say that there are ten of them all are looked at.
const TABLES: [&str; 2] = ["address", "member"];
/// A statement's sixth execution may get a plan that stays.
const ROUNDS: usize = 8;

/// What is not to be asked: here it shows that plans of small tables are there to be met.
const JOIN: &str = "PREPARE joined (text[]) AS SELECT a.email_key, m.id, m.account_id FROM address a \
    JOIN member m ON m.id = a.member_id JOIN account c ON c.id = m.account_id \
    WHERE a.email_key = ANY ($1) AND m.state <> 'REMOVED' AND c.state <> 'CLOSED'; \
    SET plan_cache_mode = force_generic_plan";
const JOINED: &str = "EXECUTE joined (ARRAY['p1@x.example'])";

#[tokio::test]
async fn whose_an_address_is_costs_the_same_however_many_joined_since_the_service_started() {
    if engine() == TestEngine::Sqlite {
        println!(
            "plans of small tables: PostgreSQL only, SQLite's come from no statistics of its own accord"
        );
        return;
    }
    let harness = Harness::start().await;
    let (a, b) = harness.strangers().await;
    let db = connect(&harness.database.url).await;
    for table in ["address", "member", "account"] {
        let still = format!("ALTER TABLE {table} SET (autovacuum_enabled = false)");
        db.execute_unprepared(&still).await.unwrap();
    }
    db.execute_unprepared(JOIN).await.unwrap();
    db.execute_unprepared(JOINED).await.unwrap();
    asks(&harness, (&a, &b), "early").await;
    seed(&db).await;

    asks(&harness, (&a, &b), "late").await;
    let read = read_through(&harness, &db, &TABLES).await;
    println!("{read} rows read through for {ROUNDS} registrations and {ROUNDS} invitations");
    assert!(read < PEOPLE, "{read} rows of {TABLES:?}: a table was read through");
    db.execute_unprepared(JOINED).await.unwrap();
    db.execute_unprepared("SELECT pg_stat_force_next_flush()").await.unwrap();
    let joined = read_through(&harness, &db, &TABLES).await - read;
    assert!(joined >= PEOPLE, "{joined} rows: a join would not have been noticed");
}

/// Registrations, and invitations of who was registered: both look an address up.
async fn asks(harness: &Harness, (a, b): (&Organization, &Organization), when: &str) {
    for round in 0..ROUNDS {
        let somebody = b.hires(harness, &format!("{when}{round}")).await;
        let invited = a.invites(&somebody.email).await.expect("an invitation").id;
        a.deletes(&invited).await.expect("taken back");
    }
}

/// People in accounts of their own.
async fn seed(db: &DatabaseConnection) {
    let numbers = format!("FROM generate_series(1, {PEOPLE}) n");
    for statement in [
        format!(
            "INSERT INTO account SELECT md5('a' || n)::uuid, -n, 'account ' || n, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', \
             0, 1, 1 {numbers}"
        ),
        format!(
            "INSERT INTO member (id, created_position, position, account_id, membership_id, email, email_key, \
             display_name, profile, state, phone, title, locale, created_at, updated_at) \
             SELECT md5('m' || n)::uuid, -n, 1, md5('a' || n)::uuid, md5('s' || n)::uuid, 'p' || n || '@x.example', \
             'p' || n || '@x.example', 'name ' || n, 'OBSERVER', 'ACTIVE', '', '', '', 0, 0 {numbers}"
        ),
        format!(
            "INSERT INTO address SELECT 'p' || n || '@x.example', md5('m' || n)::uuid {numbers}"
        ),
    ] {
        db.execute_unprepared(&statement).await.expect("the people are seeded");
    }
}
