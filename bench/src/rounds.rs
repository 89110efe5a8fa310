//! Runs the programs in turn, several times, so that what the machine does besides meets all
//! sides alike.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

use crate::busy::{QUIET, Watch};
use crate::figures::{Figure, Figures};
use crate::rows::{Row, Value};
use crate::sides::{Probe, Sides};

/// A quick run measures so many times fewer messages.
const QUICK: usize = 8;
/// How long a run waits for a quiet machine, and a run of a quick report.
const PATIENCE: Duration = Duration::from_millis(1_500);
const QUICK_PATIENCE: Duration = Duration::from_millis(200);

/// All that was measured.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    /// Of each round.
    runs: BTreeMap<Probe, Vec<Run>>,
}

/// One run of a program.
#[derive(Debug)]
struct Run {
    /// None where it failed.
    figures: Option<Figures>,
    /// The share of the cores that others took.
    taken: f64,
}

/// A number of one round; none where the run failed.
#[derive(Clone, Copy, Debug)]
struct Number {
    number: Option<f64>,
    taken: f64,
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
    let mut watch = Watch::new(if quick { QUICK_PATIENCE } else { PATIENCE });
    for round in 0..rounds {
        for (index, probe) in probes.iter().enumerate() {
            if round > 0 && probe.is_long(quick) {
                continue;
            }
            let done = round * probes.len() + index;
            progress(done, rounds * probes.len(), probe);
            measured.once(sides, probe, part, &mut watch);
        }
    }
    clear();
    measured
}

impl Measured {
    fn once(&mut self, sides: &Sides, probe: &Probe, part: usize, watch: &mut Watch) {
        let (figures, taken) = watch.measure(|| sides.measure(probe, part));
        let figures = figures.inspect_err(|why| {
            clear();
            eprintln!("bench: {why}");
        });
        self.runs.entry(*probe).or_default().push(Run { figures: figures.ok(), taken });
    }

    /// A row's number; none where it could not be measured.
    pub(crate) fn spread(&self, value: Value) -> Option<Spread> {
        Spread::of(believed(self.numbers(value)))
    }

    /// How many times the second number goes into the first: in the rounds that nothing
    /// disturbed, or round by round, since what disturbs one meets both.
    pub(crate) fn ratio(&self, skep: Value, peer: Value) -> Option<f64> {
        if self.disturbed(skep).or(self.disturbed(peer)).is_none() {
            return Some(self.spread(skep)?.median / self.spread(peer)?.median);
        }
        let pairs = self.numbers(skep).zip(self.numbers(peer));
        let ratios = pairs.filter_map(|(skep, peer)| Some(skep.number? / peer.number?));
        Spread::of(ratios.collect()).map(|ratios| ratios.median)
    }

    fn numbers(&self, value: Value) -> Box<dyn Iterator<Item = Number> + '_> {
        match value {
            Value::One(probe, figure) => Box::new(self.figures(probe, figure)),
            Value::More(less, more, figure) => {
                let pairs = self.figures(less, figure).zip(self.figures(more, figure));
                Box::new(pairs.map(|(less, more)| less.and(more, |less, more| more - less)))
            }
        }
    }

    fn figures(&self, probe: Probe, figure: Figure) -> impl Iterator<Item = Number> {
        let runs = self.runs.get(&probe).into_iter().flatten();
        runs.map(move |run| Number {
            number: run.figures.as_ref().and_then(|figures| figures.get(figure)),
            taken: run.taken,
        })
    }

    /// The share of the cores that others took in the best of the rounds, if that was too much
    /// to believe the number.
    pub(crate) fn disturbed(&self, value: Value) -> Option<f64> {
        let taken = self.numbers(value).map(|number| number.taken).reduce(f64::min);
        taken.filter(|taken| *taken > QUIET)
    }
}

impl Number {
    fn and(self, other: Self, both: impl FnOnce(f64, f64) -> f64) -> Self {
        let number = self.number.zip(other.number).map(|(one, other)| both(one, other));
        Self { number, taken: self.taken.max(other.taken) }
    }
}

/// The numbers of the rounds that nothing disturbed; of all where there is none.
fn believed(numbers: impl Iterator<Item = Number>) -> Vec<f64> {
    let all: Vec<_> = numbers.filter_map(|all| Some((all.number?, all.taken))).collect();
    let quiet: Vec<_> = all.iter().filter(|(_, taken)| *taken <= QUIET).collect();
    let believed = if quiet.is_empty() { all.iter().collect() } else { quiet };
    believed.into_iter().map(|(number, _)| *number).collect()
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

    #[test]
    fn a_disturbed_round_counts_only_where_there_is_no_other() {
        let round = |number, taken| Number { number: Some(number), taken };
        let failed = Number { number: None, taken: 0.0 };
        let rounds = [round(1.0, 0.0), round(9.0, 0.5), failed, round(2.0, 0.1)];
        assert_eq!(believed(rounds.into_iter()), [1.0, 2.0]);
        assert_eq!(believed([round(9.0, 0.5), failed].into_iter()), [9.0]);
        let both = round(6.0, 0.2).and(round(3.0, 0.4), |six, three| six / three);
        assert_eq!((both.number, both.taken), (Some(2.0), 0.4));
    }
}
