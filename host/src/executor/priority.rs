//! How soon the system runs a thread that competes with others.

/// How much longer than others a thread that has stepped back may go on once it runs, in
/// nanoseconds for each step: then whoever wakes up takes its core at once, not after a slice.
#[cfg(target_os = "linux")]
const SLICE: u64 = 2_000_000;

/// Have the system run this thread behind those of the first lane, of sockets and of
/// timers: at `nice` 10 it gets about a tenth of a core that another one wants whole.
///
/// Since version 6.12, Linux lets whoever wakes up and asks for a shorter slice than the thread
/// that runs have the core without waiting for the end of that one's slice: with a default
/// slice of 3 ms, which comes to 4 ms and more by ticks of the system, that was the greater
/// part of how late a timer was beside busy workers.
///
/// Only Linux has priorities for single threads; elsewhere nothing happens, and the
/// system's own fairness has to do.
pub(crate) fn step_back(nice: i32) {
    #[cfg(target_os = "linux")]
    if !with_long_slice(nice) {
        // Less priority is never refused; and if it were, this thread would only be as
        // fast as the others.
        let _ = rustix::process::setpriority_process(None, nice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}

/// Give this thread its priority and a slice by it. False where the system does not know that.
#[cfg(target_os = "linux")]
fn with_long_slice(nice: i32) -> bool {
    let Ok(size) = u32::try_from(size_of::<libc::sched_attr>()) else { return false };
    let slices = u64::from(nice.unsigned_abs()) + 1;
    let attributes = libc::sched_attr {
        size,
        sched_policy: libc::SCHED_OTHER.unsigned_abs(),
        sched_flags: 0,
        sched_nice: nice,
        sched_priority: 0,
        sched_runtime: slices * SLICE,
        sched_deadline: 0,
        sched_period: 0,
    };
    #[expect(unsafe_code, reason = "no crate at hand wraps this call")]
    // SAFETY: the system only reads the structure, which lives until it returns, and no more of it
    // than `size` says. Of the process nothing else changes than how this thread is scheduled.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    done == 0
}
