//! The address for metrics and probes: taken before anything begins, served when there is something to tell.

use super::ServeError;
use crate::backend::Backend;
use crate::config::{MetricsListen, ServeConfig};
use crate::telemetry::{Pages, serve};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

/// How often a connection to the database is asked for, to learn how long that takes.
const FEEL_INTERVAL: Duration = Duration::from_secs(1);

/// An address that is taken, and told in a file.
pub struct Listener {
    listener: TcpListener,
    address: String,
    file: ListenFile,
}

/// Gone when dropped.
struct ListenFile(PathBuf);

impl Drop for ListenFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Pages are served until it is dropped.
pub struct Serving {
    _tasks: [AbortOnDropHandle<()>; 2],
    _file: ListenFile,
}

impl Listener {
    /// Takes the address, if one is configured.
    pub async fn bind(config: &ServeConfig) -> Result<Option<Self>, ServeError> {
        let MetricsListen::At(address) = config.metrics_listen else { return Ok(None) };
        let unusable = |source| ServeError::Metrics { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?.to_string();
        let path = config.data_dir.join("metrics-listen");
        std::fs::write(&path, format!("{address}\n"))
            .map_err(|source| ServeError::File { path: path.clone(), source })?;
        Ok(Some(Self { listener, address, file: ListenFile(path) }))
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn serve(self, pages: Pages) -> Serving {
        let feeling = tokio::spawn(feel(pages.backend()));
        let serving = tokio::spawn(serve(self.listener, Arc::new(pages)));
        Serving { _tasks: [serving, feeling].map(AbortOnDropHandle::new), _file: self.file }
    }
}

async fn feel(backend: Arc<Backend>) {
    let mut ticks = tokio::time::interval(FEEL_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        backend.feel_waits().await;
    }
}
