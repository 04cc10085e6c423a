//! Signing keys of every kind, and a service that verifies with them.

use crate::support::world::Organization;
use crate::support::{Harness, Options};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, get_current_timestamp};
use partner_service::grpc::auth::{Authenticator, JwtVerifier};
use partner_service::grpc::pb;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PublicKeyData};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "partners";
pub const SECRET: &str = "a shared secret of more than 32 bytes";

/// What signs tokens, and what a service verifies them with.
pub struct Key {
    pub algorithm: Algorithm,
    pub signing: EncodingKey,
    /// What `partner-service token` reads: a PEM private key, or the secret.
    pub private: String,
    /// What the service reads: a PEM public key, or the secret.
    pub public: String,
    jwk: Option<Value>,
}

impl Key {
    pub fn secret() -> Self {
        Self {
            algorithm: Algorithm::HS256,
            signing: EncodingKey::from_secret(SECRET.as_bytes()),
            private: SECRET.to_owned(),
            public: SECRET.to_owned(),
            jwk: None,
        }
    }

    pub fn elliptic() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let signing = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::ES256).unwrap();
        Self {
            algorithm: Algorithm::ES256,
            signing,
            private: pair.serialize_pem(),
            public: pair.public_key_pem(),
            jwk: Some(serde_json::to_value(jwk).unwrap()),
        }
    }

    pub fn edwards() -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair.der_bytes());
        Self {
            algorithm: Algorithm::EdDSA,
            signing: EncodingKey::from_ed_pem(pair.serialize_pem().as_bytes()).unwrap(),
            private: pair.serialize_pem(),
            public: pair.public_key_pem(),
            jwk: Some(json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x})),
        }
    }

    /// Made once and kept with the tests: making one takes seconds.
    pub fn rsa() -> Self {
        let private = include_str!("../data/rsa_private.pem");
        let signing = EncodingKey::from_rsa_pem(private.as_bytes()).unwrap();
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).unwrap();
        Self {
            algorithm: Algorithm::RS256,
            signing,
            private: private.to_owned(),
            public: include_str!("../data/rsa_public.pem").to_owned(),
            jwk: Some(serde_json::to_value(jwk).unwrap()),
        }
    }

    pub fn all() -> [Self; 4] {
        [Self::secret(), Self::elliptic(), Self::edwards(), Self::rsa()]
    }

    /// The public key as an entry of a key set; none for a secret.
    pub fn jwk(&self, kid: &str) -> Option<Value> {
        let mut jwk = self.jwk.clone()?;
        jwk["kid"] = kid.into();
        Some(jwk)
    }

    pub fn verifier(&self) -> JwtVerifier {
        JwtVerifier::with_key(self.public.as_bytes(), ISSUER, AUDIENCE).expect("the key is usable")
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.sign_as(Header::new(self.algorithm), claims)
    }

    pub fn sign_as(&self, header: Header, claims: &Value) -> String {
        encode(&header, claims, &self.signing).expect("the claims are signed")
    }

    pub fn sign_with_kid(&self, kid: &str, claims: &Value) -> String {
        self.sign_as(Header { kid: Some(kid.to_owned()), ..Header::new(self.algorithm) }, claims)
    }
}

/// A verifier over a set of keys.
pub fn key_set(keys: &[Value]) -> JwtVerifier {
    let json = serde_json::to_vec(&json!({ "keys": keys })).unwrap();
    JwtVerifier::with_jwks(&json, ISSUER, AUDIENCE).expect("the key set is usable")
}

/// What a good token says.
pub fn claims(sub: &str) -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": sub, "exp": get_current_timestamp() + 600})
}

/// The same with some claims replaced; `null` takes one away.
pub fn claims_but(sub: &str, others: Value) -> Value {
    let mut claims = claims(sub);
    for (name, value) in others.as_object().expect("claims") {
        match value {
            Value::Null => claims.as_object_mut().expect("claims").remove(name),
            value => claims.as_object_mut().expect("claims").insert(name.clone(), value.clone()),
        };
    }
    claims
}

/// An organisation `ann`, and a service that asks for tokens.
pub async fn secured(verifier: JwtVerifier) -> (Harness, Organization) {
    let open = Harness::start().await;
    let ann = open.organization("ann").await;
    let (database, clock) = open.stop().await;
    let authenticator = Some(Authenticator::Jwt(Box::new(verifier)));
    let options = Options {
        authenticator,
        database: Some(database),
        clock: Some(clock),
        ..Default::default()
    };
    (Harness::with(options).await, ann)
}

/// `authorization` with a bearer token.
pub fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

/// GetAccount with these metadata.
pub async fn get_account(
    harness: &Harness,
    metadata: &[(&'static str, String)],
    account_id: &str,
) -> crate::Answer<pb::GetAccountResponse> {
    let request = pb::GetAccountRequest { account_id: account_id.to_owned(), ..Default::default() };
    harness.caller(metadata).accounts.get_account(request).await
}
