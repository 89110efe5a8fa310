//! What came of it, as JSON and as a table.

use serde_json::{Value as Json, json};

use crate::busy;
use crate::rounds::{Measured, Spread};
use crate::rows::{Aim, Row};

/// A row, and what was measured of it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) row: Row,
    pub(crate) skep: Option<Spread>,
    pub(crate) peer: Option<Spread>,
    /// Skep's number as a multiple of the peer's.
    pub(crate) ratio: Option<f64>,
    /// The share of the cores that others took, where that is too much.
    disturbed: Option<f64>,
}

/// What was measured, row by row.
pub(crate) fn lines(rows: &[&Row], measured: &Measured) -> Vec<Line> {
    let line = |row: &&Row| {
        let peer = row.peer.map(|(_, value)| value);
        let values = [Some(row.skep), peer].into_iter().flatten();
        Line {
            row: **row,
            skep: measured.spread(row.skep),
            peer: peer.and_then(|value| measured.spread(value)),
            ratio: peer.and_then(|value| measured.ratio(row.skep, value)),
            disturbed: values.filter_map(|value| measured.disturbed(value)).reduce(f64::max),
        }
    };
    rows.iter().map(line).collect()
}

impl Line {
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.row.aim.is_met(self.skep?.median, self.ratio)
    }

    pub(crate) fn peer_name(&self) -> &'static str {
        self.row.peer.map_or("", |(name, _)| name)
    }

    fn json(&self) -> Json {
        let spread = |spread: Option<Spread>| spread.map(|all| [all.least, all.most]);
        json!({
            "name": self.row.name,
            "unit": self.row.unit,
            "skep": self.skep.map(|all| all.median),
            "peer": self.peer.map(|all| all.median),
            "peer_name": self.row.peer.map(|(name, _)| name),
            "ratio": self.ratio,
            "skep_spread": spread(self.skep),
            "peer_spread": spread(self.peer),
            "aim": aim(self.row.aim),
            "met": self.is_met(),
            "busy": self.disturbed,
        })
    }

    fn cells(&self) -> [String; 7] {
        let number = |spread: Option<Spread>| spread.map_or("-".into(), |all| short(all.median));
        let range = |spread: Option<Spread>| {
            spread.map_or(String::new(), |all| format!("{}..{}", short(all.least), short(all.most)))
        };
        let met = match self.is_met() {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        let aim = aim(self.row.aim).unwrap_or_default();
        let busy = self.disturbed.map(|share| format!("  busy: {:.0} %", share * 100.0));
        [
            format!("{}{}", self.row.name, busy.unwrap_or_default()),
            format!("{} {}", number(self.skep), self.row.unit),
            range(self.skep),
            number(self.peer),
            self.peer_name().into(),
            self.ratio.map_or(String::new(), |ratio| format!("{ratio:.2}")),
            format!("{met} {aim}").trim().into(),
        ]
    }
}

/// What is aimed at, in words.
fn aim(aim: Aim) -> Option<String> {
    match aim {
        Aim::None => None,
        Aim::AtMost(most) => Some(format!("ratio at most {most}")),
        Aim::AtLeast(least) => Some(format!("ratio at least {least}")),
        Aim::Most(most) => Some(format!("at most {}", short(most))),
        Aim::Least(least) => Some(format!("at least {}", short(least))),
    }
}

/// Three digits that count.
pub(crate) fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100_000.0 => format!("{:.0} k", number / 1e3),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

pub(crate) fn json(lines: &[Line]) -> serde_json::Result<String> {
    let all: Vec<Json> = lines.iter().map(Line::json).collect();
    serde_json::to_string_pretty(&all).map(|text| text + "\n")
}

/// The table for people.
pub(crate) fn table(lines: &[Line]) -> String {
    let head = ["", "SKEP", "FROM..TO", "PEER", "", "RATIO", "REACHED"].map(str::to_owned);
    let rows: Vec<_> = std::iter::once(head).chain(lines.iter().map(Line::cells)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..7).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    let load = busy::load().map_or(String::new(), |load| format!("; load average {load}"));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{text}\nmedians of the rounds that nothing disturbed (busy: others took \
         that much of a core in each); {cores} cores{load}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let all = [0.543_21, 12.34, 345.6, 98_765.0, 123_456.7].map(short);
        assert_eq!(all, ["0.54", "12.3", "346", "98765", "123 k"]);
    }
}
