//! One table, and the same as JSON.

use crate::machine::Machine;
use crate::{Failure, drive, postgres};
use serde::Serialize;
use std::fmt;

/// Everything one run found.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: usize,
    seconds: u64,
    rows: Vec<Row>,
    starts: Vec<Start>,
}

/// A call, and what it is compared with.
#[derive(Debug, Serialize)]
pub struct Row {
    call: &'static str,
    in_flight: usize,
    bar: &'static str,
    gate: Option<f64>,
    rounds: Vec<Round>,
}

/// One run of a call and, right after it, of its bar.
#[derive(Debug, Serialize)]
pub struct Round {
    ours_per_second: f64,
    bar_per_second: f64,
    service_cpu_us: f64,
    database_cpu_us: f64,
    client_cpu_us: f64,
    bar_database_cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    failures: u64,
    why: Option<String>,
}

/// One kind of start.
#[derive(Debug, Serialize)]
pub struct Start {
    name: &'static str,
    gate_seconds: Option<f64>,
    median_seconds: f64,
    slowest_seconds: f64,
    starts: usize,
}

/// The value below which a share of the values lies, between two where it falls between.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

impl Row {
    pub fn new(call: &'static str, in_flight: usize, bar: &'static str, gate: Option<f64>) -> Self {
        Self { call, in_flight, bar, gate, rounds: Vec::new() }
    }

    fn of(&self, what: impl Fn(&Round) -> f64, share: f64) -> f64 {
        quantile(&self.rounds.iter().map(what).collect::<Vec<_>>(), share)
    }

    fn median(&self, what: impl Fn(&Round) -> f64) -> f64 {
        self.of(what, 0.5)
    }

    fn why_void(&self) -> Option<&str> {
        self.rounds.iter().find_map(|round| round.why.as_deref())
    }

    fn verdict(&self) -> &'static str {
        match self.gate {
            _ if self.why_void().is_some() => "VOID",
            None => "-",
            Some(gate) if self.of(Round::ratio, 0.25) >= gate => "pass",
            Some(_) => "short",
        }
    }
}

impl Round {
    /// A run and its bar; where either failed the row is void.
    pub fn of(ours: &drive::Run, bar: Result<postgres::Run, Failure>) -> Self {
        let (bar, bar_error) = match bar {
            Ok(bar) => (bar, None),
            Err(error) => (
                postgres::Run { per_second: f64::NAN, cpu_microseconds: f64::NAN },
                Some(error.to_string()),
            ),
        };
        Self {
            ours_per_second: ours.per_second,
            bar_per_second: bar.per_second,
            service_cpu_us: ours.service_microseconds,
            database_cpu_us: ours.database_microseconds,
            client_cpu_us: ours.client_microseconds,
            bar_database_cpu_us: bar.cpu_microseconds,
            p50_ms: quantile(&ours.latencies_ms, 0.5),
            p99_ms: quantile(&ours.latencies_ms, 0.99),
            failures: ours.failures,
            why: ours.first_failure.clone().or(bar_error),
        }
    }

    fn ratio(&self) -> f64 {
        self.ours_per_second / self.bar_per_second
    }
}

impl Start {
    pub fn new(name: &'static str, seconds: &[f64], gate_seconds: Option<f64>) -> Self {
        let (median_seconds, slowest_seconds) = (quantile(seconds, 0.5), quantile(seconds, 1.0));
        Self { name, gate_seconds, median_seconds, slowest_seconds, starts: seconds.len() }
    }

    fn verdict(&self) -> &'static str {
        match self.gate_seconds {
            None => "-",
            Some(gate) if self.median_seconds <= gate => "pass",
            Some(_) => "short",
        }
    }
}

impl Report {
    pub fn new(machine: Machine, rounds: usize, seconds: u64) -> Self {
        Self { machine, rounds, seconds, rows: Vec::new(), starts: Vec::new() }
    }

    /// Adds a round to its row.
    pub fn add(&mut self, row: Row, round: Round) {
        let same = |other: &Row| {
            (other.call, other.in_flight, other.bar) == (row.call, row.in_flight, row.bar)
        };
        let at = self.rows.iter().position(same).unwrap_or_else(|| {
            self.rows.push(row);
            self.rows.len() - 1
        });
        self.rows[at].rounds.push(round);
    }

    pub fn start(&mut self, start: Start) {
        self.starts.push(start);
    }

    /// Whether no call failed.
    pub fn is_valid(&self) -> bool {
        self.rows.iter().all(|row| row.why_void().is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, seconds, .. } = self;
        writeln!(
            out,
            "Medians of {rounds} rounds of {seconds} s; lq is the lower quartile of the paired ratios, which"
        )?;
        writeln!(out, "must reach the gate. CPU in microseconds per operation.")?;
        writeln!(
            out,
            "\n{:<34} {:<25} {:>5} {:>6} {:>6}  {:<6} {:>8} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
            "call @in flight",
            "bar",
            "gate",
            "ratio",
            "lq",
            "",
            "ours/s",
            "bar/s",
            "service",
            "db",
            "bar db",
            "client",
            "p50 ms",
            "p99 ms"
        )?;
        for row in &self.rows {
            let gate = row.gate.map(|gate| format!("{gate:.2}")).unwrap_or_else(|| "-".to_owned());
            writeln!(
                out,
                "{:<34} {:<25} {gate:>5} {:>6.2} {:>6.2}  {:<6} {:>8.0} {:>8.0} {:>7.0} {:>7.0} {:>7.0} {:>7.0} {:>7.2} {:>7.2}",
                format!("{} @{}", row.call, row.in_flight),
                row.bar,
                row.median(Round::ratio),
                row.of(Round::ratio, 0.25),
                row.verdict(),
                row.median(|round| round.ours_per_second),
                row.median(|round| round.bar_per_second),
                row.median(|round| round.service_cpu_us),
                row.median(|round| round.database_cpu_us),
                row.median(|round| round.bar_database_cpu_us),
                row.median(|round| round.client_cpu_us),
                row.median(|round| round.p50_ms),
                row.median(|round| round.p99_ms),
            )?;
            if let Some(why) = row.why_void() {
                writeln!(out, "    void: {why}")?;
            }
        }
        writeln!(
            out,
            "\n{:<34} {:>7} {:>10} {:>10}",
            "start to SERVING", "gate s", "median s", "slowest s"
        )?;
        for start in &self.starts {
            let gate = start
                .gate_seconds
                .map(|gate| format!("{gate:.1}"))
                .unwrap_or_else(|| "-".to_owned());
            let Start { name, median_seconds, slowest_seconds, .. } = start;
            writeln!(
                out,
                "{name:<34} {gate:>7} {median_seconds:>10.3} {slowest_seconds:>10.3}  {}",
                start.verdict()
            )?;
        }
        Ok(())
    }
}
