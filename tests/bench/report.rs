//! One table, and the same as JSON.

use crate::figure::{Figure, short};
use crate::machine::Machine;
use crate::{Failure, drive, postgres};
use serde::Serialize;
use std::borrow::Borrow;
use std::fmt;

/// Everything one run found.
#[derive(Debug, Serialize)]
pub struct Report {
    machine: Machine,
    rounds: usize,
    seconds: u64,
    rows: Vec<Row>,
    figures: Vec<Figure>,
    /// What was not measured, and why.
    missing: Vec<(String, String)>,
    /// What broke, and how.
    broken: Vec<(String, String)>,
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
    bar_cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    why: Option<String>,
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
    pub fn of<B: Borrow<postgres::Run>>(ours: &drive::Run, bar: Result<B, String>) -> Self {
        let none = postgres::Run { per_second: f64::NAN, cpu_microseconds: f64::NAN };
        let (bar, bar_error) = match &bar {
            Ok(bar) => (bar.borrow(), None),
            Err(error) => (&none, Some(error.clone())),
        };
        Self {
            ours_per_second: ours.per_second,
            bar_per_second: bar.per_second,
            service_cpu_us: ours.service_microseconds,
            database_cpu_us: ours.database_microseconds,
            client_cpu_us: ours.client_microseconds,
            bar_cpu_us: bar.cpu_microseconds,
            p50_ms: quantile(&ours.latencies_ms, 0.5),
            p99_ms: quantile(&ours.latencies_ms, 0.99),
            why: ours.first_failure.clone().or(bar_error),
        }
    }

    fn ratio(&self) -> f64 {
        self.ours_per_second / self.bar_per_second
    }
}

impl Report {
    pub fn new(machine: Machine, rounds: usize, seconds: u64) -> Self {
        Self {
            machine,
            rounds,
            seconds,
            rows: Vec::new(),
            figures: Vec::new(),
            missing: Vec::new(),
            broken: Vec::new(),
        }
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

    /// Adds a figure, or a round to one.
    pub fn figure(&mut self, figure: Figure) {
        match self.figures.iter_mut().find(|known| known.name == figure.name) {
            Some(known) => known.join(figure),
            None => self.figures.push(figure),
        }
    }

    /// Notes what cannot be measured here.
    pub fn missing(&mut self, what: &str, why: &str) {
        if self.missing.iter().all(|(known, _)| known != what) {
            self.missing.push((what.to_owned(), why.to_owned()));
        }
    }

    /// Notes what broke while something was measured, if anything did.
    pub fn note(&mut self, what: &str, measured: Result<(), Failure>) {
        if let Err(error) = measured {
            eprintln!("{what}: {error}");
            self.broken.push((what.to_owned(), error.to_string()));
        }
    }

    /// Whether nothing broke and no call failed.
    pub fn is_valid(&self) -> bool {
        self.broken.is_empty()
            && self.rows.iter().all(|row| row.why_void().is_none())
            && self.figures.iter().all(|figure| figure.why.is_none())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, seconds, .. } = self;
        writeln!(
            out,
            "Medians of {rounds} rounds of {seconds} s; lq is the lower quartile of the paired ratios, which"
        )?;
        writeln!(out, "must reach the gate, uq the upper one. CPU in microseconds per operation.")?;
        if !self.rows.is_empty() {
            writeln!(out, "\n{}", Row::heading())?;
        }
        for row in &self.rows {
            writeln!(out, "{row}")?;
        }
        if !self.figures.is_empty() {
            writeln!(out, "\n{}", Figure::heading())?;
        }
        for figure in &self.figures {
            writeln!(out, "{figure}")?;
        }
        for (what, why) in &self.missing {
            writeln!(out, "MISSING: {what}: {why}")?;
        }
        for (what, how) in &self.broken {
            writeln!(out, "BROKE: {what}: {how}")?;
        }
        Ok(())
    }
}

impl Row {
    fn heading() -> String {
        format!(
            "{:<42} {:<25} {:>5} {:>6} {:>6}  {:<6} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7}",
            "what @in flight",
            "bar",
            "gate",
            "ratio",
            "lq",
            "",
            "ours/s",
            "bar/s",
            "service",
            "db",
            "bar",
            "client",
            "p50 ms",
            "p99 ms"
        )
    }
}

impl fmt::Display for Row {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gate = self.gate.map(|gate| format!("{gate:.2}")).unwrap_or_else(|| "-".to_owned());
        write!(
            out,
            "{:<42} {:<25} {gate:>5} {:>6.2} {:>6.2}  {:<6} {:>9.0} {:>9.0}",
            format!("{} @{}", self.call, self.in_flight),
            self.bar,
            self.median(Round::ratio),
            self.of(Round::ratio, 0.25),
            self.verdict(),
            self.median(|round| round.ours_per_second),
            self.median(|round| round.bar_per_second),
        )?;
        let beside: [fn(&Round) -> f64; 6] = [
            |round| round.service_cpu_us,
            |round| round.database_cpu_us,
            |round| round.bar_cpu_us,
            |round| round.client_cpu_us,
            |round| round.p50_ms,
            |round| round.p99_ms,
        ];
        for what in beside {
            write!(out, " {:>7}", short(self.median(what)))?;
        }
        self.why_void().map_or(Ok(()), |why| write!(out, "\n    void: {why}"))
    }
}
