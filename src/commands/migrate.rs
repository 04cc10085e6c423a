//! `migrate up` and `migrate status`.

use super::Report;
use crate::backend::{Database, Look, Migrate, OpenError};
use crate::config::DatabaseConfig;
use crate::server::migrations;
use serde_json::json;

/// What `migrate status` answers when there is something left to do.
const LEFT: u8 = 3;

/// Applies what is missing.
///
/// # Errors
/// What is wrong with the database.
pub async fn up(config: &DatabaseConfig) -> Result<Report, OpenError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let database = Database::open_with(&url, direct, Migrate::Auto).await?;
    let (applied, location) = (database.migrations_applied(), database.location().to_owned());
    database.close().await;
    let words = || format!("{location}: {}", migrations(applied));
    Ok(Report::told(config.output, words, &json!({"database": location, "applied": applied}), 0))
}

/// Tells what is applied; changes nothing.
///
/// # Errors
/// What is wrong with the database.
pub async fn status(config: &DatabaseConfig) -> Result<Report, OpenError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let look = Look::at(&url, direct).await?;
    let (schema, location) = (look.schema().await, look.location().to_owned());
    look.close().await;
    let schema = schema?;
    let (pending, unknown) = (schema.pending(), schema.unknown());
    let code = if pending.is_empty() { 0 } else { LEFT };
    let words = || {
        let known = schema.applied.iter().map(|name| match unknown.contains(&name.as_str()) {
            true => format!("  {name}  applied by another version"),
            false => format!("  {name}  applied"),
        });
        let left = pending.iter().map(|name| format!("  {name}  not applied"));
        let lines: Vec<String> = known.chain(left).collect();
        let sum =
            match (pending.len(), unknown.len()) {
                (0, 0) => "up to date".to_owned(),
                (0, _) => "ahead of this version, which can serve it".to_owned(),
                (_, 0) => "behind this version; `partner-service migrate up` brings it up to date"
                    .to_owned(),
                (..) => "another version's, which this one can neither use nor bring up to date"
                    .to_owned(),
            };
        format!("{location}: the schema is {sum}\n{}", lines.join("\n"))
    };
    let json = json!({
        "database": location,
        "applied": schema.applied,
        "shipped": schema.shipped,
        "pending": pending,
        "unknown": unknown,
    });
    Ok(Report::told(config.output, words, &json, code))
}
