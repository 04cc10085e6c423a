//! `version`.

use super::Report;
use crate::config::VersionConfig;
use crate::telemetry::COMMIT;
use serde_json::json;

/// Tells which version this is.
#[must_use]
pub fn tell(config: &VersionConfig) -> Report {
    let version = env!("CARGO_PKG_VERSION");
    let words = || match COMMIT {
        Some(commit) => format!("partner-service {version} ({commit})"),
        None => format!("partner-service {version}"),
    };
    Report::told(config.output, words, &json!({"version": version, "commit": COMMIT}), 0)
}
