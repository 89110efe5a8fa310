//! How soon the system runs a thread that competes with others.

/// Have the system run this thread behind those of the first lane, of sockets and of
/// timers: at `nice` 10 it gets about a tenth of a core that another one wants whole.
///
/// Only Linux has priorities for single threads; elsewhere nothing happens, and the
/// system's own fairness has to do.
pub(crate) fn step_back(nice: i32) {
    #[cfg(target_os = "linux")]
    {
        // Less priority is never refused; and if it were, this thread would only be as
        // fast as the others.
        let _ = rustix::process::setpriority_process(None, nice);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}
