//! What the service shows and whom it lets in. The files are looked at every few seconds, by their content: certificates
//! are replaced in many ways, and Kubernetes swaps a link. What cannot be used, such as half of a new pair, changes
//! nothing and is told once.

use super::files::{authorities, identity, read, untimely};
use super::own::Callers;
use super::{HTTP_2, TlsError, provider};
use sha2::{Digest, Sha256};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// A connection that was accepted.
pub type Accepted = TlsStream<TcpStream>;

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate and those between it and its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Whose certificates callers have to show; without it they show none.
    pub client_ca: Option<PathBuf>,
}

/// The files' bytes.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What handshakes are made with.
pub struct Serving {
    files: Files,
    /// Of what was read last, whether it could be used or not.
    seen: Mutex<[u8; 32]>,
    current: RwLock<Arc<ServerConfig>>,
}

impl Serving {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// A file that cannot be read or used, and why.
    pub fn start(files: Files) -> Result<Arc<Self>, TlsError> {
        let contents = files.read()?;
        let config = files.config(&contents)?;
        let seen = Mutex::new(digest(&Ok(contents)));
        Ok(Arc::new(Self { files, seen, current: RwLock::new(Arc::new(config)) }))
    }

    /// Whether callers have to show a certificate.
    #[must_use]
    pub fn is_mutual(&self) -> bool {
        self.files.client_ca.is_some()
    }

    /// A handshake, with what is in force now; without a deadline.
    ///
    /// # Errors
    /// The caller's certificate, or whatever else there was no agreement on.
    pub async fn accept(&self, stream: TcpStream) -> io::Result<Accepted> {
        let config = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        TlsAcceptor::from(config).accept(stream).await
    }

    /// Looks at the files again and again, until `shutdown`.
    pub async fn keep_up(self: Arc<Self>, shutdown: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = shutdown.cancelled() => return,
            }
            let this = Arc::clone(&self);
            let _ = tokio::task::spawn_blocking(move || this.look()).await;
        }
    }

    /// Looks at the files once: whether new handshakes are made with something else from now on.
    pub fn look(&self) -> bool {
        let contents = self.files.read();
        let now = digest(&contents);
        let before =
            std::mem::replace(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner), now);
        if before == now {
            return false;
        }
        match contents.and_then(|contents| self.files.config(&contents)) {
            Ok(config) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the certificates changed; new connections use the new ones");
                true
            }
            Err(error) => {
                tracing::warn!(
                    %error,
                    "the certificates changed and cannot be used; those from before stay in force"
                );
                false
            }
        }
    }
}

impl Files {
    fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents {
            certificate: read(&self.certificate)?,
            key: read(&self.key)?,
            client_ca: self.client_ca.as_deref().map(read).transpose()?,
        })
    }

    fn config(&self, contents: &Contents) -> Result<ServerConfig, TlsError> {
        let identity =
            identity((&self.certificate, &contents.certificate), (&self.key, &contents.key))?;
        if let Some(how) = identity.cert.first().and_then(untimely) {
            let path = self.certificate.display();
            tracing::warn!(%path, "the certificate {how}; callers will not trust it");
        }
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| TlsError::unusable(&self.certificate, error))?;
        let builder = match (&self.client_ca, &contents.client_ca) {
            (Some(path), Some(pem)) => {
                let authorities = Arc::new(authorities(path, pem)?);
                // without hints: some callers that find themselves in none of them show nothing
                let others = WebPkiClientVerifier::builder_with_provider(authorities, provider())
                    .clear_root_hint_subjects()
                    .build()
                    .map_err(|error| TlsError::unusable(path, error))?;
                builder.with_client_cert_verifier(callers(&identity, others))
            }
            _ => builder.with_no_client_auth(),
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(identity)));
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        Ok(config)
    }
}

fn callers(
    identity: &CertifiedKey,
    others: Arc<dyn ClientCertVerifier>,
) -> Arc<dyn ClientCertVerifier> {
    match identity.cert.first() {
        Some(own) => Arc::new(Callers { own: own.clone(), others }),
        None => others,
    }
}

fn digest(read: &Result<Contents, TlsError>) -> [u8; 32] {
    let mut hash = Sha256::new();
    match read {
        Ok(Contents { certificate, key, client_ca }) => {
            for part in [Some(certificate), Some(key), client_ca.as_ref()] {
                // one that is empty is not one that is missing, nor part of its neighbour
                hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
                hash.update(part.map_or(&[][..], |part| part));
            }
        }
        Err(error) => hash.update(error.to_string()),
    }
    hash.finalize().into()
}
