//! What the node holds for a worker beyond its mailbox: timers, monitors and
//! children, each counted against a limit and freed with the worker.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use skep_protocol::Address;

use crate::config::{Limit, Limits};
use crate::outbox::Child;
use crate::router::Recipient;
use crate::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::timers::{Key, Timers};

/// The account of one worker.
pub(crate) struct Ledger {
    timers: AtomicU64,
    monitors: AtomicU64,
    children: AtomicU64,
    descendants: AtomicU64,
    /// Bytes that come with some of these.
    bytes: AtomicU64,
    /// The account of the worker that started this one.
    parent: Option<Arc<Ledger>>,
    most_descendants: AtomicU64,
    last_number: AtomicU64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    closed: bool,
    running: HashMap<u64, Key>,
    watched: BTreeMap<Address, Vec<Arc<dyn Recipient>>>,
    children: BTreeMap<Address, Arc<dyn Child>>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Timer,
    Monitor,
    Child,
}

/// One thing charged to a worker; it counts as long as this lives.
pub(crate) struct Charge {
    ledger: Arc<Ledger>,
    kind: Kind,
    bytes: u64,
}

impl Ledger {
    /// An empty account below `parent`; `most_descendants` counts all that is
    /// started below this one.
    pub(crate) fn new(parent: Option<Arc<Ledger>>, most_descendants: usize) -> Arc<Self> {
        Arc::new(Self {
            timers: AtomicU64::new(0),
            monitors: AtomicU64::new(0),
            children: AtomicU64::new(0),
            descendants: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            parent,
            most_descendants: AtomicU64::new(most_descendants as u64),
            last_number: AtomicU64::new(0),
            held: Mutex::default(),
        })
    }

    /// Another number of descendants is allowed from now on; those there are stay.
    pub(crate) fn resize(&self, most_descendants: usize) {
        self.most_descendants.store(most_descendants as u64, Ordering::Relaxed);
    }

    /// A number that this worker has not used for a timer or a child; below 2^53,
    /// which JavaScript can hold.
    pub(crate) fn next_number(&self) -> u64 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Charge a timer.
    pub(crate) fn charge_timer(self: &Arc<Self>, limit: usize) -> Result<Charge, Limit> {
        self.charge(Kind::Timer, limit).ok_or(Limit::Timers)
    }

    /// Charge a monitor.
    pub(crate) fn charge_monitor(self: &Arc<Self>, limit: usize) -> Result<Charge, Limit> {
        self.charge(Kind::Monitor, limit).ok_or(Limit::Monitors)
    }

    /// Charge a child to this worker, with the bytes of its arguments, and a descendant to
    /// all above it.
    ///
    /// # Errors
    /// The limit that is reached, and whose number it is: that of a worker above may be
    /// another than the worker's own.
    pub(crate) fn charge_child(
        self: &Arc<Self>,
        bytes: usize,
        limits: &Limits,
    ) -> Result<Charge, (Limit, u64)> {
        let most = limits.children;
        if !self.hold(bytes, limits) {
            return Err((Limit::HeldBytes, limits.held_bytes as u64));
        }
        let Some(mut charge) = self.charge(Kind::Child, most) else {
            self.bytes.fetch_sub(bytes as u64, Ordering::AcqRel);
            return Err((Limit::Children, most as u64));
        };
        charge.bytes = bytes as u64;
        let mut below = self;
        loop {
            let before = below.descendants.fetch_add(1, Ordering::AcqRel);
            let limit = below.most_descendants.load(Ordering::Relaxed);
            if before >= limit {
                self.release_descendant(Some(below));
                // Only the child itself is left to give back.
                self.children.fetch_sub(1, Ordering::AcqRel);
                self.bytes.fetch_sub(charge.bytes, Ordering::AcqRel);
                std::mem::forget(charge);
                return Err((Limit::Descendants, limit));
            }
            match &below.parent {
                Some(parent) => below = parent,
                None => return Ok(charge),
            }
        }
    }

    /// Take one descendant off this account and those above, up to `last`.
    fn release_descendant(&self, last: Option<&Arc<Self>>) {
        let mut at = Some(self);
        while let Some(ledger) = at {
            ledger.descendants.fetch_sub(1, Ordering::AcqRel);
            if last.is_some_and(|last| std::ptr::eq(Arc::as_ptr(last), ledger)) {
                break;
            }
            at = ledger.parent.as_deref();
        }
    }

    fn charge(self: &Arc<Self>, kind: Kind, limit: usize) -> Option<Charge> {
        let limit = limit as u64;
        self.counter(kind)
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |count| {
                (count < limit).then_some(count + 1)
            })
            .ok()?;
        Some(Charge { ledger: self.clone(), kind, bytes: 0 })
    }

    /// Count bytes that are held for the worker; false if that would be too many.
    fn hold(&self, bytes: usize, limits: &Limits) -> bool {
        let (bytes, most) = (bytes as u64, limits.held_bytes as u64);
        let fits = |held: u64| held.checked_add(bytes).filter(|held| *held <= most);
        self.bytes.fetch_update(Ordering::AcqRel, Ordering::Relaxed, fits).is_ok()
    }

    fn counter(&self, kind: Kind) -> &AtomicU64 {
        match kind {
            Kind::Timer => &self.timers,
            Kind::Monitor => &self.monitors,
            Kind::Child => &self.children,
        }
    }

    /// A timer runs, under this number. `start` has it wait; not if the
    /// worker has stopped.
    pub(crate) fn start_timer(&self, number: u64, start: impl FnOnce() -> Key) {
        let mut held = lock(&self.held);
        if !held.closed {
            let key = start();
            held.running.insert(number, key);
        }
    }

    /// A timer has run out, or is to be cancelled. False if there is none.
    pub(crate) fn end_timer(&self, number: u64) -> Option<Key> {
        lock(&self.held).running.remove(&number)
    }

    /// This worker watches `target`.
    pub(crate) fn watch(&self, target: &Arc<dyn Recipient>) {
        let mut held = lock(&self.held);
        let known = held.watched.entry(target.address().clone()).or_default();
        known.retain(|known| known.is_open() && !Arc::ptr_eq(known, target));
        known.push(target.clone());
    }

    /// Whom this worker has watched under this address.
    pub(crate) fn watched(&self, address: &Address) -> Vec<Arc<dyn Recipient>> {
        lock(&self.held).watched.remove(address).unwrap_or_default()
    }

    /// This worker has started `child`.
    pub(crate) fn adopt(&self, child: Arc<dyn Child>) {
        lock(&self.held).children.insert(child.address().clone(), child);
    }

    /// A child is gone.
    pub(crate) fn disown(&self, child: &Address) {
        lock(&self.held).children.remove(child);
    }

    /// A child of this worker.
    pub(crate) fn child(&self, address: &Address) -> Option<Arc<dyn Child>> {
        lock(&self.held).children.get(address).cloned()
    }

    /// The worker has stopped for good: its timers and monitors end, and its
    /// children stop.
    pub(crate) fn close(&self, me: &Address, timers: &Timers) {
        let held = {
            let mut held = lock(&self.held);
            let all = std::mem::take(&mut *held);
            held.closed = true;
            all
        };
        for key in held.running.values() {
            timers.remove(key);
        }
        for target in held.watched.values().flatten() {
            target.unwatch(me);
        }
        for child in held.children.values() {
            child.stop("the worker that started it has stopped");
        }
    }

    /// How much of a limit is in use, if it is one that is counted here.
    pub(crate) fn used(&self, limit: Limit) -> Option<u64> {
        let counter = match limit {
            Limit::Timers => &self.timers,
            Limit::Monitors => &self.monitors,
            Limit::Children => &self.children,
            Limit::Descendants => &self.descendants,
            Limit::HeldBytes => &self.bytes,
            _ => return None,
        };
        Some(counter.load(Ordering::Relaxed))
    }

    /// Timers, monitors and children that it has.
    #[cfg(test)]
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let count = |kind| self.counter(kind).load(Ordering::Relaxed);
        (count(Kind::Timer), count(Kind::Monitor), count(Kind::Child))
    }
}

impl Charge {
    /// With so many bytes that are held for it; none if that would be too many.
    pub(crate) fn with_bytes(mut self, bytes: usize, limits: &Limits) -> Option<Self> {
        self.ledger.hold(bytes, limits).then(|| self.bytes = bytes as u64)?;
        Some(self)
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.ledger.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        }
        self.ledger.counter(self.kind).fetch_sub(1, Ordering::AcqRel);
        if self.kind == Kind::Child {
            self.ledger.release_descendant(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_count_against_all_above() {
        let root = Ledger::new(None, 2);
        let first = Ledger::new(Some(root.clone()), 10);
        let limits = |children| Limits { children, held_bytes: 10, ..Limits::default() };
        let a = root.charge_child(4, &limits(10)).unwrap();
        assert_eq!(root.charge_child(7, &limits(10)).err(), Some((Limit::HeldBytes, 10)));
        let b = first.charge_child(0, &limits(10)).unwrap();
        assert_eq!(first.charge_child(9, &limits(10)).err(), Some((Limit::Descendants, 2)));
        assert_eq!((root.counts().2, first.counts().2), (1, 1));
        drop(b);
        let c = first.charge_child(10, &limits(1)).unwrap();
        assert_eq!(first.charge_child(0, &limits(1)).err(), Some((Limit::Children, 1)));
        assert_eq!(
            (root.used(Limit::HeldBytes), first.used(Limit::HeldBytes)),
            (Some(4), Some(10))
        );
        drop((a, c));
        assert_eq!(root.descendants.load(Ordering::Relaxed), 0);
        assert_eq!(first.descendants.load(Ordering::Relaxed), 0);
        assert_eq!((root.used(Limit::HeldBytes), first.used(Limit::HeldBytes)), (Some(0), Some(0)));
    }

    #[test]
    fn timers_are_counted() {
        let ledger = Ledger::new(None, 0);
        let one = ledger.charge_timer(1).unwrap();
        assert!(ledger.charge_timer(1).is_err());
        drop(one);
        assert!(ledger.charge_timer(1).is_ok());
    }
}
