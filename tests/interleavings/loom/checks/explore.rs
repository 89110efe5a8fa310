//! Running a check in every interleaving.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every interleaving there is.
pub(crate) const ALL: Option<usize> = None;

/// Run `check` in every interleaving with at most so many preemptions: threads
/// that are taken off the processor although they could go on. Most defects need
/// one or two, and the number of interleavings grows with their power.
pub(crate) fn explore(
    name: &str,
    preemptions: Option<usize>,
    check: impl Fn() + Send + Sync + 'static,
) {
    let began = std::time::Instant::now();
    let count = Arc::new(AtomicU64::new(0));
    let counter = count.clone();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        check();
    });
    let executions = count.load(Ordering::Relaxed);
    println!("{name}: {executions} executions in {:?}", began.elapsed());
}
