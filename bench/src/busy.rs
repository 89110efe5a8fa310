//! What else the machine does: where other programs take the cores, no figure means much.

use std::time::Duration;

/// How long it is looked.
const LOOK: Duration = Duration::from_millis(100);

/// The share of all cores that others use while this program waits, from 0 to 1; none where
/// the system does not tell.
pub(crate) fn others() -> Option<f64> {
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
