//! How much may happen in a second: what is beyond has to wait.

use std::time::{Duration, Instant};

/// A bucket that a second fills, and what happens empties. What is beyond is owed.
#[derive(Debug)]
pub(super) struct Rate {
    a_second: f64,
    left: f64,
    since: Instant,
}

impl Rate {
    pub(super) fn new(a_second: f64) -> Self {
        Self { a_second, left: a_second, since: Instant::now() }
    }

    /// So much has happened. How long to wait before there may be more, if at all.
    pub(super) fn spend(&mut self, amount: f64) -> Option<Duration> {
        self.left -= amount;
        if self.left >= 0.0 {
            return None;
        }
        let now = Instant::now();
        let passed = now.duration_since(self.since).as_secs_f64();
        self.since = now;
        self.left = self.a_second.min(self.left + passed * self.a_second);
        let owed = -self.left / self.a_second;
        (owed > 0.0).then(|| Duration::from_secs_f64(owed.min(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_second_s_worth_waits() {
        let mut rate = Rate::new(1_000.0);
        assert_eq!(rate.spend(900.0), None);
        let wait = rate.spend(200.0).unwrap_or_default();
        assert!(wait > Duration::from_millis(50) && wait <= Duration::from_millis(100), "{wait:?}");
        std::thread::sleep(wait);
        assert_eq!(rate.spend(0.0), None);
        assert_eq!(Rate::new(1.0).spend(1e9), Some(Duration::from_secs(1)));
    }
}
