//! What Prometheus and probes are told.

use super::{Lines, process};
use crate::backend::Backend;
use crate::grpc::Calls;
use crate::mail::store::{Depth, depth};
use crate::mail::worker::Tally;
use crate::meter::{Total, page};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// The commit that the program was built from, where whoever built it said so.
pub const COMMIT: Option<&str> = option_env!("BUILD_COMMIT");
/// However often a page is asked for, the outbox is not looked at more often.
const OUTBOX_AGE: Duration = Duration::from_secs(5);
const OUTBOX_PATIENCE: Duration = Duration::from_secs(2);

/// Everything that pages are made of.
pub struct Pages {
    backend: Arc<Backend>,
    calls: Arc<Calls>,
    letters: Arc<Tally>,
    lines: Lines,
    is_ready: Arc<AtomicBool>,
    outbox: Mutex<Option<(Instant, Option<Depth>)>>,
}

impl Pages {
    /// Pages about a running service.
    #[must_use]
    pub fn new(
        backend: Arc<Backend>,
        calls: Arc<Calls>,
        letters: Arc<Tally>,
        lines: Lines,
        is_ready: Arc<AtomicBool>,
    ) -> Self {
        Self { backend, calls, letters, lines, is_ready, outbox: Mutex::default() }
    }

    /// What they are about.
    #[must_use]
    pub fn backend(&self) -> Arc<Backend> {
        Arc::clone(&self.backend)
    }

    /// Whether the service should be given calls.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    /// Every metric.
    pub async fn metrics(&self) -> String {
        let outbox = self.outbox().await;
        let mut registry = Registry::default();
        self.calls.tell(&mut registry);
        self.of_the_log(&mut registry);
        self.backend.meter.tell(&mut registry);
        self.of_letters(&mut registry, outbox);
        registry.register(
            "partner_log_lines_lost_total",
            "Log lines lost because nobody read them in time",
            Total(self.lines.lost()),
        );
        process::tell(&mut registry);
        of_the_build(&mut registry);
        page(&registry)
    }

    fn of_the_log(&self, registry: &mut Registry) {
        let hub = &self.backend.feed.hub;
        registry.register(
            "partner_streams_open",
            "Streams of WatchMembers",
            ConstGauge::new(hub.streams()),
        );
        registry.register(
            "partner_tail_position",
            "The position in the log up to which this replica has read it",
            ConstGauge::new(hub.tail().position),
        );
        registry.register(
            "partner_tail_lag_seconds",
            "For how long this replica has not been certain of the log's end",
            ConstGauge::new(hub.lag().as_secs_f64()),
        );
    }

    fn of_letters(&self, registry: &mut Registry, outbox: Option<Depth>) {
        let counts = self.letters.counts();
        registry.register(
            "partner_mails_sent_total",
            "Mails sent by this replica",
            Total(counts.sent),
        );
        registry.register(
            "partner_mails_failed_total",
            "Attempts of this replica to send a mail that came to nothing",
            Total(counts.postponed + counts.given_up),
        );
        if let Some(Depth { waiting, oldest }) = outbox {
            registry.register(
                "partner_outbox_depth",
                "Mails that are neither sent nor given up, the same on all replicas",
                ConstGauge::new(waiting),
            );
            registry.register(
                "partner_outbox_age_seconds",
                "How long the oldest of them has been waiting",
                ConstGauge::new(oldest.as_secs_f64()),
            );
        }
    }

    /// Nothing while the database does not answer: whoever asks then learns of everything else.
    async fn outbox(&self) -> Option<Depth> {
        let mut known = self.outbox.lock().await;
        if let Some((at, depth)) = *known
            && at.elapsed() < OUTBOX_AGE
        {
            return depth;
        }
        let found = timeout(OUTBOX_PATIENCE, depth(&self.backend)).await.ok().and_then(Result::ok);
        *known = Some((Instant::now(), found));
        found
    }
}

fn of_the_build(registry: &mut Registry) {
    let labels = [("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT.unwrap_or_default())];
    let labelled = registry.sub_registry_with_labels(
        labels.into_iter().map(|(key, value)| (key.into(), value.into())),
    );
    let always = ConstGauge::new(1_u64);
    labelled.register("partner_build_info", "Which program this is; always 1", always);
}
