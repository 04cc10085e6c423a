//! Where keys come from: who callers are, and what the service signs with.
//!
//! ```text
//!   mod.rs   files     fetch.rs   a key set's URL, asked once     follow.rs   a URL or a file, again and again
//! ```
//! A service whose key set's URL does not answer starts nevertheless, or it could not be started again while its identity
//! provider is away. It lets nobody in, says that it is not ready, and goes on asking.

mod fetch;
mod follow;

pub use fetch::{Endpoint, FetchError};
pub use follow::{Follower, Rhythm, Source};

use crate::backend::SecretKey;
use crate::config::{AuthMode, ConfigError, Jwks, ServeConfig};
use crate::grpc::auth::{Authenticator, JwtVerifier, KeyError, LiveKeys};
use std::path::Path;

/// Who callers are, as configured, and what has to run for that to stay so.
///
/// # Errors
/// A key that is missing, or cannot be read or used.
pub fn authenticator(
    config: &ServeConfig,
) -> Result<(Authenticator, Option<Follower>), ConfigError> {
    if config.auth == AuthMode::None {
        return Ok((Authenticator::None, None));
    }
    let (issuer, audience) = (&config.jwt_issuer, &config.jwt_audience);
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| ConfigError::File { path: path.to_path_buf(), source })
    };
    let wrong = |path: &Path, error: KeyError| ConfigError::Key {
        path: path.to_path_buf(),
        message: error.to_string(),
    };
    let (verifier, follower) = match (&config.jwt_key_file, config.jwks()?) {
        (Some(path), None) => {
            let verifier = JwtVerifier::with_key(&read(path)?, issuer, audience);
            (verifier.map_err(|error| wrong(path, error))?, None)
        }
        (None, Some(Jwks::File(path))) => {
            let live = LiveKeys::new(issuer, audience);
            // it is there from the beginning, or the service does not begin
            let body = read(&path)?;
            live.publish(&body).map_err(|error| wrong(&path, error))?;
            let source = Source::File(path);
            let follower = Follower::new(source, live.clone(), Rhythm::OF_A_FILE).after(body);
            (JwtVerifier::following(live), Some(follower))
        }
        (None, Some(Jwks::Url(url))) => {
            let endpoint = Endpoint::new(url, config.insecure)
                .map_err(|error| ConfigError::Jwks(error.to_string()))?;
            let live = LiveKeys::new(issuer, audience);
            let follower = Follower::new(Source::Url(endpoint), live.clone(), Rhythm::default());
            (JwtVerifier::following(live), Some(follower))
        }
        _ => return Err(ConfigError::NoKeySource),
    };
    Ok((Authenticator::Jwt(Box::new(verifier)), follower))
}

/// The service's keys, where they are kept outside the database.
///
/// # Errors
/// A file that cannot be read, or holds too little.
pub fn key_in_file(config: &ServeConfig) -> Result<Option<SecretKey>, ConfigError> {
    let Some(path) = &config.secret_key_file else { return Ok(None) };
    let bytes =
        std::fs::read(path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
    let key = SecretKey::read(&bytes)
        .map_err(|error| ConfigError::Key { path: path.clone(), message: error.to_string() })?;
    Ok(Some(key))
}
