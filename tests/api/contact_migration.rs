//! Databases that are older than contacts.

use crate::support::database::{TestDatabase, TestEngine, engine};
use crate::support::roster::connect;
use partner_service::backend::Database;
use partner_service::migration::Migrator;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;

#[tokio::test]
async fn people_registered_before_contacts_existed_can_be_found_after_the_upgrade() {
    let database = TestDatabase::empty().await;
    let id = |digit: u8| match engine() {
        TestEngine::Postgres => format!("'{}'::uuid", uuid::Uuid::from_bytes([digit; 16])),
        TestEngine::Sqlite => format!("x'{}'", uuid::Uuid::from_bytes([digit; 16]).simple()),
    };
    let url = match engine() {
        TestEngine::Postgres => database.url.clone(),
        TestEngine::Sqlite => format!("{}?mode=rwc", database.url),
    };
    let db = connect(&url).await;
    Migrator::up(&db, Some(1)).await.unwrap();
    for statement in [
        format!("INSERT INTO membership VALUES ({}, {}, {}, 1, NULL)", id(1), id(2), id(3)),
        format!(
            "INSERT INTO member_version VALUES ({}, 1, NULL, 'Bo@B\u{fc}cher.example', 'BO', 'ACTIVE', '', '', '')",
            id(1)
        ),
    ] {
        db.execute_unprepared(&statement).await.unwrap();
    }
    let upgraded = Database::open(&database.url).await.expect("the upgrade succeeds");
    assert!(upgraded.migrations_applied() > 0);
    let found = format!(
        "SELECT email_key, email_fold, name_fold FROM member_version WHERE account_id = {} AND at > 0",
        id(2)
    );
    let found = db.query_one_raw(Statement::from_string(db.get_database_backend(), found)).await;
    let found = found.unwrap().expect("the version is its account's, with the time of its event");
    let column = |name: &str| found.try_get::<String>("", name).unwrap();
    let columns = [column("email_key"), column("email_fold"), column("name_fold")];
    assert_eq!(columns, ["bo@xn--bcher-kva.example", "bo@b\u{fc}cher.example", "bo"]);
    upgraded.close().await;
}
