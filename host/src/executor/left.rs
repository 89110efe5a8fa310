//! Tasks that a program has woken and left, because it has something else to take first: it
//! comes by for them afterwards, and then finds more for each of them to do at once. If it does
//! not come, they go to the threads of the lanes soon.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::executor::Task;
use crate::executor::ticker::{Kept, Ticker};
use crate::sync::{AtomicBool, Mutex, Ordering, lock};

/// Ticks for which a task is left. Not the first one, which may come at once.
const TICKS: u64 = 2;

/// The tasks that were left, each with the tick in which that was.
#[derive(Default)]
pub(super) struct Left {
    inner: Mutex<Inner>,
    /// There are some; read without the lock.
    any: AtomicBool,
}

#[derive(Default)]
struct Inner {
    /// With the ticks that are to come: without them nobody would know that it is late.
    tasks: VecDeque<(u64, Arc<dyn Task>, Kept)>,
    closed: bool,
}

impl Left {
    /// Leave a task. Gives it back once nobody will come for it.
    pub(super) fn add(&self, ticker: &Arc<Ticker>, task: Arc<dyn Task>) -> Option<Arc<dyn Task>> {
        let mut inner = lock(&self.inner);
        if inner.closed {
            return Some(task);
        }
        inner.tasks.push_back((ticker.now(), task, ticker.keep()));
        self.any.store(true, Ordering::Release);
        None
    }

    /// The one that was left first.
    pub(super) fn take(&self) -> Option<Arc<dyn Task>> {
        self.take_if(|_| true)
    }

    /// The same, if it was left for too long.
    pub(super) fn take_late(&self, now: u64) -> Option<Arc<dyn Task>> {
        self.take_if(|tick| now >= tick + TICKS)
    }

    fn take_if(&self, is_due: impl FnOnce(u64) -> bool) -> Option<Arc<dyn Task>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut inner = lock(&self.inner);
        let (_, task, _) = inner.tasks.pop_front_if(|(tick, ..)| is_due(*tick))?;
        self.any.store(!inner.tasks.is_empty(), Ordering::Release);
        Some(task)
    }

    /// All that there are.
    pub(super) fn take_all(&self) -> Vec<Arc<dyn Task>> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let mut inner = lock(&self.inner);
        self.any.store(false, Ordering::Release);
        inner.tasks.drain(..).map(|(_, task, _)| task).collect()
    }

    /// Nobody comes any more: what there is, and from now on nothing is left.
    pub(super) fn close(&self) -> Vec<Arc<dyn Task>> {
        lock(&self.inner).closed = true;
        self.take_all()
    }
}
