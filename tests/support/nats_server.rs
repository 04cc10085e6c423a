//! A real nats-server, and some that only look like one.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

/// A process; killed when dropped.
pub struct NatsServer {
    child: Child,
    port: u16,
    monitor: u16,
    _folder: TempDir,
}

impl NatsServer {
    /// Starts one, on the port of an earlier one or on any.
    pub async fn start(port: Option<u16>) -> Self {
        let port = port.map_or("-1".to_owned(), |port| port.to_string());
        Self::with(&["--port", &port]).await
    }

    /// Starts one that speaks TLS only, with this certificate and its key.
    pub async fn over_tls(certificate: &Path, key: &Path) -> Self {
        let [certificate, key] = [certificate, key].map(|path| path.to_str().unwrap());
        Self::with(&["--port", "-1", "--tls", "--tlscert", certificate, "--tlskey", key]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("log");
        let child = Command::new("nats-server")
            .args(["--addr", "127.0.0.1", "--http_port", "-1", "--log"])
            .arg(&log)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect(
                "nats-server is missing; run this with PATH=\"$(tests/support/tools):$PATH\", which installs it",
            );
        let ready = async {
            loop {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                if said.contains("Server is ready") {
                    return said;
                }
                tokio::task::yield_now().await;
            }
        };
        let said = timeout(PATIENCE, ready).await.expect("nats-server starts");
        let port_of = |what: &str| {
            let line = said.lines().find(|line| line.contains(what)).expect("it tells its ports");
            line.rsplit_once(':').unwrap().1.trim().parse().expect("a port")
        };
        let (port, monitor) =
            (port_of("Listening for client connections"), port_of("Starting http monitor"));
        Self { child, port, monitor, _folder: folder }
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address())
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Until so many are subscribed to a log's bell.
    pub async fn heard_by(&self, count: usize) {
        let asking =
            async { while self.connections().await.matches("\"partner.log.").count() != count {} };
        timeout(PATIENCE, asking).await.expect("the replicas subscribe");
    }

    async fn connections(&self) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.monitor)).await.unwrap();
        stream.write_all(b"GET /connz?subs=1 HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Kills it; the port it had.
    pub fn stop(self) -> u16 {
        self.port
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Something else at the address.
#[derive(Clone, Copy, Debug)]
pub enum Liar {
    /// Nobody.
    Absent,
    /// Takes connections and never says a word.
    Mute,
    /// Says what no NATS server says.
    Babbling,
    /// Rings without end, and passes on nothing.
    Ringing,
}

impl Liar {
    /// Its address.
    pub async fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        if !matches!(self, Self::Absent) {
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(async move { self.serve(stream).await });
                }
            });
        }
        format!("nats://{address}")
    }

    async fn serve(self, mut stream: TcpStream) -> std::io::Result<()> {
        let info = "INFO {\"server_id\":\"x\",\"version\":\"2.10.0\",\"proto\":1,\"max_payload\":1048576,\
                    \"headers\":true,\"host\":\"x\",\"port\":1,\"go\":\"x\",\"client_id\":1}\r\n";
        match self {
            Self::Absent => Ok(()),
            Self::Mute => std::future::pending().await,
            Self::Babbling => {
                stream.write_all(info.as_bytes()).await?;
                stream.write_all(b"PONG\r\nMSG \xff\xfe nonsense -1\r\n\0\0\0").await
            }
            Self::Ringing => {
                stream.write_all(info.as_bytes()).await?;
                let (mut asked, mut tell) = stream.into_split();
                let mut buffer = [0; 1_024];
                // CONNECT and PING
                let _ = asked.read(&mut buffer).await?;
                tell.write_all(b"PONG\r\n").await?;
                let deaf = async {
                    while asked.read(&mut buffer).await? > 0 {}
                    Ok(())
                };
                let rings = async {
                    loop {
                        tell.write_all(b"MSG partner.log.x 1 5\r\nhello\r\n").await?;
                    }
                };
                tokio::select! { ended = deaf => ended, ended = rings => ended }
            }
        }
    }
}
