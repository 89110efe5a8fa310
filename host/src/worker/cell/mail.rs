//! A worker's mail: what is queued, and what waits to be delivered again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Cell;
use crate::hostcalls::{Mail, Usage};
use crate::mailbox::Weigh;
use crate::outbox::Asker;
use crate::router::{Aside, Message, Recipient, Stats};
use crate::sync::{Ordering, lock};

impl Cell {
    /// Whether there is a message, be it one that waits to be delivered again.
    pub(in crate::worker) fn has_mail(&self) -> bool {
        self.has_aside.load(Ordering::Relaxed) || !self.mailbox.is_empty()
    }

    /// The next message that may be handled now.
    pub(in crate::worker) fn next_message(&self) -> Option<Box<Message>> {
        if !self.has_aside.load(Ordering::Relaxed) {
            return self.mailbox.pop();
        }
        let mut aside = lock(&self.aside);
        let next = aside.next(&self.mailbox);
        self.has_aside.store(!aside.is_empty(), Ordering::Relaxed);
        next
    }

    /// When a message that waits may be delivered again.
    pub(in crate::worker) fn next_due(&self) -> Option<Instant> {
        self.has_aside.load(Ordering::Relaxed).then(|| lock(&self.aside).next_due())?
    }

    /// All that waits to be delivered again.
    pub(in crate::worker) fn take_aside(&self) -> Aside {
        self.has_aside.store(false, Ordering::Relaxed);
        std::mem::take(&mut *lock(&self.aside))
    }

    /// Take the mail, and refuse what comes from now on.
    pub(in crate::worker) fn close_mailbox(&self, why: &str) {
        let Some(me) = self.me() else { return };
        let me: Arc<dyn Recipient> = me;
        for message in self.take_aside().drain() {
            Stats::add(&self.stats.failed, 1);
            self.mailbox.release(message.weight());
            self.parts.core.router.bury(*message, &me, why);
        }
        for message in self.mailbox.close() {
            Stats::add(&self.stats.failed, 1);
            self.parts.core.router.bury(*message, &me, why);
        }
    }

    /// A message is delivered again before all others of its sender, after a while.
    pub(in crate::worker) fn set_aside(&self, message: Box<Message>, wait: Duration) {
        lock(&self.aside).retry(message, Instant::now() + wait);
        self.has_aside.store(true, Ordering::Relaxed);
    }

    /// A message is delivered again now, before all others. Gives it back when the mailbox
    /// is closed; its place is free then.
    pub(in crate::worker) fn put_back(&self, message: Box<Message>) -> Option<Box<Message>> {
        if self.has_aside.load(Ordering::Relaxed) {
            // Others of its sender may be there, which must not pass it.
            self.set_aside(message, Duration::ZERO);
            return None;
        }
        self.mailbox.push_front(message).err()
    }

    /// Whether a message whose handling was cut off is to be handled again.
    pub(super) fn gets_again(&self, message: &Message) -> bool {
        self.is_interrupted() && (!message.committed || self.options().idempotent)
    }
}

impl Mail for Cell {
    fn next(&self, longest: usize) -> Option<Box<Message>> {
        // All that is seldom there is left to the worker's life.
        let other = self.orders.any() || self.has_aside.load(Ordering::Relaxed);
        if other || self.mailbox.is_empty() || self.slice.is_over_with_it(self.ticks_of_turn()) {
            return None;
        }
        self.mailbox.pop_if(|next| next.payload.len() <= longest && !next.is_expired())
    }

    fn handled(&self, used: Usage) {
        self.count(used);
        Stats::add_alone(&self.stats.handled, 1);
        self.used();
    }
}
