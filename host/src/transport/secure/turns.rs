//! One thread at a time: whoever finds another at it leaves its part to that one. And again a
//! little later, where there was no room.

use std::sync::Arc;

use crate::router::Recipient;
use crate::sync::{AtomicBool, AtomicUsize, Ordering};
use crate::transport::deliver::LOOK;
use crate::transport::secure::Shared;

/// Who has something to be done, and whether somebody is at it.
#[derive(Debug, Default)]
pub(super) struct Turns(AtomicUsize);

impl Turns {
    /// Do something, and again for those who come meanwhile; or leave it to whoever is at it.
    pub(super) fn take(&self, mut act: impl FnMut()) {
        if self.0.fetch_add(1, Ordering::AcqRel) != 0 {
            return;
        }
        let mut seen = 1;
        loop {
            act();
            match self.0.compare_exchange(seen, 0, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }
}

/// Tells somebody of its mail again, once at a time.
#[derive(Debug, Default)]
pub(super) struct Later(Arc<AtomicBool>);

impl Later {
    /// There was no room for what this one has: it is told again a little later.
    pub(super) fn notify(&self, shared: &Shared, whom: Arc<dyn Recipient>) {
        if self.0.swap(true, Ordering::AcqRel) {
            return;
        }
        let (is_coming, core) = (self.0.clone(), shared.core.clone());
        shared.runtime.spawn(async move {
            tokio::time::sleep(LOOK).await;
            is_coming.store(false, Ordering::Release);
            core.executor.helping(|| whom.notify());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn who_comes_meanwhile_is_seen_to() {
        let (turns, acts) = (Turns::default(), Cell::new(0));
        turns.take(|| {
            acts.set(acts.get() + 1);
            if acts.get() == 1 {
                // From within, as when what was sent comes back at once.
                turns.take(|| panic!("another is at it"));
            }
        });
        assert_eq!(acts.get(), 2);
    }

    #[test]
    fn nothing_is_forgotten_by_many_threads() {
        let (turns, left) = (Turns::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        left.fetch_add(1, Ordering::AcqRel);
                        turns.take(|| _ = left.swap(0, Ordering::AcqRel));
                    }
                });
            }
        });
        assert_eq!(left.into_inner(), 0);
    }
}
