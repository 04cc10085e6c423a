//! What a token is verified with: keys, each bound to one algorithm, and the claims that it has to make.

use super::Claims;
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use std::collections::HashMap;

const LEEWAY_SECONDS: u64 = 30;
/// The fewest bytes that a shared secret may have.
pub const MIN_SECRET_BYTES: usize = 32;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a shared secret needs at least {MIN_SECRET_BYTES} bytes")]
    SecretTooShort,
    #[error("the PEM file holds no RSA, EC (P-256) or Ed25519 public key: {0}")]
    Pem(JwtError),
    #[error("the PEM file holds a private key; verifying needs the public one")]
    PrivateKey,
    #[error("the key set is malformed: {0}")]
    Jwks(#[from] serde_json::Error),
    #[error("the key set holds no usable signing key with a key id")]
    NoKey,
}

/// Whom a token has to be from, and for.
pub(super) struct Expected {
    issuer: String,
    audience: String,
}

impl Expected {
    pub(super) fn new(issuer: &str, audience: &str) -> Self {
        Self { issuer: issuer.to_owned(), audience: audience.to_owned() }
    }

    fn of(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // a claim of the wrong JSON type passes for absent; required, it does not pass
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
}

/// Why a token is not believed. Its bearer is not told; whoever keeps the keys may look for new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It names a key that is not here.
    UnknownKey,
    /// Anything else.
    Invalid,
}

/// Keys that tokens are verified with.
pub(super) enum Keys {
    One(Box<Key>),
    Set(HashMap<String, Key>),
}

pub(super) struct Key {
    decoding: DecodingKey,
    validation: Validation,
}

impl Keys {
    pub(super) fn one(material: &[u8], expected: &Expected) -> Result<Self, KeyError> {
        // a public key that passed for a secret would be a secret that everybody knows
        let (algorithm, decoding) = if is_pem(material) {
            public_key(material)?
        } else {
            let secret = material.trim_ascii();
            if secret.len() < MIN_SECRET_BYTES {
                return Err(KeyError::SecretTooShort);
            }
            (Algorithm::HS256, DecodingKey::from_secret(secret))
        };
        Ok(Self::One(Box::new(Key { decoding, validation: expected.of(algorithm) })))
    }

    /// Of several keys with one id the first counts.
    pub(super) fn set(json: &[u8], expected: &Expected) -> Result<Self, KeyError> {
        let set: JwkSet = serde_json::from_slice(json)?;
        let mut keys = HashMap::new();
        for (kid, algorithm, decoding) in set.keys.iter().filter_map(signing_key) {
            let key = || Key { decoding, validation: expected.of(algorithm) };
            keys.entry(kid).or_insert_with(key);
        }
        if keys.is_empty() {
            return Err(KeyError::NoKey);
        }
        Ok(Self::Set(keys))
    }

    pub(super) fn count(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Set(keys) => keys.len(),
        }
    }

    /// What a token claims, if it may.
    pub(super) fn claims(&self, token: &str) -> Result<Claims, Doubt> {
        let header = decode_header(token).map_err(|_| Doubt::Invalid)?;
        // no extension is known here, so none that must be understood is
        if header.crit.is_some() {
            return Err(Doubt::Invalid);
        }
        let key = match self {
            Self::One(key) => key,
            Self::Set(keys) => {
                let kid = header.kid.as_deref().ok_or(Doubt::Invalid)?;
                keys.get(kid).ok_or(Doubt::UnknownKey)?
            }
        };
        let data = decode::<Claims>(token, &key.decoding, &key.validation);
        data.map(|data| data.claims).map_err(|_| Doubt::Invalid)
    }
}

/// Whether a key file holds PEM, perhaps after a byte order mark, a comment or attributes.
#[must_use]
pub fn is_pem(material: &[u8]) -> bool {
    contains(material, b"-----BEGIN")
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn public_key(pem: &[u8]) -> Result<(Algorithm, DecodingKey), KeyError> {
    // read as a public key it would be accepted, and verify nothing
    if contains(pem, b"PRIVATE KEY-----") {
        return Err(KeyError::PrivateKey);
    }
    DecodingKey::from_rsa_pem(pem)
        .map(|key| (Algorithm::RS256, key))
        .or_else(|_| DecodingKey::from_ec_pem(pem).map(|key| (Algorithm::ES256, key)))
        .or_else(|_| DecodingKey::from_ed_pem(pem).map(|key| (Algorithm::EdDSA, key)))
        .map_err(KeyError::Pem)
}

fn signing_key(jwk: &Jwk) -> Option<(String, Algorithm, DecodingKey)> {
    let algorithm = match (&jwk.algorithm, jwk.common.key_algorithm) {
        (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => Algorithm::RS256,
        (AlgorithmParameters::RSA(_), Some(KeyAlgorithm::PS256)) => Algorithm::PS256,
        (AlgorithmParameters::EllipticCurve(ec), None | Some(KeyAlgorithm::ES256))
            if ec.curve == EllipticCurve::P256 =>
        {
            Algorithm::ES256
        }
        (AlgorithmParameters::OctetKeyPair(_), None | Some(KeyAlgorithm::EdDSA)) => {
            Algorithm::EdDSA
        }
        // shared secrets do not belong in a key set, and other algorithms are not offered
        _ => return None,
    };
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    Some((jwk.common.key_id.clone()?, algorithm, DecodingKey::from_jwk(jwk).ok()?))
}
