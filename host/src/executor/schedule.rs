//! When a task is polled: one atomic word that every wake-up and every turn goes
//! through. It never loses a wake-up and never lets two threads poll at once
//! (checked over all interleavings in `tests/interleavings`).

use crate::sync::{AtomicU8, Ordering};

/// Nothing to do; mail and wake-ups queue the task.
const IDLE: u8 = 0;
/// In the middle of something that waits; only a wake-up queues the task.
const WAITING: u8 = 1;
/// In a queue of the executor.
const QUEUED: u8 = 2;
/// A thread polls it.
const RUNNING: u8 = 3;
/// Never again.
const FINISHED: u8 = 4;
const STATE: u8 = 0b0000_0111;

/// Mail has come since the turn began.
const MAIL: u8 = 0b0000_1000;
/// It was woken since the turn began.
const WOKEN: u8 = 0b0001_0000;

/// The scheduling state of one task.
#[derive(Debug)]
pub(crate) struct Schedule(AtomicU8);

/// What a turn left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing in progress: mail is reason enough for the next turn.
    Idle,
    /// Something in progress waits to be woken; mail has to wait, too.
    Waiting,
    /// The task is over.
    Finished,
}

impl Schedule {
    /// A task that waits for its first mail.
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(IDLE))
    }

    /// Mail has come. True if the caller must put the task into a queue.
    #[must_use]
    pub(crate) fn mail(&self) -> bool {
        self.signal(MAIL)
    }

    /// What the task waited for is here, or it is told to stop. True if the
    /// caller must put the task into a queue.
    #[must_use]
    pub(crate) fn wake(&self) -> bool {
        self.signal(WOKEN)
    }

    fn signal(&self, signal: u8) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let queues = match word & STATE {
                IDLE => true,
                WAITING => signal == WOKEN,
                FINISHED => return false,
                _ => false,
            };
            let next = if queues { QUEUED | signal } else { word | signal };
            // Even where the word stays the same it is exchanged: that publishes
            // what came with this signal to the turn that will see it.
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return queues,
                Err(now) => word = now,
            }
        }
    }

    /// Whether it has nothing to do and nothing in progress.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) & STATE == IDLE
    }

    /// A turn begins: what was signalled so far is seen by it.
    pub(crate) fn begin(&self) {
        self.0.swap(RUNNING, Ordering::AcqRel);
    }

    /// The turn is over. True if the caller must queue the task again, because of
    /// what came meanwhile.
    #[must_use]
    pub(crate) fn end(&self, rest: Rest) -> bool {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            let again = match rest {
                Rest::Idle => word & (MAIL | WOKEN) != 0,
                Rest::Waiting => word & WOKEN != 0,
                Rest::Finished => false,
            };
            let next = match rest {
                _ if again => QUEUED | (word & (MAIL | WOKEN)),
                Rest::Idle => IDLE,
                // Mail that has come is not forgotten: the turn that ends the wait reads it.
                Rest::Waiting => WAITING,
                Rest::Finished => FINISHED,
            };
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return again,
                Err(now) => word = now,
            }
        }
    }
}
