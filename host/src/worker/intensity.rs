//! How often a worker may fail without getting anywhere.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The span in which failures are counted.
const WINDOW: Duration = Duration::from_secs(10);
/// The wait after the second failure in a row; it doubles with each further one, up to
/// the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Failures since the worker last settled a message, within the window.
#[derive(Debug, Default)]
pub(crate) struct Intensity(VecDeque<Instant>);

impl Intensity {
    /// Count a failure. How long to wait before the next try; none if it was one too many:
    /// the last of `most`.
    pub(crate) fn failed(&mut self, now: Instant, most: u32) -> Option<Duration> {
        self.0.retain(|failure| now.saturating_duration_since(*failure) < WINDOW);
        self.0.push_back(now);
        match self.0.len() {
            count if count >= most as usize => None,
            1 => Some(Duration::ZERO),
            count => Some(FIRST_WAIT.saturating_mul(1 << (count - 2).min(16)).min(LONGEST_WAIT)),
        }
    }

    /// A message was settled: the worker gets somewhere.
    pub(crate) fn progressed(&mut self) {
        self.0.clear();
    }

    /// In words, for whom it concerns.
    pub(crate) fn words(most: u32) -> String {
        format!("it failed {most} times within {WINDOW:?} without handling a message")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_ten_seconds_are_too_many() {
        let (mut intensity, now) = (Intensity::default(), Instant::now());
        let waits: Vec<_> =
            (0..5).map(|_| intensity.failed(now, 5).map(|wait| wait.as_millis())).collect();
        assert_eq!(waits, [Some(0), Some(50), Some(100), Some(200), None]);
    }

    #[test]
    fn failures_far_apart_or_with_progress_between_are_not() {
        let (mut intensity, now) = (Intensity::default(), Instant::now());
        for second in 0..20 {
            assert!(intensity.failed(now + Duration::from_secs(3 * second), 5).is_some());
        }
        for _ in 0..20 {
            intensity.progressed();
            assert_eq!(intensity.failed(now, 5), Some(Duration::ZERO));
        }
    }
}
