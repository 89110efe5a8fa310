//! The host's `crate::sync`, made of shuttle's types.

use std::cell::RefCell;
use std::sync::Arc;
/// Set before the threads that are checked begin.
pub(crate) use std::sync::OnceLock;

use shuttle::sync::MutexGuard;
pub(crate) use shuttle::sync::atomic::{AtomicU8, AtomicU64, Ordering};
pub(crate) use shuttle::sync::{Condvar, Mutex};

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a check that panics ends the model")
}

/// A thread that may park, woken by `unpark` alone: shuttle's own parking wakes up
/// for no reason as often as it likes, and so has interleavings without end.
#[derive(Clone, Default)]
pub(crate) struct Thread(Arc<Token>);

#[derive(Default)]
struct Token {
    there: Mutex<bool>,
    put: Condvar,
}

shuttle::thread_local! {
    static CURRENT: RefCell<Thread> = RefCell::default();
}

impl Thread {
    /// The current thread is this one.
    pub(crate) fn enter(&self) {
        CURRENT.with(|current| current.replace(self.clone()));
    }

    pub(crate) fn unpark(&self) {
        *lock(&self.0.there) = true;
        self.0.put.notify_one();
    }
}

pub(crate) fn park() {
    let Thread(token) = CURRENT.with(|current| current.borrow().clone());
    let mut there = lock(&token.there);
    while !std::mem::take(&mut *there) {
        there = token.put.wait(there).expect("a check that panics ends the model");
    }
}
