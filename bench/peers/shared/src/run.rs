//! What came of many operations of one kind.

use crate::{Clock, Failure, Latencies, Report, Result};

#[derive(Debug)]
pub struct Run {
    clock: Clock,
    wanted: usize,
    latencies: Latencies,
    /// When the last operation was done.
    ended: u64,
}

impl Run {
    /// A run of `wanted` operations, whose times are those of `clock`.
    pub fn new(clock: Clock, wanted: usize) -> Self {
        Self { clock, wanted, latencies: Latencies::with_capacity(wanted), ended: 0 }
    }

    /// An operation that counts from the time `since` is done.
    pub fn done(&mut self, since: u64) {
        self.ended = self.clock.nanos();
        self.latencies.record(self.ended.saturating_sub(since));
    }

    pub fn is_complete(&self) -> bool {
        self.missing() == 0
    }

    /// How many operations are not done.
    pub fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.latencies.len())
    }

    pub fn report(self) -> Result<Report> {
        let seconds = self.ended as f64 / 1e9;
        let (done, missing) = (self.latencies.len() as f64, self.missing());
        let times = self.latencies.within_us([0.5, 0.99, 0.999, 1.0]);
        let [p50, p99, p999, max] = times.ok_or_else(|| Failure::broken("nothing was answered"))?;
        let report = Report::default()
            .with("p50_us", p50)
            .with("p99_us", p99)
            .with("p999_us", p999)
            .with("max_us", max)
            .with("per_second", done / seconds);
        Ok(if missing > 0 { report.with("lost", missing as f64) } else { report })
    }
}
