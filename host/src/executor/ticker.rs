//! A thread of its own that counts milliseconds while any task runs: the clock of
//! slices and deadlines, which costs a task one load to read.

use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use crate::executor::Executor;
use crate::executor::activity::Activity;
use crate::sync::{AtomicU64, Ordering};

/// One tick.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a running task after which the thread parks.
const IDLE_TICKS: u32 = 100;

/// Counts ticks, and does something at each, while tasks run.
pub(crate) struct Ticker {
    now: AtomicU64,
    clock: AtomicU64,
    activity: Activity,
    /// Who has something to do at each tick, too.
    also: OnceLock<Weak<Executor>>,
}

impl Ticker {
    /// Start the thread; `tick` is called at each tick.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(tick: impl Fn() + Send + 'static) -> std::io::Result<Arc<Self>> {
        let ticker = Arc::new(Self {
            now: AtomicU64::new(0),
            clock: AtomicU64::new(0),
            activity: Activity::new(),
            also: OnceLock::new(),
        });
        let this = ticker.clone();
        let thread = std::thread::Builder::new()
            .name("skep-ticker".into())
            .spawn(move || this.count(tick))?;
        ticker.activity.set_ticker(thread.thread().clone());
        Ok(ticker)
    }

    /// Whose ticks these are, said once.
    pub(super) fn also(&self, executor: Weak<Executor>) {
        let _ = self.also.set(executor);
    }

    /// Ticks so far; stands still while nothing runs.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// The time of the last tick, in milliseconds since the first: which of two turns was
    /// the later one, however long nothing ran between them.
    pub(crate) fn clock(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Have ticks counted while `turns` run.
    pub(crate) fn during<R>(&self, turns: impl FnOnce() -> R) -> R {
        let _running = self.activity.begin();
        turns()
    }

    /// Have ticks counted until what this returns goes.
    pub(super) fn keep(self: &Arc<Self>) -> Kept {
        self.activity.enter();
        Kept(self.clone())
    }

    /// Whether nobody needs ticks just now.
    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.activity.is_idle()
    }

    /// End the thread.
    pub(crate) fn shut_down(&self) {
        self.activity.shut_down();
    }

    fn count(&self, tick: impl Fn()) {
        let (mut idle, began) = (0, Instant::now());
        while !self.activity.is_over() {
            std::thread::sleep(TICK);
            self.now.fetch_add(1, Ordering::Relaxed);
            let clock = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.clock.store(clock, Ordering::Relaxed);
            tick();
            if let Some(executor) = self.also.get().and_then(Weak::upgrade) {
                executor.tick();
            }
            idle = if self.activity.is_idle() { idle + 1 } else { 0 };
            if idle >= IDLE_TICKS {
                idle = 0;
                self.activity.park();
            }
        }
    }
}

/// Ticks are counted.
pub(super) struct Kept(Arc<Ticker>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.activity.leave();
    }
}
