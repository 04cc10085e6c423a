//! Databases whose directory is older than the lists of who has a word.

use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::roster::connect;
use partner_service::backend::Database;
use partner_service::migration::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;

const BEFORE: u32 = 6;

#[tokio::test]
async fn providers_published_before_there_were_lists_stand_in_them_after_the_upgrade() {
    let database = TestDatabase::empty().await;
    let words = "backup c_se cloud cold mail n_backup n_cold t_new_york v_backup v_mail";
    let (url, id, words) = match engine() {
        TestEngine::Postgres => (
            database.url.clone(),
            format!("'{}'::uuid", uuid::Uuid::from_bytes([1; 16])),
            format!("array_to_tsvector(string_to_array('{words}', ' '))"),
        ),
        TestEngine::Sqlite => (
            format!("{}?mode=rwc", database.url),
            format!("x'{}'", uuid::Uuid::from_bytes([1; 16]).simple()),
            format!("' {words} '"),
        ),
    };
    let db = connect(&url).await;
    Migrator::up(&db, Some(BEFORE)).await.unwrap();
    let published = format!("INSERT INTO provider_index VALUES (5, {id}, 'cold backup', {words})");
    db.execute_unprepared(&published).await.unwrap();
    let upgraded = Database::open(&database.url).await.expect("the upgrade succeeds");
    assert!(upgraded.migrations_applied() > 0);
    let listed = "SELECT p.word FROM provider_posting p JOIN provider_index i ON i.name_key = p.name_key \
        AND i.account_id = p.account_id ORDER BY p.word";
    let listed = Statement::from_string(db.get_database_backend(), listed);
    let listed = db.query_all_raw(listed).await.unwrap();
    let listed: Vec<String> = listed.iter().map(|row| row.try_get("", "word").unwrap()).collect();
    assert_eq!(listed, ["n_backup", "n_cold", "v_mail"]);
    upgraded.close().await;
}
