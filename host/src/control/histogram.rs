//! How long many things took, in a few kilobytes: exact to one part in 64.

use std::time::Duration;

/// Steps between a power of two and the next.
const STEPS: u64 = 64;
/// One row of steps for each power of two from `STEPS` up, and one for all below.
const BUCKETS: usize = 59 * 64;

/// Counts of durations, by nanoseconds.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    counts: Box<[u64]>,
    total: u64,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; BUCKETS].into(), total: 0 }
    }

    pub(super) fn add(&mut self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(nanos)) {
            *count += 1;
            self.total += 1;
        }
    }

    /// What so many of a hundred do not exceed, in microseconds; none if nothing was counted.
    pub(super) fn percentile_us(&self, percent: u64) -> Option<f64> {
        let rank = (u128::from(self.total) * u128::from(percent)).div_ceil(100);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += u128::from(*count);
            seen >= rank && seen > 0
        });
        found.map(|index| middle(index) / 1_000.0)
    }
}

/// In which bucket a number belongs.
fn bucket(nanos: u64) -> usize {
    let shift = nanos.max(STEPS).ilog2() - STEPS.ilog2();
    let index = u64::from(shift) * STEPS + (nanos >> shift);
    usize::try_from(index).unwrap_or(usize::MAX)
}

/// The number in the middle of a bucket.
fn middle(index: usize) -> f64 {
    let index = index as u64;
    let shift = (index / STEPS).saturating_sub(1);
    let least = (index - shift * STEPS) << shift;
    #[expect(clippy::cast_precision_loss, reason = "a bucket is far wider than that")]
    let middle = (least as f64) + ((1_u64 << shift) as f64 - 1.0) / 2.0;
    middle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_near_the_middle_of_its_bucket() {
        for shift in 0..64 {
            for nanos in [1_u64 << shift, (1 << shift) + (1 << shift) / 3, u64::MAX >> shift] {
                let index = bucket(nanos);
                assert!(index < BUCKETS, "{nanos}");
                let off = (middle(index) - nanos as f64).abs() / nanos as f64;
                assert!(off <= 1.0 / 64.0, "{nanos}: {}", middle(index));
            }
        }
    }

    #[test]
    fn percentiles() {
        let mut all = Histogram::new();
        assert_eq!(all.percentile_us(99), None);
        for micros in 1..=100 {
            all.add(Duration::from_micros(micros));
        }
        let near = |percent, micros: f64| {
            let found = all.percentile_us(percent).unwrap_or_default();
            assert!((found / micros - 1.0).abs() < 0.02, "{percent}: {found}");
        };
        near(50, 50.0);
        near(99, 99.0);
        near(100, 100.0);
        near(0, 1.0);
    }
}
