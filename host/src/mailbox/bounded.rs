//! A queue bounded by count and by bytes, with places that are reserved before
//! they are filled.
//!
//! A place is taken when a handler asks to send and filled when it commits, so
//! that a commit never finds a full mailbox (checked over all interleavings in
//! `tests/interleavings`).

use std::collections::VecDeque;
use std::sync::atomic::{self, Ordering::Relaxed};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::sync::{AtomicU64, AtomicUsize, Mutex, Ordering, lock};

/// What lies in a mailbox has a weight in bytes, the same each time it is asked.
pub(crate) trait Weigh {
    /// The bytes that this counts for.
    fn weight(&self) -> usize;
}

/// The bounds of a mailbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Messages, reserved places included.
    pub(crate) messages: usize,
    /// Bytes, reserved ones included.
    pub(crate) bytes: usize,
}

/// A mailbox has no room, and by which of its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It holds as many messages as it may.
    Messages,
    /// The bytes would be too many.
    Bytes,
}

/// A bounded queue, first in, first out.
#[derive(Debug)]
pub(crate) struct Mailbox<T> {
    capacity: Bounds,
    /// Places and bytes in use, queued or reserved: places above `PLACE`, bytes below.
    used: AtomicU64,
    /// Told when half of it becomes free.
    room: Notify,
    queue: Mutex<Queue<T>>,
    /// How many are queued: written under the lock, and read without it.
    queued: AtomicUsize,
}

#[derive(Debug)]
struct Queue<T> {
    items: VecDeque<T>,
    closed: bool,
}

/// One place in `used`; the 40 bits below it count bytes.
const PLACE: u64 = 1 << 40;
/// The most places and bytes that `used` can tell apart.
const MOST_PLACES: usize = (1 << 23) - 1;
const MOST_BYTES: usize = (1 << 39) - 1;

impl<T: Weigh> Mailbox<T> {
    /// An empty mailbox with these bounds.
    pub(crate) fn new(capacity: Capacity) -> Self {
        let bounds = Bounds::default();
        bounds.set(capacity);
        let queue = Mutex::new(Queue { items: VecDeque::new(), closed: false });
        let (used, queued) = (AtomicU64::new(0), AtomicUsize::new(0));
        Self { capacity: bounds, used, room: Notify::new(), queue, queued }
    }

    /// Other bounds from now on. What is beyond them already stays.
    pub(crate) fn resize(&self, capacity: Capacity) {
        self.capacity.set(capacity);
    }

    /// Reserve a place for something of this weight.
    ///
    /// # Errors
    /// When there is no room by count or by bytes.
    pub(crate) fn reserve(&self, weight: usize) -> Result<(), Full> {
        if weight > self.capacity().bytes {
            return Err(Full::Bytes);
        }
        let add = PLACE | weight as u64;
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |used| {
                self.fits(used + add).ok().map(|()| used + add)
            })
            .map(drop)
            .map_err(|used| self.fits(used + add).err().unwrap_or(Full::Messages))
    }

    /// Whether so many places and bytes are within the bounds.
    fn fits(&self, used: u64) -> Result<(), Full> {
        let most = self.capacity();
        match ((used / PLACE) as usize, (used % PLACE) as usize) {
            (messages, _) if messages > most.messages => Err(Full::Messages),
            (_, bytes) if bytes > most.bytes => Err(Full::Bytes),
            _ => Ok(()),
        }
    }

    /// Give back a place that was reserved for this weight and not filled.
    pub(crate) fn release(&self, weight: usize) {
        let less = PLACE | weight as u64;
        let before = self.used.fetch_sub(less, Ordering::AcqRel);
        if !self.is_roomy(before) && self.is_roomy(before - less) {
            self.room.notify_waiters();
        }
    }

    /// What ends when half of it becomes free, or it closes. Whoever waits is not told of each
    /// place: it would find room for one message and wait for the next.
    pub(crate) fn room(&self) -> Notified<'_> {
        self.room.notified()
    }

    /// Whether half of it is free, and there is room for this weight: asked once [`Self::room`]
    /// is enabled, so that neither misses the other.
    pub(crate) fn has_room(&self, weight: usize) -> bool {
        // An exchange reads the newest there is, whatever the two have in common.
        let used = self.used.fetch_add(0, Ordering::AcqRel);
        self.is_roomy(used) && self.fits(used + (PLACE | weight as u64)).is_ok()
    }

    fn is_roomy(&self, used: u64) -> bool {
        let most = self.capacity();
        (used / PLACE) as usize <= most.messages / 2 && (used % PLACE) as usize <= most.bytes / 2
    }

    /// Fill a place that was reserved for the weight of `item`.
    ///
    /// # Errors
    /// Gives the item back when the mailbox is closed; its place is free again.
    pub(crate) fn push(&self, item: T) -> Result<(), T> {
        let mut queue = lock(&self.queue);
        if queue.closed {
            drop(queue);
            self.release(item.weight());
            return Err(item);
        }
        queue.items.push_back(item);
        self.count(&queue);
        Ok(())
    }

    /// Take the oldest item. It keeps its place until `release`, so that an item
    /// that has to come back finds room.
    pub(crate) fn pop(&self) -> Option<T> {
        self.pop_if(|_| true)
    }

    /// The same, if it is such a one.
    pub(crate) fn pop_if(&self, is_such: impl FnOnce(&T) -> bool) -> Option<T> {
        // Whoever looks has been told of what is queued, or is told of it afterwards.
        if self.is_empty() {
            return None;
        }
        let mut queue = lock(&self.queue);
        let item = queue.items.pop_front_if(|item| is_such(item));
        self.count(&queue);
        item
    }

    /// Take the oldest item for good, to make room.
    pub(crate) fn evict(&self) -> Option<T> {
        let item = self.pop()?;
        self.release(item.weight());
        Some(item)
    }

    /// Put an item that was popped and still holds its place back at the head.
    ///
    /// # Errors
    /// Gives the item back when the mailbox is closed; its place is free again.
    pub(crate) fn push_front(&self, item: T) -> Result<(), T> {
        let mut queue = lock(&self.queue);
        if queue.closed {
            drop(queue);
            self.release(item.weight());
            return Err(item);
        }
        queue.items.push_front(item);
        self.count(&queue);
        Ok(())
    }

    fn count(&self, queue: &Queue<T>) {
        self.queued.store(queue.items.len(), Ordering::Release);
    }

    /// Look at all that is queued.
    pub(crate) fn look(&self, at: impl FnMut(&T)) {
        lock(&self.queue).items.iter().for_each(at);
    }

    /// Whether nothing is queued; reserved places do not count.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many are queued; reserved places and what was popped do not count.
    pub(crate) fn len(&self) -> usize {
        self.queued.load(Ordering::Acquire)
    }

    /// Refuse what comes from now on, and hand over what is queued.
    pub(crate) fn close(&self) -> VecDeque<T> {
        let items = {
            let mut queue = lock(&self.queue);
            queue.closed = true;
            let items = std::mem::take(&mut queue.items);
            self.count(&queue);
            items
        };
        self.room.notify_waiters();
        for item in &items {
            self.release(item.weight());
        }
        items
    }

    /// Messages and bytes in use, reserved places included.
    pub(crate) fn usage(&self) -> (usize, usize) {
        let used = self.used.load(Ordering::Relaxed);
        ((used / PLACE) as usize, (used % PLACE) as usize)
    }

    /// The bounds.
    pub(crate) fn capacity(&self) -> Capacity {
        self.capacity.get()
    }
}

/// Bounds that may change. Nothing else depends on when that is seen.
#[derive(Debug, Default)]
struct Bounds {
    messages: atomic::AtomicUsize,
    bytes: atomic::AtomicUsize,
}

impl Bounds {
    fn set(&self, capacity: Capacity) {
        self.messages.store(capacity.messages.min(MOST_PLACES), Relaxed);
        self.bytes.store(capacity.bytes.min(MOST_BYTES), Relaxed);
    }

    fn get(&self) -> Capacity {
        Capacity { messages: self.messages.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}
