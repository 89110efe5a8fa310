//! The result of a measurement, one JSON object on a line.

use std::fmt;

#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<(&'static str, f64)>,
}

impl Report {
    pub fn with(mut self, name: &'static str, value: f64) -> Self {
        self.figures.push((name, value));
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |(name, value): &(_, f64)| format!("\"{name}\":{}", to_thousandths(*value));
        let figures: Vec<String> = self.figures.iter().map(figure).collect();
        write!(out, "{{{}}}", figures.join(","))
    }
}

fn to_thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
