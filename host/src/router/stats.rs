//! What is counted of a worker, from its threads.

use std::sync::OnceLock;
use std::sync::atomic::AtomicU64 as Counter;

use crate::config::Limit;
use crate::router::fair::is_same;
use crate::router::message::Origin;
use crate::sanitize::sanitize;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};

/// What is counted of a worker, from its threads.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) handled: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Of the failed: nobody waited for their answers any more.
    pub(crate) expired: AtomicU64,
    /// Dropped from its full mailbox, to make room for newer ones.
    pub(crate) dropped: AtomicU64,
    pub(crate) restarts: AtomicU64,
    pub(crate) fuel: AtomicU64,
    /// The most that one message has used.
    pub(crate) peaks: Peaks,
    /// Who was refused for having too much of its mailbox.
    pub(super) flood: Flood,
    reached: Reached,
    last_failure: Mutex<Option<Box<str>>>,
}

/// The most that one message has used of what is counted for each.
#[derive(Debug, Default)]
pub(crate) struct Peaks {
    pub(crate) fuel: AtomicU64,
    /// In milliseconds.
    pub(crate) time: AtomicU64,
    pub(crate) host_bytes: AtomicU64,
    pub(crate) random: AtomicU64,
    /// The most handles that were left after one.
    pub(crate) handles: AtomicU64,
    pub(crate) effects: AtomicU64,
    pub(crate) outbox_bytes: AtomicU64,
    /// Bytes of the largest payload.
    pub(crate) message: AtomicU64,
    /// The longest wait for an answer, in milliseconds.
    pub(crate) request: AtomicU64,
    /// The longest that an instance took to begin, in milliseconds.
    pub(crate) start: AtomicU64,
    /// Bytes of the largest state.
    pub(crate) state: AtomicU64,
}

/// A sender that had too much of a mailbox, and up to when that is so in any case: until so
/// many messages have left it. Most mailboxes never know one: then it is nothing.
#[derive(Debug, Default)]
pub(super) struct Flood(OnceLock<Box<Mutex<Greedy>>>);

type Greedy = Option<(Origin, u64)>;

impl Flood {
    /// Whether this sender still has too much, once so many messages have left.
    pub(super) fn is(&self, origin: &Origin, left: u64) -> bool {
        let Some(known) = self.0.get() else { return false };
        matches!(&*lock(known), Some((sender, until)) if left < *until && is_same(sender, origin))
    }

    /// This sender has too much until so many messages have left.
    pub(super) fn note(&self, origin: &Origin, until: u64) {
        *lock(self.0.get_or_init(|| Box::new(Mutex::new(None)))) = Some((origin.clone(), until));
    }
}

/// How often each limit was reached. Most workers never reach one: then it is nothing.
#[derive(Debug, Default)]
struct Reached(OnceLock<Box<[Counter; Limit::ALL.len()]>>);

impl Reached {
    fn add(&self, limit: Limit) {
        let counts = self.0.get_or_init(|| Box::new([const { Counter::new(0) }; _]));
        if let Some(counter) = counts.get(limit as usize) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn get(&self, limit: Limit) -> u64 {
        let counter = self.0.get().and_then(|counts| counts.get(limit as usize));
        counter.map_or(0, |counter| counter.load(Ordering::Relaxed))
    }
}

impl Stats {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    /// The same where only one thread at a time counts.
    pub(crate) fn add_alone(counter: &AtomicU64, amount: u64) {
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(amount), Ordering::Relaxed);
    }

    /// Remember the greater.
    pub(crate) fn peak(counter: &AtomicU64, amount: u64) {
        // Read first: seldom is there anything to write.
        if counter.load(Ordering::Relaxed) < amount {
            counter.fetch_max(amount, Ordering::Relaxed);
        }
    }

    /// A limit was reached.
    pub(crate) fn reach(&self, limit: Limit) {
        self.reached.add(limit);
    }

    /// How often a limit was reached.
    pub(crate) fn reached(&self, limit: Limit) -> u64 {
        self.reached.get(limit)
    }

    /// Remember why it failed, in words that are safe to print.
    pub(crate) fn failure(&self, why: &str) {
        *lock(&self.last_failure) = Some(sanitize(why).into());
    }

    /// Why it failed last.
    pub(crate) fn last_failure(&self) -> Option<String> {
        lock(&self.last_failure).as_deref().map(Into::into)
    }
}
