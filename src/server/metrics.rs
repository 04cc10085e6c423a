//! The address for metrics and probes: taken before anything begins, served when there is something to tell.

use super::ServeError;
use crate::backend::Backend;
use crate::config::{MetricsListen, ServeConfig};
use crate::telemetry::{Pages, serve};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

/// How often a connection to the database is asked for, to learn how long that takes.
const FEEL_INTERVAL: Duration = Duration::from_secs(1);

/// An address that is taken.
pub struct Listener {
    listener: TcpListener,
    address: String,
}

/// Gone when dropped.
pub struct ListenFile(PathBuf);

impl Drop for ListenFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Pages are served until it is dropped.
pub type Serving = [AbortOnDropHandle<()>; 2];

impl Listener {
    /// Takes the address, if one is configured.
    pub async fn bind(config: &ServeConfig) -> Result<Option<Self>, ServeError> {
        let MetricsListen::At(address) = config.metrics_listen else { return Ok(None) };
        let unusable = |source| ServeError::Metrics { address: address.to_string(), source };
        let listener = TcpListener::bind(address).await.map_err(unusable)?;
        let address = listener.local_addr().map_err(unusable)?.to_string();
        Ok(Some(Self { listener, address }))
    }

    /// Tells the address in a file, once the data folder is this process's own.
    pub fn tell(&self, data_dir: &Path) -> Result<ListenFile, ServeError> {
        let path = data_dir.join("metrics-listen");
        std::fs::write(&path, format!("{}\n", self.address))
            .map_err(|source| ServeError::File { path: path.clone(), source })?;
        Ok(ListenFile(path))
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn serve(self, pages: Pages) -> Serving {
        let feeling = tokio::spawn(feel(pages.backend()));
        let serving = tokio::spawn(serve(self.listener, Arc::new(pages)));
        [serving, feeling].map(AbortOnDropHandle::new)
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
