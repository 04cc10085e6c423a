//! What this program's own clients trust and show.

use super::files::{authorities, chain, identity, read};
use super::own::ThatOne;
use super::{HTTP_2, TlsError, provider};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};

/// A certificate's file and its key's.
type Identity<'a> = Option<(&'a Path, &'a Path)>;

/// A connection.
pub type Stream = TlsStream<TcpStream>;

/// How connections are made.
#[derive(Clone)]
pub struct Dialling(pub(super) Arc<ClientConfig>);

impl Dialling {
    /// Trusts the authorities in a file, else this machine's; shows a certificate where one is asked for.
    ///
    /// # Errors
    /// A file that cannot be read or used; a machine that trusts nobody.
    pub fn trusting(ca: Option<&Path>, shown: Identity<'_>) -> Result<Self, TlsError> {
        let trusted = match ca {
            Some(path) => authorities(path, &read(path)?)?,
            None => system()?,
        };
        Self::with(builder()?.with_root_certificates(trusted), shown)
    }

    /// Trusts a service that shows this very certificate, and shows it too where one is asked for, if it has the key.
    ///
    /// # Errors
    /// A file that cannot be read or used.
    pub fn own(certificate: &Path, key: Option<&Path>) -> Result<Self, TlsError> {
        let chain = chain(certificate, &read(certificate)?)?;
        let own =
            chain.first().cloned().ok_or_else(|| TlsError::unusable(certificate, "it is empty"))?;
        let verifier = Arc::new(ThatOne::new(own));
        let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
        Self::with(builder, key.map(|key| (certificate, key)))
    }

    fn with(
        builder: ConfigBuilder<ClientConfig, WantsClientCert>,
        shown: Identity<'_>,
    ) -> Result<Self, TlsError> {
        let mut config = match shown {
            Some((certificate, key)) => {
                let shown: CertifiedKey =
                    identity((certificate, &read(certificate)?), (key, &read(key)?))?;
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// A connection to `host`, which has to prove that name.
    ///
    /// # Errors
    /// Nobody there, or nobody to trust, or one that speaks no HTTP/2.
    pub async fn connect(&self, host: &str, port: u16) -> io::Result<Stream> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let stream = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await?;
        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
            Ok(stream)
        } else {
            Err(io::Error::other("it speaks TLS, but no HTTP/2"))
        }
    }
}

/// For an HTTP client: trusts this machine's authorities, who may be nobody, since whoever is reached without TLS needs none.
#[must_use]
pub fn system_only() -> ClientConfig {
    builder()
        .expect("the provider speaks the versions that are safe")
        .with_root_certificates(native())
        .with_no_client_auth()
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::NoAuthorities)
}

fn system() -> Result<RootCertStore, TlsError> {
    let store = native();
    if store.is_empty() { Err(TlsError::NoAuthorities) } else { Ok(store) }
}

/// Whom this machine trusts; certificates among them that nobody can read are left out.
fn native() -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    store
}
