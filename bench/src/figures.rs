//! What one measurement says: a line of JSON, the same from every side.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one measurement says; each has some of these.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Figures {
    /// What half of the times do not exceed, in microseconds, and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p50_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p99_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) p999_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) per_second: Option<f64>,
    /// Resident memory of each, in KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kib_each: Option<f64>,
    /// How many of those that were asked for there really were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workers: Option<f64>,
    /// Messages that got no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost: Option<f64>,
}

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    P50,
    P99,
    P999,
    PerSecond,
    KibEach,
    Workers,
}

impl Figures {
    /// So many in this time.
    pub(crate) fn rate(count: usize, took: Duration) -> Self {
        let per_second = count as f64 / took.as_secs_f64().max(f64::EPSILON);
        Self { per_second: Some(per_second), ..Self::default() }
    }

    /// Times in nanoseconds, and how long all of it took.
    pub(crate) fn times(mut nanoseconds: Vec<u64>, took: Duration) -> Self {
        nanoseconds.sort_unstable();
        let last = nanoseconds.len().saturating_sub(1);
        let at = |per_mille: usize| {
            let index = last * per_mille / 1_000;
            nanoseconds.get(index).map(|&time| time as f64 / 1e3)
        };
        Self {
            p50_us: at(500),
            p99_us: at(990),
            p999_us: at(999),
            max_us: at(1_000),
            ..Self::rate(nanoseconds.len(), took)
        }
    }

    pub(crate) fn get(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::P50 => self.p50_us,
            Figure::P99 => self.p99_us,
            Figure::P999 => self.p999_us,
            Figure::PerSecond => self.per_second,
            Figure::KibEach => self.kib_each,
            Figure::Workers => self.workers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_times() {
        let figures =
            Figures::times((1..=1_001).rev().map(|n| n * 1_000).collect(), Duration::from_secs(1));
        assert_eq!(figures.p50_us, Some(501.0));
        assert_eq!((figures.p999_us, figures.max_us), (Some(1_000.0), Some(1_001.0)));
        assert_eq!(figures.per_second, Some(1_001.0));
        assert_eq!(Figures::times(Vec::new(), Duration::ZERO).p50_us, None);
    }
}
