//! Numbers as Prometheus reads them: the text format, version 0.0.4.

use super::{Histogram, Scale};
use std::fmt::{Display, Write as _};
use std::sync::atomic::Ordering;

/// Labels of one series: names, and any values.
pub type Labels<'a> = &'a [(&'a str, &'a str)];

/// A page of metrics. Writing to a text cannot fail.
#[derive(Debug, Default)]
pub struct Page(String);

impl Page {
    /// What this type of page is called in HTTP.
    pub const TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// A number that only grows; its name ends in `_total`.
    pub fn counter(&mut self, name: &str, help: &str, count: impl Display) {
        self.head(name, help, "counter");
        self.line(name, "", &[], count);
    }

    /// A number that goes up and down.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.labelled_gauge(name, help, &[], value);
    }

    /// The same with labels.
    pub fn labelled_gauge(
        &mut self,
        name: &str,
        help: &str,
        labels: Labels<'_>,
        value: impl Display,
    ) {
        self.head(name, help, "gauge");
        self.line(name, "", labels, value);
    }

    /// One metric, a histogram for each set of labels.
    pub fn histograms<'a>(
        &mut self,
        name: &str,
        help: &str,
        series: impl IntoIterator<Item = (Labels<'a>, &'a Histogram)>,
    ) {
        self.head(name, help, "histogram");
        for (labels, histogram) in series {
            self.histogram(name, labels, histogram);
        }
    }

    /// What belongs to a metric, before its series.
    pub fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// The series of one histogram.
    pub fn histogram(&mut self, name: &str, labels: Labels<'_>, histogram: &Histogram) {
        let Histogram { scale: Scale { ends, parts }, counts, sum } = histogram;
        let parts = f64::from(*parts);
        let in_units = |amount: u64| approximately(amount) / parts;
        let mut below = 0;
        for (index, count) in counts.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            let end = ends.get(index).map(|end| in_units(*end).to_string());
            let end = end.as_deref().unwrap_or("+Inf");
            self.line(name, "_bucket", &[labels, &[("le", end)]].concat(), below);
        }
        self.line(name, "_sum", labels, in_units(sum.load(Ordering::Relaxed)));
        // as the buckets were read: they and the count must agree
        self.line(name, "_count", labels, below);
    }

    fn line(&mut self, name: &str, suffix: &str, labels: Labels<'_>, value: impl Display) {
        let text = &mut self.0;
        text.push_str(name);
        text.push_str(suffix);
        for (index, (label, value)) in labels.iter().enumerate() {
            text.push(if index == 0 { '{' } else { ',' });
            let _ = write!(text, "{label}=\"{}\"", escaped(value));
        }
        let close = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(text, "{close} {value}");
    }

    /// The page.
    #[must_use]
    pub fn text(self) -> String {
        self.0
    }
}

/// Sums and bounds are told to the 53 bits that a float has.
fn approximately(amount: u64) -> f64 {
    amount as f64
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::*;

    #[test]
    fn counters_and_gauges_are_told_with_what_they_are() {
        let mut page = Page::default();
        page.counter("a_total", "How many.", 3);
        page.labelled_gauge("b", "How much.", &[("of", "a \"b\"\\\n"), ("to", "c")], 0.5);
        assert_eq!(
            page.text(),
            "# HELP a_total How many.\n# TYPE a_total counter\na_total 3\n\
             # HELP b How much.\n# TYPE b gauge\nb{of=\"a \\\"b\\\"\\\\\\n\",to=\"c\"} 0.5\n"
        );
    }

    #[test]
    fn buckets_are_told_cumulatively_and_end_with_all() {
        let sizes = Histogram::new(SIZES);
        sizes.record(2);
        sizes.record(5_000);
        let mut page = Page::default();
        page.histograms("size", "Sizes.", [(&[("of", "x")][..], &sizes)]);
        let text = page.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "size_bucket{of=\"x\",le=\"1\"} 0");
        assert_eq!(lines[3], "size_bucket{of=\"x\",le=\"2\"} 1");
        assert_eq!(
            lines[11..],
            [
                "size_bucket{of=\"x\",le=\"1000\"} 1",
                "size_bucket{of=\"x\",le=\"+Inf\"} 2",
                "size_sum{of=\"x\"} 5002",
                "size_count{of=\"x\"} 2"
            ]
        );
    }
}
