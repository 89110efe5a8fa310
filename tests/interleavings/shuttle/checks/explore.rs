//! Running a check in every interleaving.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// More interleavings than this a check may not have, to bound the time.
const MOST: usize = 100_000;

/// Run `check` in every interleaving, depth first.
pub(crate) fn explore(name: &str, check: impl Fn() + Send + Sync + 'static) {
    let began = std::time::Instant::now();
    let count = Arc::new(AtomicU64::new(0));
    let counter = count.clone();
    shuttle::check_dfs(
        move || {
            counter.fetch_add(1, Ordering::Relaxed);
            check();
        },
        Some(MOST),
    );
    let executions = count.load(Ordering::Relaxed);
    println!("{name}: {executions} executions in {:?}", began.elapsed());
    assert!(executions < MOST as u64, "{name} has more interleavings than were tried");
}

/// Where there are too many: so many interleavings by chance, each with at most
/// this many preemptions (the PCT scheduler).
pub(crate) fn sample(name: &str, check: impl Fn() + Send + Sync + 'static) {
    const EXECUTIONS: usize = 20_000;
    const PREEMPTIONS: usize = 3;
    let began = std::time::Instant::now();
    shuttle::check_pct(check, EXECUTIONS, PREEMPTIONS);
    println!("{name}: {EXECUTIONS} executions in {:?}", began.elapsed());
}
