//! `key rotate`, `key drop` and `key status`: the secret keys that the database keeps.

use super::Report;
use crate::backend::{Clock, Database, KeptKey, Look, Migrate, OpenError};
use crate::config::{DatabaseConfig, KeyDropConfig};
use crate::domain::time::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

/// Why nothing was done about the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(
        "{location} keeps no key: the service makes one at its first start, unless --secret-key-file gives it one; keys in a file are put in each other's place there"
    )]
    None { location: String },
}

impl KeyError {
    /// Whether it is the command line, the environment or the file of settings that has to be put right.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_usage())
    }
}

/// Adds a key.
///
/// # Errors
/// What is wrong with the database; one that keeps no key.
pub async fn rotate(config: &DatabaseConfig) -> Result<Report, KeyError> {
    let database = opened(config).await?;
    let (added, location) =
        (database.add_key(Clock::System.now()).await, database.location().to_owned());
    database.close().await;
    let added = added?.ok_or_else(|| KeyError::None { location: location.clone() })?;
    let (number, from) = (added.number, moment(added.signs_from));
    let words = || {
        format!(
            "{location}: key {number} is added and signs from {from} on; what the keys before it signed stays good until \
             they are dropped"
        )
    };
    let json = json!({"database": location, "added": number, "signsFrom": from});
    Ok(Report::told(config.output, words, &json, 0))
}

/// Drops keys that sign no longer.
///
/// # Errors
/// What is wrong with the database.
pub async fn drop(config: &KeyDropConfig) -> Result<Report, KeyError> {
    let KeyDropConfig { unused_for, keys: config } = config;
    let database = opened(config).await?;
    let (dropped, location) = (
        database.drop_keys(unused_for.0, Clock::System.now()).await,
        database.location().to_owned(),
    );
    database.close().await;
    let (dropped, left) = dropped?;
    let words = || format!("{location}: {} dropped, {} left", keys(&dropped), keys(&left));
    let numbers = |keys: &[KeptKey]| keys.iter().map(|key| key.number).collect::<Vec<_>>();
    let json = json!({"database": location, "dropped": numbers(&dropped), "left": numbers(&left)});
    Ok(Report::told(config.output, words, &json, 0))
}

/// Tells which keys there are.
///
/// # Errors
/// What is wrong with the database.
pub async fn status(config: &DatabaseConfig) -> Result<Report, KeyError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    let look = Look::at(&url, direct).await?;
    let (found, location) = (look.keys().await, look.location().to_owned());
    look.close().await;
    let (found, now) = (found?, Clock::System.now());
    let words = || {
        let lines =
            found.iter().map(|key| format!("\n  key {}  {}", key.number, standing(key, now)));
        format!("{location}: {}{}", keys(&found), lines.collect::<String>())
    };
    let listed: Vec<Value> = found.iter().map(|key| entry(key, now)).collect();
    Ok(Report::told(config.output, words, &json!({"database": location, "keys": listed}), 0))
}

async fn opened(config: &DatabaseConfig) -> Result<Database, OpenError> {
    let (url, direct) = (config.database.url(&config.data_dir), config.database.direct_url());
    Database::open_with(&url, direct, Migrate::Off).await
}

fn keys(keys: &[KeptKey]) -> String {
    match keys.len() {
        0 => "no key".to_owned(),
        1 => "1 key".to_owned(),
        many => format!("{many} keys"),
    }
}

fn standing(key: &KeptKey, now: Timestamp) -> String {
    match key.signs_until {
        Some(end) if end <= now => format!("signed until {}; what it signed is good", moment(end)),
        _ if key.signs_from > now => format!("signs from {} on", moment(key.signs_from)),
        _ => format!("signs since {}", moment(key.signs_from)),
    }
}

fn entry(key: &KeptKey, now: Timestamp) -> Value {
    json!({
        "number": key.number,
        "createTime": moment(key.created_at),
        "signsFrom": moment(key.signs_from),
        "signsUntil": key.signs_until.map(moment),
        "signs": key.signs(now),
    })
}

/// In whole seconds, as RFC 3339 has it.
fn moment(at: Timestamp) -> String {
    let since = Duration::from_micros(u64::try_from(at.0).unwrap_or(0));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}
