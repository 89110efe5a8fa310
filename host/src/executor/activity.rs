//! Whether any turn is in progress, and where the ticker's thread parks while none
//! is. It is never parked for good while a turn runs (checked over all
//! interleavings in `tests/interleavings`).

use crate::sync::{AtomicU8, AtomicU64, OnceLock, Ordering, Thread, park};

const TICKING: u8 = 0;
const PARKED: u8 = 1;
const OVER: u8 = 2;

/// The turns in progress, and the thread that ticks for them.
pub(crate) struct Activity {
    /// Threads in a turn.
    running: AtomicU64,
    state: AtomicU8,
    ticker: OnceLock<Thread>,
}

impl Activity {
    /// No turn yet, and a thread that ticks.
    pub(crate) fn new() -> Self {
        Self { running: AtomicU64::new(0), state: AtomicU8::new(TICKING), ticker: OnceLock::new() }
    }

    /// The thread that parks here; said once, before the first turn.
    pub(crate) fn set_ticker(&self, ticker: Thread) {
        let _ = self.ticker.set(ticker);
    }

    /// A turn begins; it is over when what this returns goes.
    pub(crate) fn begin(&self) -> Running<'_> {
        self.enter();
        Running(self)
    }

    /// A turn begins, until [`Self::leave`].
    pub(crate) fn enter(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        if self.state.load(Ordering::SeqCst) == PARKED && self.exchange(PARKED, TICKING) {
            self.unpark();
        }
    }

    /// It is over.
    pub(crate) fn leave(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether no turn is in progress.
    pub(crate) fn is_idle(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
    }

    /// The thread that ticks is to end.
    pub(crate) fn shut_down(&self) {
        self.state.store(OVER, Ordering::SeqCst);
        self.unpark();
    }

    /// Whether it is.
    pub(crate) fn is_over(&self) -> bool {
        self.state.load(Ordering::SeqCst) == OVER
    }

    /// Park until a turn begins. The turn counts itself and then looks at the
    /// state, the ticker sets the state and then looks at the count: one of them
    /// sees the other.
    pub(crate) fn park(&self) {
        self.exchange(TICKING, PARKED);
        while self.state.load(Ordering::SeqCst) == PARKED {
            if !self.is_idle() {
                self.exchange(PARKED, TICKING);
                return;
            }
            park();
        }
    }

    /// Never away from `OVER`.
    fn exchange(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }

    fn unpark(&self) {
        if let Some(ticker) = self.ticker.get() {
            ticker.unpark();
        }
    }
}

/// A turn in progress.
pub(crate) struct Running<'a>(&'a Activity);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}
