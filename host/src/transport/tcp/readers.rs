//! Whether messages come by more than one link just now: then none of them may keep the thread
//! that reads them all.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Who has read lately.
#[derive(Debug, Default)]
pub(super) struct Readers {
    /// The one who read last: a number that no other has at the same time.
    last: AtomicUsize,
    /// The tick in which that became another one.
    changed: AtomicU64,
}

impl Readers {
    /// This one reads now; whether another one has in this tick or the one before.
    pub(super) fn are_many(&self, reader: usize, tick: u64) -> bool {
        if self.last.load(Relaxed) != reader {
            self.last.store(reader, Relaxed);
            self.changed.store(tick, Relaxed);
        }
        tick <= self.changed.load(Relaxed) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_alone_once_no_other_has_read_for_a_tick() {
        let readers = Readers::default();
        assert!(readers.are_many(1, 10) && readers.are_many(1, 11));
        assert!(!readers.are_many(1, 12) && !readers.are_many(1, 100));
        assert!(readers.are_many(2, 101) && readers.are_many(1, 101) && readers.are_many(1, 102));
        assert!(!readers.are_many(1, 103));
    }
}
