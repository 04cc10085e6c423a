//! A database of a test's own: a SQLite file in a temporary folder, or a PostgreSQL database copied from a template that
//! was migrated once.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::env;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Which engine the tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEngine {
    Sqlite,
    Postgres,
}

/// The engine that `TEST_DATABASE` names.
pub fn engine() -> TestEngine {
    match env::var("TEST_DATABASE").as_deref() {
        Ok("postgres") => TestEngine::Postgres,
        Ok("sqlite") | Err(_) => TestEngine::Sqlite,
        Ok(other) => panic!("TEST_DATABASE is {other}; it is sqlite or postgres"),
    }
}

/// The PostgreSQL that tests may make databases in.
pub fn postgres_url() -> String {
    env::var("TEST_POSTGRES_URL")
        .expect("TEST_POSTGRES_URL names a PostgreSQL; tests/run starts one")
}

/// The same database by way of a pooler, if `TEST_POSTGRES_POOLER` says at which `host:port` one leads there.
pub fn pooled(url: &str) -> Option<String> {
    let pooler = env::var("TEST_POSTGRES_POOLER").ok()?;
    let (before, rest) = url.strip_prefix("postgres://")?.split_once('@')?;
    let (_, database) = rest.split_once('/')?;
    Some(format!("postgres://{before}@{pooler}/{database}"))
}

/// Gone when dropped.
pub struct TestDatabase {
    pub url: String,
    name: Option<String>,
    _folder: Option<TempDir>,
}

impl TestDatabase {
    /// An empty database, migrated where that saves time.
    pub async fn fresh() -> Self {
        match engine() {
            TestEngine::Sqlite => Self::sqlite(),
            TestEngine::Postgres => {
                let template = TEMPLATE.get_or_init(make_template).await;
                // by files: logging every page of the copy takes five times as long
                Self::postgres(&format!("TEMPLATE {template} STRATEGY file_copy")).await
            }
        }
    }

    /// A database without a single table.
    pub async fn empty() -> Self {
        Self::empty_of(engine()).await
    }

    /// The same, of this engine.
    pub async fn empty_of(engine: TestEngine) -> Self {
        match engine {
            TestEngine::Sqlite => Self::sqlite(),
            TestEngine::Postgres => Self::postgres("").await,
        }
    }

    fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("partner.db").display());
        Self { url, name: None, _folder: Some(folder) }
    }

    async fn postgres(how: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        administer(&format!("CREATE DATABASE {name} {how}")).await;
        Self { url: url_of(&name), name: Some(name), _folder: None }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(name) = self.name.take() else { return };
        // a runtime of its own: the test's is ending
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        let _ = dropped.join();
    }
}

static TEMPLATE: OnceCell<String> = OnceCell::const_new();

async fn make_template() -> String {
    let name = format!("template_{}", std::process::id());
    administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    administer(&format!("CREATE DATABASE {name}")).await;
    let migrated = partner_service::backend::Database::open(&url_of(&name))
        .await
        .expect("the template migrates");
    migrated.close().await;
    name
}

fn url_of(database: &str) -> String {
    let url = postgres_url();
    let (server, _) = url.rsplit_once('/').expect("a PostgreSQL URL ends with /database");
    format!("{server}/{database}")
}

async fn administer(statement: &str) {
    let mut connection =
        PgConnection::connect(&postgres_url()).await.expect("the test PostgreSQL answers");
    connection
        .execute(AssertSqlSafe(statement.to_owned()))
        .await
        .expect("an administrative statement");
    let _ = connection.close().await;
}
