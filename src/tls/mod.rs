//! Certificates: read, checked, and read again when they change. The only room that knows rustls.
//!
//! ```text
//!   files.rs     PEM files, and what is wrong with them
//!   serving.rs   what the service shows and whom it lets in; replaced as a whole while it runs
//!   own.rs       the service's own certificate as a proof
//!   dialling.rs  what this program's own clients trust and show
//! ```
//! TLS 1.2 and 1.3, HTTP/2 by ALPN. A handshake uses what was in force when it began; a connection outlives its
//! certificate. Whoever holds the service's key is the service: its own certificate is let in where callers have to show
//! one, so that a health check beside it needs no other.

mod dialling;
mod files;
mod own;
mod serving;

pub use dialling::{Dialling, Stream, system_only};
pub use serving::{Accepted, Files, Serving};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};

/// What both sides speak.
const HTTP_2: &[u8] = b"h2";

/// What is wrong with a certificate, or with what belongs to it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} cannot be used: {problem}", path.display())]
    Unusable { path: PathBuf, problem: String },
    #[error("this machine knows no authority to trust; name one with --tls-ca-file")]
    NoAuthorities,
}

impl TlsError {
    fn unusable(path: &Path, problem: impl ToString) -> Self {
        Self::Unusable { path: path.to_path_buf(), problem: problem.to_string() }
    }
}

/// Makes the provider of cryptography known to libraries that ask for one. Another that was faster is as good.
pub fn install() {
    if CryptoProvider::get_default().is_none() {
        let _ = aws_lc_rs::default_provider().install_default();
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[cfg(test)]
mod tests;
