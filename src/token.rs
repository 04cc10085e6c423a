//! `partner-service token`: signs a development token.

use crate::config::{ConfigError, TokenConfig};
use crate::grpc::auth::{KeyError, MIN_SECRET_BYTES, OPERATOR_SCOPE, is_pem};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// The token.
///
/// # Errors
/// A key file that cannot be read or used; a subject that no service would take.
pub fn sign(config: &TokenConfig) -> Result<String, ConfigError> {
    if !config.operator && Uuid::try_parse(&config.sub).is_err() {
        return Err(ConfigError::Subject);
    }
    let path = config.jwt_key_file.clone();
    let material =
        std::fs::read(&path).map_err(|source| ConfigError::File { path: path.clone(), source })?;
    let unusable = |message: String| ConfigError::Key { path: path.clone(), message };
    let (algorithm, key) = if is_pem(&material) {
        EncodingKey::from_rsa_pem(&material)
            .map(|key| (Algorithm::RS256, key))
            .or_else(|_| EncodingKey::from_ec_pem(&material).map(|key| (Algorithm::ES256, key)))
            .or_else(|_| EncodingKey::from_ed_pem(&material).map(|key| (Algorithm::EdDSA, key)))
            .map_err(|_| {
                unusable("it holds no RSA, EC (P-256) or Ed25519 private key in PKCS #8".to_owned())
            })?
    } else {
        let secret = material.trim_ascii();
        if secret.len() < MIN_SECRET_BYTES {
            return Err(unusable(KeyError::SecretTooShort.to_string()));
        }
        (Algorithm::HS256, EncodingKey::from_secret(secret))
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = Claims {
        iss: &config.jwt_issuer,
        aud: &config.jwt_audience,
        sub: &config.sub,
        iat: now,
        exp: now + config.lifetime.0.as_secs(),
        scope: config.operator.then_some(OPERATOR_SCOPE),
    };
    encode(&Header::new(algorithm), &claims, &key).map_err(|error| unusable(error.to_string()))
}
