//! Runs the programs in turn, several times, so that what the machine does besides meets all
//! sides alike.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use crate::busy::{QUIET, Quiet};
use crate::figures::{Figure, Figures};
use crate::rows::{Row, Value};
use crate::sides::{Probe, Sides};

/// A quick run measures so many times fewer messages.
const QUICK: usize = 8;
/// How long a round may wait for a quiet machine and repeat what was disturbed, in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Of each round; none where it failed.
    runs: BTreeMap<Probe, Vec<Option<Figures>>>,
    /// The share of the cores that others took in each round.
    taken: BTreeMap<Probe, Vec<f64>>,
}

/// A number from several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// Measure what these rows need.
pub(crate) fn run(rows: &[&Row], sides: &Sides, rounds: usize, quick: bool) -> Measured {
    let mut probes = Vec::new();
    for row in rows {
        let peer = row.peer.map(|(_, value)| value).into_iter();
        for probe in std::iter::once(row.skep).chain(peer).flat_map(Value::probes) {
            if sides.has(probe.side) && !probes.contains(&probe) {
                probes.push(probe);
            }
        }
    }
    let mut measured = Measured::default();
    let part = if quick { QUICK } else { 1 };
    for round in 0..rounds {
        let mut machine = Quiet::new(PATIENCE / u32::try_from(part).unwrap_or(u32::MAX));
        for (index, probe) in probes.iter().enumerate() {
            if round > 0 && probe.is_long(quick) {
                continue;
            }
            let done = round * probes.len() + index;
            progress(done, rounds * probes.len(), probe);
            measured.once(sides, probe, part, &mut machine);
        }
    }
    clear();
    measured
}

impl Measured {
    fn once(&mut self, sides: &Sides, probe: &Probe, part: usize, machine: &mut Quiet) {
        let (figures, taken) = machine.measure(|| sides.measure(probe, part));
        let figures = figures.inspect_err(|why| {
            clear();
            eprintln!("bench: {why}");
        });
        self.runs.entry(*probe).or_default().push(figures.ok());
        self.taken.entry(*probe).or_default().push(taken);
    }

    /// A row's number; none where it could not be measured.
    pub(crate) fn spread(&self, value: Value) -> Option<Spread> {
        Spread::of(self.numbers(value).into_iter().flatten().collect())
    }

    /// How many times the second number goes into the first, round by round: what the machine
    /// did besides in one of them met both.
    pub(crate) fn ratio(&self, skep: Value, peer: Value) -> Option<f64> {
        let pairs = self.numbers(skep).into_iter().zip(self.numbers(peer));
        let ratios = pairs.filter_map(|(skep, peer)| Some(skep? / peer?));
        Spread::of(ratios.collect()).map(|ratios| ratios.median)
    }

    fn numbers(&self, value: Value) -> Vec<Option<f64>> {
        match value {
            Value::One(probe, figure) => self.figures(&probe, figure).collect(),
            Value::More(less, more, figure) => {
                let pairs = self.figures(&less, figure).zip(self.figures(&more, figure));
                pairs.map(|(less, more)| Some(more? - less?)).collect()
            }
        }
    }

    fn figures(&self, probe: &Probe, figure: Figure) -> impl Iterator<Item = Option<f64>> {
        let runs = self.runs.get(probe).into_iter().flatten();
        runs.map(move |figures| figures.as_ref()?.get(figure))
    }

    /// The share of the cores that others took in the middle of the rounds, if that was too
    /// much to believe the number.
    pub(crate) fn disturbed(&self, value: Value) -> Option<f64> {
        let taken = value.probes().filter_map(|probe| Spread::of(self.taken.get(&probe)?.clone()));
        taken.map(|taken| taken.median).reduce(f64::max).filter(|taken| *taken > QUIET)
    }
}

impl Spread {
    fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_unstable_by(f64::total_cmp);
        let (below, above) = (numbers.len().saturating_sub(1) / 2, numbers.len() / 2);
        let median = f64::midpoint(*numbers.get(below)?, *numbers.get(above)?);
        Some(Self { median, least: *numbers.first()?, most: *numbers.last()? })
    }
}

/// One line that is written over, where somebody looks.
fn progress(done: usize, all: usize, probe: &Probe) {
    if stderr().is_terminal() {
        let percent = done * 100 / all.max(1);
        eprint!("\r\x1b[K{percent:3} %  {:?}: {}", probe.side, probe.words);
        let _ = stderr().flush();
    }
}

fn clear() {
    if stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_ends() {
        let spread = Spread::of(vec![3.0, 1.0, 2.0]).unwrap_or_else(|| unreachable!());
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 2.0, 3.0));
        let even = Spread::of(vec![4.0, 1.0, 2.0, 3.0]).unwrap_or_else(|| unreachable!());
        assert_eq!(even.median, 2.5);
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
