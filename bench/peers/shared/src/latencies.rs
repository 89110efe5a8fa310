//! The times that many operations took.

#[derive(Debug, Default)]
pub struct Latencies {
    nanos: Vec<u64>,
}

impl Latencies {
    pub fn with_capacity(count: usize) -> Self {
        Self { nanos: Vec::with_capacity(count) }
    }

    pub fn record(&mut self, nanos: u64) {
        self.nanos.push(nanos);
    }

    pub fn len(&self) -> usize {
        self.nanos.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nanos.is_empty()
    }

    /// For each of `shares`, the smallest time within which that share of all operations was done,
    /// in microseconds. `None` if there were no operations.
    pub fn within_us<const N: usize>(mut self, shares: [f64; N]) -> Option<[f64; N]> {
        self.nanos.sort_unstable();
        let last = self.nanos.len().checked_sub(1)?;
        let rank = |share: f64| (share * self.nanos.len() as f64).ceil() as usize;
        Some(shares.map(|share| self.nanos[rank(share).saturating_sub(1).min(last)] as f64 / 1e3))
    }
}
