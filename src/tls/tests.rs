//! Handshakes over real sockets, with certificates of this test's own.

#[path = "../../tests/support/certificates.rs"]
mod certificates;

mod handshakes;
mod keys;
mod renewal;

use super::{Dialling, Files, Serving, TlsError};
use certificates::{Authority, Issued, write};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An authority's folder.
struct Stage {
    folder: TempDir,
    authority: Authority,
    ca: PathBuf,
}

/// What came of a handshake.
struct Met {
    /// The certificate that the service showed, if the client trusted it.
    shown: io::Result<Vec<u8>>,
    /// What the service made of it.
    served: io::Result<()>,
}

impl Stage {
    fn new() -> Self {
        let (folder, authority) = (TempDir::new().unwrap(), Authority::new("one"));
        let ca = write(folder.path(), "ca.crt", &authority.pem());
        Self { folder, authority, ca }
    }

    fn write(&self, name: &str, issued: &Issued) -> (PathBuf, PathBuf) {
        issued.write(self.folder.path(), name)
    }

    /// What a service is started with; with mTLS, callers come from the same authority.
    fn files(&self, is_mutual: bool) -> Files {
        let (certificate, key) = self.write("service", &self.authority.issues(&["localhost"]));
        Files { certificate, key, client_ca: is_mutual.then(|| self.ca.clone()) }
    }

    fn serving(&self, is_mutual: bool) -> Arc<Serving> {
        Serving::start(self.files(is_mutual)).unwrap()
    }

    /// A client that trusts the authority, and shows what it is given.
    fn client(&self, shown: Option<&(PathBuf, PathBuf)>) -> Dialling {
        let shown = shown.map(|(certificate, key)| (certificate.as_path(), key.as_path()));
        Dialling::trusting(Some(&self.ca), shown).unwrap()
    }
}

/// One handshake, and one byte to know that it stands.
async fn meet(serving: &Arc<Serving>, client: &Dialling) -> Met {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = Arc::clone(serving);
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut stream = serving.accept(stream).await?;
        stream.write_all(b"!").await?;
        stream.shutdown().await
    });
    let shown = async {
        let mut stream = client.connect("localhost", port).await?;
        stream.read_u8().await?;
        let shown = stream.get_ref().1.peer_certificates();
        Ok(shown.and_then(|chain| chain.first()).expect("a certificate").to_vec())
    };
    Met { shown: shown.await, served: served.await.unwrap() }
}

impl Met {
    fn agreed(self) -> Vec<u8> {
        self.served.expect("the service agrees");
        self.shown.expect("the client agrees")
    }

    /// Nothing came of it for either; why, as the service tells.
    fn refused(self) -> String {
        assert!(self.shown.is_err(), "the client got through");
        self.served.expect_err("the service agreed").to_string()
    }
}

/// Sends bytes to a service and answers what comes back until it closes.
async fn told(serving: &Arc<Serving>, bytes: &[u8]) -> (Vec<u8>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let serving = Arc::clone(serving);
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        serving.accept(stream).await.err().map(|error| error.to_string())
    });
    client.write_all(bytes).await.unwrap();
    let mut back = Vec::new();
    // bytes that were not read make the end a reset
    let _ = client.read_to_end(&mut back).await;
    (back, served.await.unwrap().expect("no agreement"))
}

fn problem(files: Files) -> String {
    match Serving::start(files) {
        Ok(_) => panic!("it was taken"),
        Err(error @ (TlsError::Unreadable { .. } | TlsError::Unusable { .. })) => error.to_string(),
        Err(error) => panic!("{error}"),
    }
}
