//! The primitives that scheduling is built on, in one place: the interleaving
//! tests put `loom`'s in their stead.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
pub(crate) use std::sync::{Condvar, Mutex, OnceLock};
use std::sync::{MutexGuard, PoisonError};
pub(crate) use std::thread::{Thread, park};

/// Lock, whatever a thread that panicked may have left behind: every critical
/// section here leaves its data whole at each step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
