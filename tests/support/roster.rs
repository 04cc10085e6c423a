//! A roster far larger than calls could make: rows written straight into the tables, on either database.

use super::database::{TestEngine, engine};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

/// The test's own connection, a single one: what it reads is counted in one place.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1);
    Database::connect(options).await.expect("the test database answers")
}

/// Gives `viewer` this many partners with this many members each; every tenth has left, every tenth partner too.
pub async fn seed(db: &DatabaseConnection, viewer: &str, partners: u32, members: u32) {
    let (id, viewer) = match engine() {
        TestEngine::Postgres => ("gen_random_uuid()", format!("'{viewer}'::uuid")),
        TestEngine::Sqlite => ("randomblob(16)", format!("x'{}'", viewer.replace('-', ""))),
    };
    let numbers = |name: &str, count: u32| {
        format!(
            "WITH RECURSIVE {name}(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM {name} WHERE n < {count})"
        )
    };
    let statements = [
        format!(
            "{} INSERT INTO account SELECT {id}, -n, 'partner ' || n, 'ACTIVE', 'ALLOW_ALL', '[]', 'KEEP', 0, 1, 1 FROM p",
            numbers("p", partners)
        ),
        format!(
            "{} INSERT INTO membership SELECT {id}, a.id, {id}, 1, CASE WHEN p.n % 10 = 0 THEN 3 END \
             FROM account a CROSS JOIN p WHERE a.created_position < 0",
            numbers("p", members)
        ),
        "INSERT INTO member_version (membership_id, from_position, to_position, account_id, email, email_key, \
         email_fold, display_name, name_fold, state, phone, title, locale, at) \
         SELECT m.id, 1, NULL, m.account_id, t.email, t.email, t.email, t.name, t.name, 'ACTIVE', '', '', '', 0 \
         FROM membership m JOIN (SELECT id, 'p' || row_number() OVER (ORDER BY id) || '@x.example' AS email, \
         'name ' || row_number() OVER (ORDER BY id) AS name FROM membership WHERE joined_position = 1) t ON t.id = m.id"
            .to_owned(),
        format!(
            "INSERT INTO partnership (id, created_position, kind, sender_account_id, recipient_account_id, pair_first, \
             pair_second, invitee_email, invitee_key, inviter_display_name, message, state, sender_hid, recipient_hid, \
             sender_view, recipient_view, sender_version, recipient_version, sender_updated_at, recipient_updated_at, \
             reject_reason, created_at, sent_at, resend_count, activated_at, activated_position, ended_at, ended_position) \
             SELECT {id}, a.created_position, 'COLLABORATION', CASE WHEN a.created_position % 2 = 0 THEN a.id ELSE v.id END, \
             CASE WHEN a.created_position % 2 = 0 THEN v.id ELSE a.id END, CASE WHEN a.id < v.id THEN a.id ELSE v.id END, \
             CASE WHEN a.id < v.id THEN v.id ELSE a.id END, 'x', 'x' || a.created_position, '', '', \
             CASE WHEN a.created_position % 10 = 0 THEN 'REMOVED_BY_SENDER' ELSE 'ACTIVE' END, false, false, NULL, NULL, \
             1, 1, 0, 0, '', 0, 0, 0, 0, 2, CASE WHEN a.created_position % 10 = 0 THEN 0 END, \
             CASE WHEN a.created_position % 10 = 0 THEN 4 END \
             FROM account a CROSS JOIN account v WHERE a.created_position < 0 AND v.id = {viewer}"
        ),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await.expect("the roster is seeded");
    }
    let settle = if engine() == TestEngine::Postgres { "VACUUM ANALYZE" } else { "ANALYZE" };
    db.execute_unprepared(settle).await.expect("statistics");
}
