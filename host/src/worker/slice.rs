//! How much a worker does in one turn before others have theirs.

use crate::sync::{AtomicBool, AtomicU8, Ordering};

/// Messages of one slice, and the tick that ends it. Not the first one, which may come at once.
const MESSAGES: u8 = 64;
const TICKS: u64 = 2;

/// The slice of the turn in progress; it begins with each turn. Only the one thread in the turn
/// reads and writes it.
#[derive(Debug, Default)]
pub(super) struct Slice {
    handled: AtomicU8,
    spent: AtomicBool,
}

impl Slice {
    /// A turn begins.
    pub(super) fn begin(&self) {
        self.handled.store(0, Ordering::Relaxed);
        self.spent.store(false, Ordering::Relaxed);
    }

    /// A message was handled, after so many ticks of the turn; whether it was the last one of the
    /// slice.
    pub(super) fn is_over_with_it(&self, ticks: u64) -> bool {
        let handled = self.handled.load(Ordering::Relaxed).saturating_add(1);
        self.handled.store(handled, Ordering::Relaxed);
        handled >= MESSAGES || ticks >= TICKS
    }

    /// There was more to do than it was long enough for.
    pub(super) fn spend(&self) {
        self.spent.store(true, Ordering::Relaxed);
    }

    /// Whether there was.
    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_with_its_last_message_or_tick_and_begins_anew() {
        let slice = Slice::default();
        for _ in 0..3 {
            slice.begin();
            assert!((1..MESSAGES).all(|_| !slice.is_over_with_it(1)));
            assert!(slice.is_over_with_it(1));
        }
        slice.begin();
        assert!(!slice.is_over_with_it(1));
        assert!(slice.is_over_with_it(2));
        slice.spend();
        assert!(slice.is_spent());
        slice.begin();
        assert!(!slice.is_spent());
    }
}
