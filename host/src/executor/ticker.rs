//! A thread of its own that counts milliseconds while any task runs: the clock of
//! slices and deadlines, which costs a task one load to read.

use std::sync::Arc;
use std::time::Duration;

use crate::executor::activity::Activity;
use crate::sync::{AtomicU64, Ordering};

/// One tick.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running task after which the thread parks.
const IDLE_TICKS: u32 = 100;

/// Counts ticks, and does something at each, while tasks run.
pub(crate) struct Ticker {
    now: AtomicU64,
    activity: Activity,
}

impl Ticker {
    /// Start the thread; `tick` is called at each tick.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(tick: impl Fn() + Send + 'static) -> std::io::Result<Arc<Self>> {
        let ticker = Arc::new(Self { now: AtomicU64::new(0), activity: Activity::new() });
        let this = ticker.clone();
        let thread = std::thread::Builder::new()
            .name("skep-ticker".into())
            .spawn(move || this.count(tick))?;
        ticker.activity.set_ticker(thread.thread().clone());
        Ok(ticker)
    }

    /// Ticks so far; stands still while nothing runs.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Have ticks counted while `turn` runs.
    pub(crate) fn during<R>(&self, turn: impl FnOnce() -> R) -> R {
        let _running = self.activity.begin();
        turn()
    }

    /// End the thread.
    pub(crate) fn shut_down(&self) {
        self.activity.shut_down();
    }

    fn count(&self, tick: impl Fn()) {
        let mut idle = 0;
        while !self.activity.is_over() {
            std::thread::sleep(TICK);
            self.now.fetch_add(1, Ordering::Relaxed);
            tick();
            idle = if self.activity.is_idle() { idle + 1 } else { 0 };
            if idle >= IDLE_TICKS {
                idle = 0;
                self.activity.park();
            }
        }
    }
}
