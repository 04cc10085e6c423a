//! A figure that must not be too large: a time, a size, or what something costs against what it costs elsewhere.

use crate::report::quantile;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// One figure, measured some times.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    unit: &'static str,
    at_most: Option<f64>,
    values: Vec<f64>,
    /// What it was made of, and what it cost.
    beside: BTreeMap<&'static str, Vec<f64>>,
    /// Why it is void.
    pub why: Option<String>,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str, at_most: Option<f64>) -> Self {
        let (values, beside) = (Vec::new(), BTreeMap::new());
        Self { name: name.into(), unit, at_most, values, beside, why: None }
    }

    /// With one more value, and what stands beside it.
    pub fn with(mut self, value: f64, beside: &[(&'static str, f64)]) -> Self {
        self.values.push(value);
        for (name, value) in beside {
            self.beside.entry(name).or_default().push(*value);
        }
        self
    }

    /// With several values at once.
    pub fn with_all(mut self, values: &[f64]) -> Self {
        self.values.extend(values);
        self
    }

    /// One that could not be measured.
    pub fn void(mut self, why: impl ToString) -> Self {
        self.why = Some(why.to_string());
        self
    }

    /// Takes in another round of the same.
    pub fn join(&mut self, other: Self) {
        self.values.extend(other.values);
        self.why = self.why.take().or(other.why);
        for (name, values) in other.beside {
            self.beside.entry(name).or_default().extend(values);
        }
    }

    fn verdict(&self) -> &'static str {
        match self.at_most {
            _ if self.why.is_some() => "VOID",
            None => "-",
            Some(gate) if quantile(&self.values, 0.75) <= gate => "pass",
            Some(_) => "short",
        }
    }

    /// What stands over the columns.
    pub fn heading() -> String {
        format!(
            "{:<52} {:>8} {:>9} {:>9} {:<5} {:<6} beside it",
            "figure", "at most", "median", "uq", "", ""
        )
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gate = self.at_most.map_or_else(|| "-".to_owned(), short);
        let [median, quartile] = [0.5, 0.75].map(|share| short(quantile(&self.values, share)));
        let (name, unit, verdict) = (&self.name, self.unit, self.verdict());
        write!(out, "{name:<52} {gate:>8} {median:>9} {quartile:>9} {unit:<5} {verdict:<6}")?;
        let beside = self.beside.iter();
        let beside =
            beside.map(|(name, values)| format!("{name} {}", short(quantile(values, 0.5))));
        write!(out, " {}", beside.collect::<Vec<_>>().join(", "))?;
        self.why.as_ref().map_or(Ok(()), |why| write!(out, "\n    void: {why}"))
    }
}

/// A number with as many places as mean something.
pub fn short(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".to_owned(),
        size if size < 10.0 => format!("{value:.2}"),
        size if size < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
