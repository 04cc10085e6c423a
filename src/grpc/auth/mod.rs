//! Who calls: credentials become a [`Caller`], and nothing more; rights come from the stored member.
//!
//! ```text
//!   mod.rs   what a call brings     key.rs   what a token is verified with     live.rs   keys that change while it runs
//! ```
//! Whatever is wrong with a token, its bearer hears the same: which of its parts was right is nobody's business.

mod key;
mod live;

pub use key::{KeyError, MIN_SECRET_BYTES, is_pem};
pub use live::LiveKeys;

use crate::caller::Caller;
use crate::domain::ids::MemberId;
use crate::error::Error;
use key::{Expected, Keys};
use serde::Deserialize;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

/// The scope that makes an operator.
pub const OPERATOR_SCOPE: &str = "partner.operator";
/// The metadata that names the member acted for.
pub const MEMBER_HEADER: &str = "x-member-id";
/// In characters, as OpenID Connect has it.
const MAX_SUBJECT: usize = 255;
const CREDENTIALS_HEADER: &str = "authorization";

/// How callers prove themselves.
pub enum Authenticator {
    /// They do not: for loopback only. `x-member-id` makes the caller that member, nothing makes it the operator.
    None,
    /// Signed tokens.
    Jwt(Box<JwtVerifier>),
}

/// Verifies tokens with keys and algorithms fixed by configuration; a token chooses neither.
pub struct JwtVerifier(Source);

enum Source {
    Fixed(Keys),
    Live(Arc<LiveKeys>),
}

/// Who calls, and for how long that is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Who calls.
    pub caller: Caller,
    /// When the token is over, where there is one; by the time it came, whatever the call waits for afterwards.
    pub end: Option<Instant>,
}

#[derive(Deserialize)]
struct Claims {
    /// Compared by the validation, which would take a list of issuers too.
    #[serde(rename = "iss")]
    _issuer: String,
    sub: String,
    /// Seconds since 1970; checked to be a number by the validation.
    exp: f64,
    #[serde(default)]
    scope: String,
}

impl Claims {
    /// Whether the subject can be written down.
    fn has_name(&self) -> bool {
        let length = self.sub.chars().count();
        (1..=MAX_SUBJECT).contains(&length) && !self.sub.chars().any(char::is_control)
    }

    /// By the machine's clock, which verified the token too; none when that is farther than time goes.
    fn end(&self) -> Option<Instant> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let end = Duration::try_from_secs_f64(self.exp).unwrap_or(Duration::MAX);
        Instant::now().checked_add(end.saturating_sub(now))
    }
}

impl JwtVerifier {
    /// One key: a PEM public key, or the bytes of a shared secret (HS256).
    ///
    /// # Errors
    /// A key that cannot be used.
    pub fn with_key(material: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        Keys::one(material, &Expected::new(issuer, audience)).map(|keys| Self(Source::Fixed(keys)))
    }

    /// A set of public keys, chosen by the token's key id; each is good for its own algorithm only.
    ///
    /// # Errors
    /// A set without usable keys.
    pub fn with_jwks(json: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        Keys::set(json, &Expected::new(issuer, audience)).map(|keys| Self(Source::Fixed(keys)))
    }

    /// Such a set as somebody else keeps it up to date.
    #[must_use]
    pub fn following(keys: Arc<LiveKeys>) -> Self {
        Self(Source::Live(keys))
    }

    async fn claims(&self, token: &str) -> Result<Claims, Error> {
        match &self.0 {
            Source::Fixed(keys) => keys.claims(token).map_err(|_| Error::CredentialsInvalid),
            Source::Live(keys) => keys.claims(token).await,
        }
    }
}

impl Authenticator {
    /// Whether it can tell callers from each other by now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Jwt(verifier) => match &verifier.0 {
                Source::Live(keys) => keys.are_there(),
                Source::Fixed(_) => true,
            },
            Self::None => true,
        }
    }

    /// The credentials in a request's metadata.
    ///
    /// # Errors
    /// `CredentialsMissing`, `CredentialsInvalid`, `KeysNotThere`.
    pub async fn credentials(&self, metadata: &MetadataMap) -> Result<Credentials, Error> {
        let member = acted_for(metadata)?;
        match self {
            Self::None => {
                let caller = member.map_or_else(|| Caller::Operator(String::new()), Caller::Member);
                Ok(Credentials { caller, end: None })
            }
            Self::Jwt(verifier) => {
                let claims = verifier.claims(bearer(metadata)?).await?;
                if !claims.has_name() {
                    return Err(Error::CredentialsInvalid);
                }
                let end = claims.end();
                let operator = claims.scope.split(' ').any(|scope| scope == OPERATOR_SCOPE);
                let caller = match (operator, member) {
                    (true, Some(member)) => Caller::OperatorFor(claims.sub, member),
                    (true, None) => Caller::Operator(claims.sub),
                    (false, Some(_)) => return Err(Error::CredentialsInvalid),
                    (false, None) => Caller::Member(uuid(&claims.sub)?),
                };
                Ok(Credentials { caller, end })
            }
        }
    }
}

/// The value of a header that may stand once: of two, a proxy might have looked at the other one.
fn only<'a>(metadata: &'a MetadataMap, name: &str) -> Result<Option<&'a str>, Error> {
    let mut values = metadata.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Error::CredentialsInvalid),
        (Some(_), Some(_)) => Err(Error::CredentialsInvalid),
    }
}

fn acted_for(metadata: &MetadataMap) -> Result<Option<MemberId>, Error> {
    only(metadata, MEMBER_HEADER)?.map(uuid).transpose()
}

fn bearer(metadata: &MetadataMap) -> Result<&str, Error> {
    let value = only(metadata, CREDENTIALS_HEADER)?.ok_or(Error::CredentialsMissing)?;
    let (scheme, token) = value.split_once(' ').ok_or(Error::CredentialsInvalid)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim_matches(' '))
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
