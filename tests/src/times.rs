//! How long many things took.

use std::fmt;
use std::time::Duration;

/// What comes, and how busy the machine was before.
pub fn title(title: &str) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    println!("\n# {title}; load {load}");
}

/// Durations, in no order.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// One more.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// Those of another, too.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What so many of a thousand do not exceed; zero if there is none.
    pub fn per_mille(&self, rank: usize) -> Duration {
        let mut sorted = self.0.clone();
        let index = (sorted.len() * rank).div_ceil(1_000).saturating_sub(1);
        if index >= sorted.len() {
            return Duration::ZERO;
        }
        *sorted.select_nth_unstable(index).1
    }

    /// What half of them do not exceed.
    pub fn p50(&self) -> Duration {
        self.per_mille(500)
    }

    /// What 99 of a hundred do not exceed.
    pub fn p99(&self) -> Duration {
        self.per_mille(990)
    }

    /// The longest.
    pub fn most(&self) -> Duration {
        self.per_mille(1_000)
    }
}

impl fmt::Display for Times {
    /// The middle, the 99th of a hundred and the longest, in microseconds.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |took: Duration| took.as_secs_f64() * 1e6;
        let [p50, p99, most] = [self.p50(), self.p99(), self.most()].map(micros);
        write!(out, "{p50:6.0} {p99:7.0} {most:7.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks() {
        let mut times = Times::default();
        assert_eq!(times.p99(), Duration::ZERO);
        (1..=200).rev().for_each(|count| times.add(Duration::from_micros(count)));
        let micros = [0, 500, 990, 1_000].map(|rank| times.per_mille(rank).as_micros());
        assert_eq!(micros, [1, 100, 198, 200]);
        assert_eq!(times.to_string(), "   100     198     200");
    }
}
