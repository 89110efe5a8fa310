//! The clock that messages are stamped with, and the times at which an open loop sends them.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Instant;

/// Counts nanoseconds from its start, so that a time fits into a message.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
}

impl Clock {
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub fn nanos(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }
}

/// How a sender that is early lets others run. It never sleeps: a timer is a millisecond late.
#[derive(Clone, Copy, Debug)]
pub enum Wait {
    /// Tokio's `yield_now`: until its worker thread has nothing else to do.
    Idle,
    /// Until its turn comes again among the tasks that are ready, of which some always are.
    Turn,
}

/// Messages at even distances, whatever becomes of those before them.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub clock: Clock,
    nanos_apart: f64,
    wait: Wait,
}

impl Pace {
    pub fn start(per_second: f64, wait: Wait) -> Self {
        Self { clock: Clock::start(), nanos_apart: 1e9 / per_second, wait }
    }

    /// Waits until the message of this number is due and returns the time it was due at, which is
    /// in the past for one that is late.
    pub async fn due(&self, number: usize) -> u64 {
        let due = (number as f64 * self.nanos_apart) as u64;
        while self.clock.nanos() < due {
            match self.wait {
                Wait::Idle => tokio::task::yield_now().await,
                Wait::Turn => turn().await,
            }
        }
        due
    }
}

/// Goes to the end of the worker thread's queue.
async fn turn() {
    let mut waited = false;
    let wait = poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    wait.await;
}
