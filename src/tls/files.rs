//! PEM files: certificates, keys, authorities. What is wrong is told with the file it is wrong in; contents are never quoted.

use super::{TlsError, provider};
use std::path::Path;
use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{CertificateError, Error, InconsistentKeys, RootCertStore};

const NO_CERTIFICATE: &str = "it holds no certificate in PEM";

/// The file's bytes.
pub fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_path_buf(), source })
}

/// A certificate and those between it and its authority.
pub fn chain(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|_| TlsError::unusable(path, "it is damaged"))?;
    if chain.is_empty() {
        return Err(TlsError::unusable(path, NO_CERTIFICATE));
    }
    for certificate in &chain {
        ParsedCertificate::try_from(certificate)
            .map_err(|_| TlsError::unusable(path, "a certificate in it is damaged"))?;
    }
    Ok(chain)
}

/// A private key: PKCS #8, PKCS #1 or SEC 1.
pub fn key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    // either as the kind of the section, or in its header
    if pem.windows(b"ENCRYPTED".len()).any(|window| window == b"ENCRYPTED") {
        let problem = "the private key is encrypted; write it without a password";
        return Err(TlsError::unusable(path, problem));
    }
    PrivateKeyDer::from_pem_slice(pem)
        .map_err(|_| TlsError::unusable(path, "it holds no private key in PEM"))
}

/// A certificate with its key, if that is its key.
pub fn identity(
    (certificate, certificate_pem): (&Path, &[u8]),
    (key, key_pem): (&Path, &[u8]),
) -> Result<CertifiedKey, TlsError> {
    let chain = chain(certificate, certificate_pem)?;
    let private = self::key(key, key_pem)?;
    let signing = provider().key_provider.load_private_key(private).map_err(|_| {
        TlsError::unusable(key, "the private key is damaged, or of a kind that is not known here")
    })?;
    let identity = CertifiedKey::new(chain, signing);
    match identity.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(identity),
        Err(Error::InconsistentKeys(_)) => {
            let problem = format!("it is not the key of {}", certificate.display());
            Err(TlsError::unusable(key, problem))
        }
        Err(error) => Err(TlsError::unusable(certificate, error)),
    }
}

/// Authorities to trust.
pub fn authorities(path: &Path, pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for authority in chain(path, pem)? {
        store.add(authority).map_err(|error| TlsError::unusable(path, error))?;
    }
    Ok(store)
}

/// Whether the certificate is out of its time, in words.
pub fn untimely(certificate: &CertificateDer<'_>) -> Option<&'static str> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    // who signed it does not matter here: its time is looked at first
    let mut any = RootCertStore::empty();
    any.add(certificate.clone().into_owned()).ok()?;
    let algorithms = provider().signature_verification_algorithms.all;
    let now = UnixTime::now();
    match verify_server_cert_signed_by_trust_anchor(&parsed, &any, &[], now, algorithms) {
        Err(Error::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        )) => Some("has expired"),
        Err(Error::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        )) => Some("is not valid yet"),
        _ => None,
    }
}
