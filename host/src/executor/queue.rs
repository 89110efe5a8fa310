//! Where tasks of one lane wait for a thread, first come, first served.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::executor::Task;
use crate::sync::{Condvar, Mutex, lock};

/// The tasks of one lane that are due, and its threads that have none.
pub(crate) struct Queue {
    inner: Mutex<Inner>,
    work: Condvar,
}

struct Inner {
    tasks: VecDeque<Arc<dyn Task>>,
    parked: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new() -> Self {
        let inner = Inner { tasks: VecDeque::new(), parked: 0, closed: false };
        Self { inner: Mutex::new(inner), work: Condvar::new() }
    }

    /// A task that is due; a parked thread is woken for it.
    pub(crate) fn push(&self, task: Arc<dyn Task>) {
        if self.add(task) {
            self.work.notify_one();
        }
    }

    /// A task that is due, from a thread that is about to ask for the next one itself.
    pub(crate) fn push_quietly(&self, task: Arc<dyn Task>) {
        self.add(task);
    }

    /// Whether a task waits for a thread.
    pub(crate) fn is_waited_in(&self) -> bool {
        !lock(&self.inner).tasks.is_empty()
    }

    /// Whether a thread is parked.
    fn add(&self, task: Arc<dyn Task>) -> bool {
        let mut inner = lock(&self.inner);
        if inner.closed {
            // No one would take it out again, and a task may own its executor. It goes
            // once the lock is free: what goes with it may wake others.
            drop(inner);
            return false;
        }
        inner.tasks.push_back(task);
        inner.parked > 0
    }

    /// The next task, or none once the executor shuts down and all have had their turn.
    /// Waits until there is one.
    pub(crate) fn next(&self) -> Option<Arc<dyn Task>> {
        let mut inner = lock(&self.inner);
        loop {
            if let Some(task) = inner.tasks.pop_front() {
                return Some(task);
            }
            if inner.closed {
                return None;
            }
            inner.parked += 1;
            inner = self.work.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.parked -= 1;
        }
    }

    /// Have `next` say that there is none, once nothing is left.
    pub(crate) fn close(&self) {
        lock(&self.inner).closed = true;
        self.work.notify_all();
    }
}
