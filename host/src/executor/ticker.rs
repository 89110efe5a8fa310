//! A thread of its own that counts milliseconds while any task runs: the clock of
//! slices and deadlines, which costs a task one load to read.

use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

use crate::sync::{AtomicU8, AtomicU64, Ordering};

/// One tick.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running task after which the thread parks.
const IDLE_TICKS: u32 = 100;

const TICKING: u8 = 0;
const PARKED: u8 = 1;
const OVER: u8 = 2;

/// Counts ticks, and does something at each, while tasks run.
pub(crate) struct Ticker {
    now: AtomicU64,
    /// Threads in a turn.
    running: AtomicU64,
    state: AtomicU8,
    thread: OnceLock<Thread>,
}

impl Ticker {
    /// Start the thread; `tick` is called at each tick.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(tick: impl Fn() + Send + 'static) -> std::io::Result<Arc<Self>> {
        let ticker = Arc::new(Self {
            now: AtomicU64::new(0),
            running: AtomicU64::new(0),
            state: AtomicU8::new(TICKING),
            thread: OnceLock::new(),
        });
        let this = ticker.clone();
        let thread = std::thread::Builder::new()
            .name("skep-ticker".into())
            .spawn(move || this.count(tick))?;
        let _ = ticker.thread.set(thread.thread().clone());
        Ok(ticker)
    }

    /// Ticks so far; stands still while nothing runs.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Have ticks counted while `turn` runs.
    pub(crate) fn during<R>(&self, turn: impl FnOnce() -> R) -> R {
        let _running = Running::begin(self);
        turn()
    }

    /// End the thread.
    pub(crate) fn shut_down(&self) {
        self.state.store(OVER, Ordering::SeqCst);
        self.unpark();
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn count(&self, tick: impl Fn()) {
        let mut idle = 0;
        while self.state.load(Ordering::SeqCst) != OVER {
            std::thread::sleep(TICK);
            self.now.fetch_add(1, Ordering::Relaxed);
            tick();
            idle = if self.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if idle >= IDLE_TICKS {
                idle = 0;
                self.park();
            }
        }
    }

    /// Park until a turn begins. The turn counts itself and then looks at the
    /// state, the ticker sets the state and then looks at the count: one of them
    /// sees the other.
    fn park(&self) {
        let _ = self.state.compare_exchange(TICKING, PARKED, Ordering::SeqCst, Ordering::SeqCst);
        while self.state.load(Ordering::SeqCst) == PARKED {
            if self.running.load(Ordering::SeqCst) > 0 {
                let _ = self.state.compare_exchange(PARKED, TICKING, Ordering::SeqCst, Ordering::SeqCst);
                return;
            }
            std::thread::park();
        }
    }
}

/// A turn in progress.
struct Running<'a>(&'a Ticker);

impl<'a> Running<'a> {
    fn begin(ticker: &'a Ticker) -> Self {
        ticker.running.fetch_add(1, Ordering::SeqCst);
        if ticker.state.load(Ordering::SeqCst) == PARKED
            && ticker.state.compare_exchange(PARKED, TICKING, Ordering::SeqCst, Ordering::SeqCst).is_ok()
        {
            ticker.unpark();
        }
        Self(ticker)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
