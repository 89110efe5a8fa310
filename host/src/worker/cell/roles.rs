//! What a worker is to others: a recipient of mail, one who asks, and somebody's child.

use std::sync::Arc;

use skep_protocol::{Address, Identifier};

use super::Cell;
use crate::config::{Access, Limit, Network, Overflow, Restart, WorkerOptions};
use crate::executor::Executor;
use crate::mailbox::Mailbox;
use crate::outbox::{Asker, Child, Ledger, WaitSlot, uses};
use crate::router::{LimitUse, Message, Pending, Recipient, State, Stats, Watcher, WorkerStatus};
use crate::sync::{Ordering, lock};

impl Recipient for Cell {
    fn address(&self) -> &Address {
        &self.parts.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn overflow(&self) -> Overflow {
        self.options().overflow
    }

    fn is_worker(&self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        !self.orders.is(|told| told.stop.is_some())
            && !matches!(self.state(), State::Parked | State::Stopped)
    }

    fn notify(self: Arc<Self>) {
        if self.schedule.mail() {
            Executor::submit(self);
        }
    }

    fn waits_on(&self) -> Option<Arc<Pending>> {
        self.wait_slot.get()
    }

    fn waits_for_room_at(&self) -> Option<Arc<dyn Recipient>> {
        self.wait_slot.room()
    }

    fn watch(&self, watcher: Watcher) -> Result<(), (Watcher, String)> {
        self.watchers.add(watcher)
    }

    fn unwatch(&self, watcher: &Address) {
        self.watchers.remove(watcher);
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn status(&self) -> Option<WorkerStatus> {
        let mut status = self.describe();
        status.limits = uses(self, &Limit::ALL);
        let memory = |limit: &&mut LimitUse| limit.key == Limit::Memory.key();
        if let Some(limit) = status.limits.iter_mut().find(memory) {
            limit.used = Some(status.memory_bytes as u64);
        }
        self.log.count(&mut status.limits);
        Some(status)
    }

    fn brief(&self) -> Option<WorkerStatus> {
        Some(self.describe())
    }

    fn doing(&self) -> Option<State> {
        Some(match self.state() {
            State::Idle if !self.schedule.is_idle() || self.has_mail() => State::Running,
            state => state,
        })
    }

    fn component(&self) -> Option<Arc<str>> {
        Some(self.generation().component.clone())
    }

    fn queued(&self) -> usize {
        self.mailbox.len() + lock(&self.aside).len()
    }

    fn has_one_in_hand(&self) -> bool {
        self.in_hand.load(Ordering::Relaxed)
    }

    fn access(&self) -> Access {
        self.options().access.clone()
    }

    // Asked for each message, of options that are not to be copied for it.
    fn admits(&self, identity: Option<&Identifier>) -> bool {
        self.look_at_options(|options| options.access.admits(identity))
    }

    fn network(&self) -> Network {
        self.options().network.clone()
    }

    fn end(&self, why: &str, drain: bool) {
        self.tell(|told| {
            told.drain = drain && told.stop.is_none();
            told.stop.get_or_insert_with(|| why.into());
        });
    }

    fn kill(&self, why: &str) {
        self.tell(|told| {
            told.stop.get_or_insert_with(|| why.into());
            told.kill = true;
        });
    }
}

impl Asker for Cell {
    fn options(&self) -> Arc<WorkerOptions> {
        self.generation().options.clone()
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    fn wait_slot(&self) -> &WaitSlot {
        &self.wait_slot
    }

    fn interrupted(&self, message: Box<Message>) -> Option<Box<Message>> {
        if !self.gets_again(&message) {
            return Some(message);
        }
        if let (Some(message), Some(me)) = (self.put_back(message), self.me()) {
            let me: Arc<dyn Recipient> = me;
            self.parts.core.router.bury(*message, &me, "its receiver has stopped");
        }
        None
    }

    fn stop(&self, why: &str) {
        if self.options().restart == Restart::Permanent {
            return self.tell(|told| _ = told.renew.get_or_insert_with(|| why.into()));
        }
        self.end(why, false);
    }
}

impl Child for Cell {
    fn address(&self) -> &Address {
        &self.parts.address
    }

    fn start(&self) {
        self.activate();
    }

    fn discard(&self) {
        // Its name is free at once, for the next try of the worker that asked for it.
        if let Some(me) = self.me() {
            self.free_names(&(me as Arc<dyn Recipient>));
        }
        self.end("the worker that asked for it failed", false);
    }

    fn stop(&self, why: &str) {
        self.end(why, false);
    }
}

impl Cell {
    /// As `skep ps` shows it, but for its limits.
    fn describe(&self) -> WorkerStatus {
        let state = self.doing().unwrap_or(State::Stopped);
        let mut status = WorkerStatus::new(self.parts.address.clone(), state, &self.stats);
        (status.mailbox_messages, status.mailbox_bytes) = self.mailbox.usage();
        let generation = self.generation();
        status.generation = generation.number;
        status.language = generation.code.language().map(Into::into);
        status.component = Some(generation.component.to_string());
        status.memory_bytes = self.gauge.memory.load(Ordering::Relaxed);
        status.digest = Some(generation.code.digest().to_hex().to_string());
        status.ended = self.watchers.ended();
        status.refused = self.given_up();
        status
    }
}
