//! Certificates for a test: an authority, what it issues, and files of them. Used by unit tests too.

#![allow(dead_code, reason = "each test uses its own part of this")]

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, DnType, IsCa, KeyPair,
    date_time_ymd, generate_simple_self_signed,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Somebody to trust.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, in PEM.
pub struct Issued {
    pub certificate: String,
    pub key: String,
}

/// From and to which year a certificate is good.
pub type Years = (i32, i32);

const GOOD: Years = (2020, 2120);
pub const OVER: Years = (2020, 2021);
pub const TO_COME: Years = (2119, 2120);

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = params(&[], GOOD);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// For these names, which may be addresses.
    pub fn issues(&self, names: &[&str]) -> Issued {
        self.issues_for(names, GOOD)
    }

    pub fn issues_for(&self, names: &[&str], years: Years) -> Issued {
        let key = KeyPair::generate().expect("a key");
        let certificate = params(names, years).signed_by(&key, &self.0).expect("a certificate");
        Issued { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

fn params(names: &[&str], (from, to): Years) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

impl Issued {
    /// Writes `<name>.crt` and `<name>.key`; where they are.
    pub fn write(&self, folder: &Path, name: &str) -> (PathBuf, PathBuf) {
        let certificate = write(folder, &format!("{name}.crt"), &self.certificate);
        (certificate, write(folder, &format!("{name}.key"), &self.key))
    }
}

/// Writes a file; where it is.
pub fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

/// What a server shows that nobody vouches for but itself, and the certificate to trust it by, in PEM.
pub fn self_signed(name: &str) -> (ServerConfig, String) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a pair");
    (config, cert.pem())
}
