//! What is read from key files: who callers are, and what the service signs with.

use crate::backend::SecretKey;
use crate::config::{AuthMode, ConfigError, ServeConfig};
use crate::grpc::auth::{Authenticator, JwtVerifier, KeyError};
use std::path::Path;

type MakeVerifier = fn(&[u8], &str, &str) -> Result<JwtVerifier, KeyError>;

/// Who callers are, as configured.
///
/// # Errors
/// A key that is missing, or cannot be read or used.
pub fn authenticator(config: &ServeConfig) -> Result<Authenticator, ConfigError> {
    if config.auth == AuthMode::None {
        return Ok(Authenticator::None);
    }
    let (issuer, audience) = (&config.jwt_issuer, &config.jwt_audience);
    let (path, made): (&Path, MakeVerifier) = match (&config.jwt_key_file, &config.jwks) {
        (Some(path), None) => (path, JwtVerifier::with_key),
        (None, Some(path)) => (path, JwtVerifier::with_jwks),
        _ => return Err(ConfigError::NoKeySource),
    };
    let bytes = std::fs::read(path)
        .map_err(|source| ConfigError::File { path: path.to_path_buf(), source })?;
    let verifier = made(&bytes, issuer, audience).map_err(|error| ConfigError::Key {
        path: path.to_path_buf(),
        message: error.to_string(),
    })?;
    Ok(Authenticator::Jwt(Box::new(verifier)))
}

/// The service's key, where it is kept outside the database.
///
/// # Errors
/// A file that cannot be read, or holds too little.
pub fn key_in_file(config: &ServeConfig) -> Result<Option<SecretKey>, ConfigError> {
    let Some(path) = &config.secret_key_file else { return Ok(None) };
    let bytes =
        std::fs::read(path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
    let key = SecretKey::new(bytes.trim_ascii().to_vec()).ok_or_else(|| ConfigError::Key {
        path: path.clone(),
        message: format!("a secret key needs at least {} bytes", SecretKey::MIN_BYTES),
    })?;
    Ok(Some(key))
}
