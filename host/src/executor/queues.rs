//! Where tasks wait for a thread: those that are due, and behind them those that
//! used up their slice.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use crate::executor::Task;
use crate::sync::{Condvar, Mutex, lock};

/// One turn in so many goes to the background at least.
const BACKGROUND_SHARE: u32 = 8;

/// Which queue a task was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Ready,
    Background,
}

pub(crate) struct Queues {
    inner: Mutex<Inner>,
    work: Condvar,
    /// Threads that may run tasks of the background at the same time.
    background_threads: usize,
}

struct Inner {
    ready: VecDeque<Arc<dyn Task>>,
    background: VecDeque<Arc<dyn Task>>,
    in_background: usize,
    parked: usize,
    turns: u32,
    closed: bool,
}

impl Queues {
    pub(crate) fn new(background_threads: usize) -> Self {
        let inner = Inner {
            ready: VecDeque::new(),
            background: VecDeque::new(),
            in_background: 0,
            parked: 0,
            turns: 0,
            closed: false,
        };
        Self { inner: Mutex::new(inner), work: Condvar::new(), background_threads }
    }

    /// A task that is due; a parked thread is woken for it.
    pub(crate) fn push(&self, task: Arc<dyn Task>) {
        self.add(Lane::Ready, task, true);
    }

    /// A task that is due, from a thread that is about to ask for the next one itself.
    pub(crate) fn push_quietly(&self, task: Arc<dyn Task>) {
        self.add(Lane::Ready, task, false);
    }

    /// A task that used up its slice.
    pub(crate) fn push_background(&self, task: Arc<dyn Task>) {
        self.add(Lane::Background, task, true);
    }

    /// Whether a task that is due waits for a thread.
    pub(crate) fn is_waited_in(&self) -> bool {
        !lock(&self.inner).ready.is_empty()
    }

    fn add(&self, lane: Lane, task: Arc<dyn Task>, wake: bool) {
        let mut inner = lock(&self.inner);
        if inner.closed {
            // No one would take it out again, and a task may own its executor.
            return;
        }
        match lane {
            Lane::Ready => inner.ready.push_back(task),
            Lane::Background => inner.background.push_back(task),
        }
        if wake && inner.parked > 0 {
            drop(inner);
            self.work.notify_one();
        }
    }

    /// The next task and its lane, or none once the executor shuts down and all have
    /// had their turn. Waits until there is one. Ends with `done`.
    pub(crate) fn next(&self) -> Option<(Arc<dyn Task>, Lane)> {
        let mut inner = lock(&self.inner);
        loop {
            if let Some(found) = inner.take(self.background_threads) {
                return Some(found);
            }
            if inner.closed {
                return None;
            }
            inner.parked += 1;
            inner = self.work.wait(inner).unwrap_or_else(PoisonError::into_inner);
            inner.parked -= 1;
        }
    }

    /// What was taken from this lane has had its turn.
    pub(crate) fn done(&self, lane: Lane) {
        if lane == Lane::Background {
            lock(&self.inner).in_background -= 1;
        }
    }

    /// Have `next` say that there is none, once nothing is left.
    pub(crate) fn close(&self) {
        lock(&self.inner).closed = true;
        self.work.notify_all();
    }
}

impl Inner {
    fn take(&mut self, background_threads: usize) -> Option<(Arc<dyn Task>, Lane)> {
        self.turns = self.turns.wrapping_add(1);
        let may = self.in_background < background_threads;
        let background_first = may && self.turns.is_multiple_of(BACKGROUND_SHARE);
        if background_first && let Some(task) = self.background.pop_front() {
            self.in_background += 1;
            return Some((task, Lane::Background));
        }
        if let Some(task) = self.ready.pop_front() {
            return Some((task, Lane::Ready));
        }
        let task = if may { self.background.pop_front()? } else { return None };
        self.in_background += 1;
        Some((task, Lane::Background))
    }
}
