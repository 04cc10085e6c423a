//! The service as a process: the release binary, its default logging written to nowhere.

use crate::Failure;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_micros(500);

/// A running service; killed when dropped.
pub struct Service {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Service {
    /// Starts it over a database, or over a SQLite file in `folder`, and answers when its health is SERVING.
    pub async fn start(
        program: &Path,
        database_url: &str,
        folder: TempDir,
    ) -> Result<(Self, Duration), Failure> {
        let began = Instant::now();
        let mut command = Command::new(program);
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("PARTNER_") || name == "RUST_LOG")
        {
            command.env_remove(name);
        }
        command.args(["--listen", "127.0.0.1:0", "--log-format", "json"]);
        // counted as in production, and scraped by nobody
        command.args(["--metrics-listen", "127.0.0.1:0"]);
        // quotas are a rule, not a cost: out of the way
        command.args(["--invitations-per-day", "1000000000", "--open-invitations", "1000000000"]);
        command.args(["--database-url", database_url]).arg("--data-dir").arg(folder.path());
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut service = Self { child, address: String::new(), folder };
        service.address = service.listening(began).await?;
        service.serving(began).await?;
        Ok((service, began.elapsed()))
    }

    async fn listening(&mut self, began: Instant) -> Result<String, Failure> {
        let file = self.folder.path().join("listen");
        while began.elapsed() < PATIENCE {
            if let Some(line) = read_line(&file) {
                return Ok(line);
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the service ended with {status}").into());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err("the service does not listen".into())
    }

    async fn serving(&self, began: Instant) -> Result<(), Failure> {
        let mut health = HealthClient::new(self.connect().await?);
        while began.elapsed() < PATIENCE {
            let answer = health.check(HealthCheckRequest { service: String::new() }).await?;
            if answer.into_inner().status() == ServingStatus::Serving {
                return Ok(());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Err("the service does not serve".into())
    }

    /// A connection of its own.
    pub async fn connect(&self) -> Result<Channel, Failure> {
        Ok(Endpoint::from_shared(format!("http://{}", self.address))?
            .tcp_nodelay(true)
            .connect()
            .await?)
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it, and hands back its folder.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first line, once it is written whole.
fn read_line(file: &Path) -> Option<String> {
    std::fs::read_to_string(file)
        .ok()
        .filter(|text| text.ends_with('\n'))
        .map(|text| text.trim().to_owned())
}
