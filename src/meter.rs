//! What the service counts of itself while it works, in the metrics of `prometheus-client`.
//!
//! Each is made once and held where it is counted: counting looks nothing up, and keeps nothing per sample, however seldom
//! somebody reads. What can be asked for at that moment (streams, lag, the outbox) is not counted here at all.

use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{EncodeGaugeValue, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;

/// Seconds of calls, from those that memory answers to those that run into a deadline.
const CALLS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];
/// Seconds of what should hardly be waited for, and may take a second.
const WAITS: [f64; 12] = [0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const SIZES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0];

/// Histograms, one for each set of labels.
pub type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// How long calls took, by labels.
#[must_use]
pub fn durations<L: Clone + std::hash::Hash + Eq>() -> Histograms<L> {
    Family::new_with_constructor(|| Histogram::new(CALLS))
}

/// What rooms below the edge count.
#[derive(Debug)]
pub struct Meter {
    /// Messages handed to streams.
    pub deliveries: Counter,
    /// Reads of streams too far behind for what is kept in memory.
    pub fallbacks: Counter,
    /// Seconds from a change to its sending, for those who were there when it happened.
    pub commit_to_send: Histogram,
    /// How many registrations a commit had.
    pub group_commits: Histogram,
    /// Seconds that connections for reads were waited for.
    pub read_waits: Histogram,
    /// Seconds that connections for changes were waited for.
    pub write_waits: Histogram,
    waits: Histograms<[(&'static str, &'static str); 1]>,
}

impl Default for Meter {
    fn default() -> Self {
        let waits: Histograms<_> = Family::new_with_constructor(|| Histogram::new(WAITS));
        Self {
            deliveries: Counter::default(),
            fallbacks: Counter::default(),
            commit_to_send: Histogram::new(CALLS),
            group_commits: Histogram::new(SIZES),
            read_waits: waits.get_or_create_owned(&[("pool", "read")]),
            write_waits: waits.get_or_create_owned(&[("pool", "write")]),
            waits,
        }
    }
}

impl Meter {
    /// Puts everything on a page to come.
    pub fn tell(&self, registry: &mut Registry) {
        registry.register(
            "partner_deliveries_total",
            "Messages handed to streams",
            Total(self.deliveries.get()),
        );
        registry.register(
            "partner_reader_fallbacks_total",
            "Reads of the database for streams too far behind for what is kept in memory",
            Total(self.fallbacks.get()),
        );
        registry.register(
            "partner_commit_to_send_seconds",
            "From a change to its being handed to a stream that was open when it happened",
            self.commit_to_send.clone(),
        );
        registry.register(
            "partner_group_commit_size",
            "Registrations in one commit",
            self.group_commits.clone(),
        );
        registry.register(
            "partner_pool_wait_seconds",
            "Wait for a connection to the database, asked for once a second",
            self.waits.clone(),
        );
    }
}

/// A number that only grows, by the whole of its name. The crate's own counters are OpenMetrics': described by a name
/// without the `_total` that their series have, which Prometheus' text format knows nothing of.
#[derive(Debug)]
pub struct Total<N>(pub N);

impl<N: EncodeGaugeValue> EncodeMetric for Total<N> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        // a gauge's line is the name and the value
        encoder.encode_gauge(&self.0)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Counter
    }
}

/// What a page is called in HTTP: Prometheus' text format, which all that scrape take without being asked.
pub const TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The page.
#[must_use]
pub fn page(registry: &Registry) -> String {
    let mut text = String::new();
    encode_registry(&mut text, registry).expect("a text takes whatever is written");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_prometheus_text_format_with_the_whole_names_of_counters() {
        let meter = Meter::default();
        meter.deliveries.inc_by(3);
        meter.group_commits.observe(2.0);
        meter.group_commits.observe(5_000.0);
        meter.read_waits.observe(0.002);
        let mut registry = Registry::default();
        meter.tell(&mut registry);
        registry.register("process_cpu_seconds_total", "Time", Total(0.5));
        let text = page(&registry);
        for part in [
            "# HELP partner_deliveries_total Messages handed to streams.\n\
             # TYPE partner_deliveries_total counter\npartner_deliveries_total 3\n",
            "# TYPE partner_group_commit_size histogram\n",
            "partner_group_commit_size_bucket{le=\"1.0\"} 0\n\
             partner_group_commit_size_bucket{le=\"2.0\"} 1\n",
            "partner_group_commit_size_bucket{le=\"1000.0\"} 1\n\
             partner_group_commit_size_bucket{le=\"+Inf\"} 2\n",
            "partner_group_commit_size_sum 5002.0\npartner_group_commit_size_count 2\n",
            "partner_pool_wait_seconds_bucket{le=\"0.005\",pool=\"read\"} 1\n",
            "partner_pool_wait_seconds_count{pool=\"write\"} 0\n",
            "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 0.5\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("_total_total") && !text.contains("# EOF"), "{text}");
    }

    #[test]
    fn the_buckets_of_every_histogram_rise() {
        for bounds in [&CALLS[..], &WAITS, &SIZES] {
            assert!(bounds.is_sorted_by(|one, next| one < next), "{bounds:?}");
        }
    }
}
