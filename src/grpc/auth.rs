//! Who calls: credentials become a [`Caller`], and nothing more; rights come from the stored member.

use crate::caller::Caller;
use crate::domain::ids::MemberId;
use crate::error::Error;
use jsonwebtoken::errors::Error as JwtError;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::metadata::MetadataMap;
use uuid::Uuid;

/// The scope that makes an operator.
pub const OPERATOR_SCOPE: &str = "partner.operator";
/// The metadata that names the member acted for.
pub const MEMBER_HEADER: &str = "x-member-id";
const LEEWAY_SECONDS: u64 = 30;
/// The fewest bytes that a shared secret may have.
pub const MIN_SECRET_BYTES: usize = 32;

/// How callers prove themselves.
pub enum Authenticator {
    /// They do not: for loopback only. `x-member-id` makes the caller that member, nothing makes it the operator.
    None,
    /// Signed tokens.
    Jwt(Box<JwtVerifier>),
}

/// Verifies tokens with keys and algorithms fixed by configuration; a token chooses neither.
pub struct JwtVerifier {
    keys: Keys,
    issuer: String,
    audience: String,
}

enum Keys {
    One(Algorithm, Box<DecodingKey>),
    Set(HashMap<String, (Algorithm, DecodingKey)>),
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a shared secret needs at least {MIN_SECRET_BYTES} bytes")]
    SecretTooShort,
    #[error("the PEM file holds no RSA, EC (P-256) or Ed25519 public key: {0}")]
    Pem(JwtError),
    #[error("the PEM file holds a private key; verifying needs the public one")]
    PrivateKey,
    #[error("the JWKS file is malformed: {0}")]
    Jwks(#[from] serde_json::Error),
    #[error("the JWKS file holds no usable signing key with a key id")]
    NoKey,
}

/// Who calls, and for how long that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who calls.
    pub caller: Caller,
    /// For how long the token is still good, where there is one.
    pub lasts: Option<Duration>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since 1970; checked to be a number by the validation.
    exp: f64,
    #[serde(default)]
    scope: String,
}

impl Claims {
    /// By the machine's clock, which verified the token too.
    fn lasts(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let ends = Duration::try_from_secs_f64(self.exp).unwrap_or(Duration::MAX);
        ends.saturating_sub(now)
    }
}

impl JwtVerifier {
    /// One key: a PEM public key, or the bytes of a shared secret (HS256).
    ///
    /// # Errors
    /// A key that cannot be used.
    pub fn with_key(material: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        // a public key that passed for a secret would be a secret that everybody knows
        let (algorithm, key) = if is_pem(material) {
            public_key(material)?
        } else {
            let secret = material.trim_ascii();
            if secret.len() < MIN_SECRET_BYTES {
                return Err(KeyError::SecretTooShort);
            }
            (Algorithm::HS256, DecodingKey::from_secret(secret))
        };
        Ok(Self {
            keys: Keys::One(algorithm, Box::new(key)),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        })
    }

    /// A set of public keys, chosen by the token's key id; each is good for its own algorithm only.
    ///
    /// # Errors
    /// A file without usable keys.
    pub fn with_jwks(json: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        let set: JwkSet = serde_json::from_slice(json)?;
        let keys: HashMap<_, _> = set.keys.iter().filter_map(signing_key).collect();
        if keys.is_empty() {
            return Err(KeyError::NoKey);
        }
        Ok(Self { keys: Keys::Set(keys), issuer: issuer.to_owned(), audience: audience.to_owned() })
    }

    fn claims(&self, token: &str) -> Option<Claims> {
        let header = decode_header(token).ok()?;
        // no extension is known here, so none that must be understood is
        if header.crit.is_some() {
            return None;
        }
        let (algorithm, key) = match &self.keys {
            Keys::One(algorithm, key) => (*algorithm, &**key),
            Keys::Set(keys) => {
                keys.get(header.kid.as_deref()?).map(|(algorithm, key)| (*algorithm, key))?
            }
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        // a claim of the wrong JSON type passes for absent; required, it does not pass
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        decode::<Claims>(token, key, &validation).ok().map(|data| data.claims)
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

fn signing_key(jwk: &Jwk) -> Option<(String, (Algorithm, DecodingKey))> {
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
    Some((jwk.common.key_id.clone()?, (algorithm, DecodingKey::from_jwk(jwk).ok()?)))
}

impl Authenticator {
    /// The credentials in a request's metadata.
    ///
    /// # Errors
    /// `CredentialsMissing`, `CredentialsInvalid`.
    pub fn credentials(&self, metadata: &MetadataMap) -> Result<Credentials, Error> {
        let member = acted_for(metadata)?;
        match self {
            Self::None => {
                let caller = member.map_or_else(|| Caller::Operator(String::new()), Caller::Member);
                Ok(Credentials { caller, lasts: None })
            }
            Self::Jwt(verifier) => {
                let claims = verifier.claims(bearer(metadata)?).ok_or(Error::CredentialsInvalid)?;
                let lasts = Some(claims.lasts());
                let operator = claims.scope.split(' ').any(|scope| scope == OPERATOR_SCOPE);
                let caller = match (operator, member) {
                    (true, Some(member)) => Caller::OperatorFor(claims.sub, member),
                    (true, None) => Caller::Operator(claims.sub),
                    (false, Some(_)) => return Err(Error::CredentialsInvalid),
                    (false, None) => Caller::Member(uuid(&claims.sub)?),
                };
                Ok(Credentials { caller, lasts })
            }
        }
    }
}

fn acted_for(metadata: &MetadataMap) -> Result<Option<MemberId>, Error> {
    let mut values = metadata.get_all(MEMBER_HEADER).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            value.to_str().map_err(|_| Error::CredentialsInvalid).and_then(uuid).map(Some)
        }
        (Some(_), Some(_)) => Err(Error::CredentialsInvalid),
    }
}

fn bearer(metadata: &MetadataMap) -> Result<&str, Error> {
    let value = metadata.get("authorization").ok_or(Error::CredentialsMissing)?;
    let value = value.to_str().map_err(|_| Error::CredentialsInvalid)?;
    let (scheme, token) = value.split_once(' ').ok_or(Error::CredentialsInvalid)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Error::CredentialsInvalid)
    }
}

/// A member's id in its hyphenated form, as in every field.
fn uuid(raw: &str) -> Result<MemberId, Error> {
    const HYPHENATED: usize = 36;
    let parsed = Uuid::try_parse(raw).ok().filter(|_| raw.len() == HYPHENATED);
    parsed.map(MemberId).ok_or(Error::CredentialsInvalid)
}
