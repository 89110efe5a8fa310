//! What else the machine does: where others take the cores, no figure means much. Programs of
//! this system show in its own figures; other guests of the same hardware only by what a fixed
//! piece of work takes.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long it is looked.
const LOOK: Duration = Duration::from_millis(100);
/// Others may take this share of the cores; beyond it a figure does not mean much.
pub(crate) const QUIET: f64 = 0.15;
/// What one core does to show how fast it is: a third of a millisecond, some times.
const WORK: u64 = 1_000_000;
const TIMES: usize = 5;

/// Who looks whether the machine does anything else.
#[derive(Debug)]
pub(crate) struct Watch {
    /// How long it is waited for a quiet moment.
    patience: Duration,
    /// What the work has taken when the cores were fastest.
    best: Duration,
}

impl Watch {
    pub(crate) fn new(patience: Duration) -> Self {
        let best = (0..TIMES).map(|_| work_of_all()).min().unwrap_or_default();
        Self { patience, best }
    }

    /// Measure, in a quiet moment if there is one; and the share of the cores that others took
    /// before or after, from 0 to 1.
    pub(crate) fn measure<R>(&mut self, measure: impl FnOnce() -> R) -> (R, f64) {
        let before = self.wait();
        let result = measure();
        (result, before.max(self.taken()))
    }

    /// Wait until others take little; what they take.
    fn wait(&mut self) -> f64 {
        let until = Instant::now() + self.patience;
        loop {
            let taken = others().unwrap_or_default().max(self.taken());
            if taken <= QUIET || Instant::now() >= until {
                return taken;
            }
        }
    }

    /// The share of a core that others take from the slowest just now.
    fn taken(&mut self) -> f64 {
        let now = work_of_all();
        self.best = self.best.min(now);
        1.0 - self.best.as_secs_f64() / now.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// What the work takes where it takes longest, with each core at it.
fn work_of_all() -> Duration {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        all.into_iter().filter_map(|core| core.join().ok()).max().unwrap_or_default()
    })
}

/// What the work takes on one core, in the middle of some times.
fn work() -> Duration {
    let mut times = [(); TIMES].map(|()| {
        let began = Instant::now();
        (0..WORK).for_each(|number| _ = black_box(number));
        began.elapsed()
    });
    times.sort_unstable();
    times.get(TIMES / 2).copied().unwrap_or_default()
}

/// The share of all cores that others use while this program waits, from 0 to 1; none where
/// the system does not tell.
fn others() -> Option<f64> {
    let before = Ticks::now()?;
    std::thread::sleep(LOOK);
    let after = Ticks::now()?;
    let all = after.all.checked_sub(before.all).filter(|all| *all > 0)?;
    Some(1.0 - after.idle.saturating_sub(before.idle) as f64 / all as f64)
}

/// The first number of the load average, as Linux tells it.
pub(crate) fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// What the cores have done since the system started.
struct Ticks {
    all: u64,
    idle: u64,
}

impl Ticks {
    fn now() -> Option<Self> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let line = text.lines().next()?.strip_prefix("cpu ")?;
        let numbers: Vec<u64> =
            line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        // user nice system idle iowait ...
        let idle = numbers.get(3)? + numbers.get(4)?;
        Some(Self { all: numbers.iter().take(8).sum(), idle })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_measures_whatever_else_goes_on_and_says_so() {
        let mut watch = Watch::new(Duration::from_millis(1));
        // No machine is that fast.
        watch.best = Duration::from_nanos(1);
        let (result, taken) = watch.measure(|| 7);
        assert!(result == 7 && taken > 0.9, "{taken}");
    }
}
