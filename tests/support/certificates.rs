//! Certificates for a test: an authority, what it issues, and files of them. Used by unit tests too.

#![allow(dead_code, reason = "each test uses its own part of this")]

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use std::fs;
use std::path::{Path, PathBuf};

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
