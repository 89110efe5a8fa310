//! The host's `crate::sync`, made of shuttle's types.

use shuttle::sync::MutexGuard;
pub(crate) use shuttle::sync::atomic::{
    AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering,
};
pub(crate) use shuttle::sync::{Condvar, Mutex};
pub(crate) use shuttle::thread::{Thread, park};
/// Set before the threads that are checked begin.
pub(crate) use std::sync::OnceLock;

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a check that panics ends the model")
}
