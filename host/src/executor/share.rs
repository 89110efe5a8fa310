//! What a task has used of the threads lately, and so behind whom it waits.

use crate::sync::{AtomicU64, Ordering};

/// The lanes: tasks that use little, tasks that use much, and those that use all they get.
pub(crate) const LANES: usize = 3;

/// Ticks that a task may use every so often for good: 1 in 64 is 1.6 % of a core.
const TICKS_FOR_ONE: u64 = 64;

/// Ticks that a task has used beyond that, at which it belongs into the second and into the
/// third lane: short bursts stay in the first.
const MUCH: u64 = 4;
const ALL: u64 = 16;

/// More is not remembered: 2 s after it has stopped to run, a task is in the first lane again.
const MOST: u64 = 32;

/// A bucket that each tick of running fills, and time empties. Written by the one thread
/// that runs the task; others only read it.
#[derive(Debug, Default)]
pub(crate) struct Share(AtomicU64);

/// The level stands in the lowest bits, above it the tick that it was so at.
const LEVEL_BITS: u32 = 8;

impl Share {
    /// The task ran while so many ticks passed, up to `now`.
    pub(crate) fn charge(&self, ticks: u64, now: u64) {
        let (level, at) = self.level(now);
        let level = (level + ticks).min(MOST);
        // The tick up to which the bucket was emptied, and not `now`: parts of a drop add up.
        let at = if level == 0 { now } else { at };
        self.0.store(at << LEVEL_BITS | level, Ordering::Relaxed);
    }

    /// Where the task waits for its next turn.
    pub(crate) fn lane(&self, now: u64) -> usize {
        match self.level(now).0 {
            0..MUCH => 0,
            MUCH..ALL => 1,
            _ => 2,
        }
    }

    /// How full the bucket is, and since which tick.
    fn level(&self, now: u64) -> (u64, u64) {
        let word = self.0.load(Ordering::Relaxed);
        let (level, at) = (word & ((1 << LEVEL_BITS) - 1), word >> LEVEL_BITS);
        let drops = now.saturating_sub(at) / TICKS_FOR_ONE;
        match level.checked_sub(drops) {
            Some(level) if level > 0 => (level, at + drops * TICKS_FOR_ONE),
            _ => (0, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lane after a task has run for `busy` of each `of` ticks, for a while.
    fn lane_of(busy: u64, of: u64) -> usize {
        let (share, mut now) = (Share::default(), 1_000);
        for _ in 0..5_000 / of {
            now += of;
            share.charge(busy, now);
        }
        share.lane(now)
    }

    #[test]
    fn who_uses_little_goes_first() {
        assert_eq!([lane_of(0, 1), lane_of(1, 200), lane_of(1, 64)], [0, 0, 0]);
        assert_eq!([lane_of(1, 20), lane_of(1, 2), lane_of(1, 1)], [2, 2, 2]);
    }

    #[test]
    fn a_burst_is_forgiven() {
        let share = Share::default();
        share.charge(3, 10);
        assert_eq!(share.lane(10), 0);
        share.charge(2, 12);
        assert_eq!(share.lane(12), 1);
        share.charge(100, 112);
        assert_eq!(share.lane(112), 2);
        assert_eq!((share.lane(112 + 17 * 64), share.lane(112 + 30 * 64)), (1, 0));
    }
}
