//! `token`.

use super::Report;
use crate::config::{ConfigError, TokenConfig};
use crate::token;
use serde_json::json;

/// Signs a token.
///
/// # Errors
/// A key file that cannot be read or used; a subject that no service would take.
pub fn sign(config: &TokenConfig) -> Result<Report, ConfigError> {
    let token = token::sign(config)?;
    let json = json!({ "token": token });
    Ok(Report::told(config.output, || token, &json, 0))
}
