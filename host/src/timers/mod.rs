//! One wheel for all timers of the node. A timer is bound to the worker that set
//! it, and charged to it by whoever inserts it here.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::time::DelayQueue;
pub(crate) use tokio_util::time::delay_queue::Key;

use crate::sync::lock;

/// What happens when a timer runs out.
pub(crate) type Due = Box<dyn FnOnce() + Send>;

/// Timers further off than this are set to it: the wheel ends after two years.
const FURTHEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// The timers of a node.
pub(crate) struct Timers {
    wheel: Mutex<DelayQueue<Due>>,
    /// Something was inserted where there was nothing.
    inserted: Notify,
}

impl Timers {
    /// An empty wheel; [`Timers::run`] has to be polled for it to turn.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { wheel: Mutex::new(DelayQueue::new()), inserted: Notify::new() })
    }

    /// Have `due` called after `delay`.
    pub(crate) fn insert(&self, delay: Duration, due: Due) -> Key {
        let key = lock(&self.wheel).insert(due, delay.min(FURTHEST));
        self.inserted.notify_one();
        key
    }

    /// Forget a timer; nothing happens if it has run out.
    pub(crate) fn remove(&self, key: &Key) {
        let _forgotten = lock(&self.wheel).try_remove(key);
    }

    /// Turn the wheel, for ever.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            // The lock is not held while a timer's effect is done.
            let due = poll_fn(|context| lock(&self.wheel).poll_expired(context));
            tokio::select! {
                Some(expired) = due => expired.into_inner()(),
                () = self.inserted.notified() => {}
            }
        }
    }
}

impl std::fmt::Debug for Timers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Timers").finish_non_exhaustive()
    }
}
