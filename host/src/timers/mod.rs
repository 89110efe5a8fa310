//! All timers of the node, and the thread that waits for them: late by what the system
//! takes to wake a thread, where a runtime's timers are late by a millisecond or two. A
//! timer is bound to the worker that set it, and charged to it by whoever inserts it here.
//!
//! What the node itself does again and again waits here, too: see [`Timers::sleep`].

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::sync::{Mutex, lock};

/// What happens when a timer runs out.
pub(crate) type Due = Box<dyn FnOnce() + Send>;

/// When a timer runs out, and which of those at that time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Instant, u64);

/// Timers further off than this are set to it: clocks end somewhere.
const FURTHEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// The timers of a node.
pub(crate) struct Timers {
    waiting: Mutex<Waiting>,
    thread: Thread,
}

#[derive(Default)]
struct Waiting {
    timers: BTreeMap<Key, Due>,
    last: u64,
    over: bool,
}

impl Timers {
    /// No timers yet, and a thread that waits for them until [`Timers::shut_down`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start() -> std::io::Result<Arc<Self>> {
        let (give, given) = std::sync::mpsc::sync_channel::<Arc<Self>>(1);
        let thread = thread::Builder::new().name("skep-timers".into()).spawn(move || {
            if let Ok(timers) = given.recv() {
                timers.run();
            }
        })?;
        let thread = thread.thread().clone();
        let timers = Arc::new(Self { waiting: Mutex::default(), thread });
        // The thread is there: it waits for nothing but this.
        let _ = give.send(timers.clone());
        Ok(timers)
    }

    /// Have `due` called after `delay`.
    pub(crate) fn insert(&self, delay: Duration, due: Due) -> Key {
        let at = Instant::now() + delay.min(FURTHEST);
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let key = Key(at, waiting.last);
        waiting.timers.insert(key, due);
        let is_first = waiting.timers.first_key_value().is_some_and(|(first, _)| *first == key);
        drop(waiting);
        if is_first {
            self.thread.unpark();
        }
        key
    }

    /// Forget a timer; nothing happens if it has run out.
    pub(crate) fn remove(&self, key: &Key) {
        let mut waiting = lock(&self.waiting);
        let forgotten = match waiting.timers.entry(*key) {
            Entry::Occupied(timer) => Some(timer.remove()),
            Entry::Vacant(_) => None,
        };
        // What it holds goes without the lock.
        drop(waiting);
        drop(forgotten);
    }

    /// Wait for so long; for ever once the node is over.
    ///
    /// For what waits as long as there is a node, or a link: a runtime that has a timer of its
    /// own, however far off, reads clocks and has the system set an alarm whenever it waits for
    /// a socket, which takes 0.1 us of each message that comes.
    pub(crate) async fn sleep(&self, delay: Duration) {
        let (due, is_due) = oneshot::channel();
        let key = self.insert(delay, Box::new(|| _ = due.send(())));
        let _forget = Forget(self, key);
        if is_due.await.is_err() {
            std::future::pending().await
        }
    }

    /// Forget all timers, and end the thread.
    pub(crate) fn shut_down(&self) {
        let all = {
            let mut waiting = lock(&self.waiting);
            waiting.over = true;
            std::mem::take(&mut waiting.timers)
        };
        drop(all);
        self.thread.unpark();
    }

    fn run(&self) {
        loop {
            let mut waiting = lock(&self.waiting);
            if waiting.over {
                return;
            }
            let next = waiting.timers.first_key_value().map(|(key, _)| key.0);
            let left = next.map(|at| at.saturating_duration_since(Instant::now()));
            let due = match left {
                Some(Duration::ZERO) => waiting.timers.pop_first(),
                _ => None,
            };
            drop(waiting);
            match (due, left) {
                // The lock is not held while a timer's effect is done.
                (Some((_, due)), _) => {
                    // A defect of the node costs one timer, and no others.
                    let _ = catch_unwind(AssertUnwindSafe(due));
                }
                (None, Some(left)) => thread::park_timeout(left),
                (None, None) => thread::park(),
            }
        }
    }
}

/// Forgets a timer for which nobody waits any more.
struct Forget<'a>(&'a Timers, Key);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.0.remove(&self.1);
    }
}

impl std::fmt::Debug for Timers {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Timers").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn they_run_out_in_order_and_when_removed_not_at_all() {
        let timers = Timers::start().unwrap();
        let (tell, told) = mpsc::channel();
        let set = |delay, name: &'static str| {
            let tell = tell.clone();
            timers.insert(Duration::from_millis(delay), Box::new(move || tell.send(name).unwrap()))
        };
        set(60, "third");
        set(20, "first");
        let gone = set(30, "never");
        set(40, "second");
        set(u64::MAX, "in two years");
        timers.remove(&gone);
        timers.remove(&gone);
        let wait = Duration::from_secs(20);
        let order: Vec<_> = (0..3).map(|_| told.recv_timeout(wait).unwrap()).collect();
        assert_eq!(order, ["first", "second", "third"]);
        timers.shut_down();
        drop(tell);
        // The last of those that hold it has gone.
        assert_eq!(told.recv_timeout(wait), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[tokio::test]
    async fn who_sleeps_is_woken_or_forgotten_and_after_the_end_never_woken() {
        let timers = Timers::start().unwrap();
        let (moment, hour) = (Duration::from_millis(1), Duration::from_secs(3_600));
        timers.sleep(moment).await;
        assert!(tokio::time::timeout(moment, timers.sleep(hour)).await.is_err());
        assert!(lock(&timers.waiting).timers.is_empty());
        let sleeper = timers.clone();
        let sleeper = tokio::spawn(async move { sleeper.sleep(hour).await });
        while lock(&timers.waiting).timers.is_empty() {
            tokio::task::yield_now().await;
        }
        timers.shut_down();
        assert!(tokio::time::timeout(10 * moment, sleeper).await.is_err());
    }
}
