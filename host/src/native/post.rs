//! What the node keeps for a native worker.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use skep_protocol::Address;
use tokio::sync::Notify;

use crate::config::{Access, Limit, Network, Overflow, WorkerOptions};
use crate::mailbox::{Capacity, Mailbox};
use crate::outbox::{Asker, Core, Ledger, WaitSlot, Watchers, uses};
use crate::router::{Message, Pending, Recipient, State, Stats, Watcher, WorkerStatus};
use crate::sync::{AtomicU8, Mutex, Ordering, lock};

/// The limits that hold for a native worker: its code is the program's own, but what the
/// node holds for it is bounded as for any other.
const NATIVE: &[Limit] = &[
    Limit::Request,
    Limit::Message,
    Limit::MailboxMessages,
    Limit::MailboxBytes,
    Limit::OutboxEffects,
    Limit::OutboxBytes,
    Limit::Timers,
    Limit::Monitors,
    Limit::Children,
    Limit::Descendants,
];

/// Where a native worker's messages wait.
pub(crate) struct Post {
    pub(super) core: Arc<Core>,
    address: Address,
    options: Arc<WorkerOptions>,
    mailbox: Mailbox<Box<Message>>,
    /// Mail has come, or it was told to end.
    pub(super) woken: Notify,
    /// It was told to end in the middle of whatever it does.
    pub(super) killed: Notify,
    state: AtomicU8,
    ledger: Arc<Ledger>,
    wait_slot: WaitSlot,
    watchers: Watchers,
    pub(super) stats: Stats,
    stop: Mutex<Option<String>>,
    stopping: AtomicBool,
    drain: AtomicBool,
}

impl Post {
    pub(crate) fn new(core: Arc<Core>, address: Address, options: WorkerOptions) -> Arc<Self> {
        let limits = &options.limits;
        let capacity = Capacity { messages: limits.mailbox_messages, bytes: limits.mailbox_bytes };
        Arc::new(Self {
            core,
            address,
            mailbox: Mailbox::new(capacity),
            woken: Notify::new(),
            killed: Notify::new(),
            state: AtomicU8::new(State::Starting as u8),
            ledger: Ledger::new(None, limits.descendants),
            wait_slot: WaitSlot::default(),
            watchers: Watchers::default(),
            stats: Stats::default(),
            stop: Mutex::new(None),
            stopping: AtomicBool::new(false),
            drain: AtomicBool::new(false),
            options: options.into(),
        })
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
    }

    fn state(&self) -> State {
        State::from_number(self.state.load(Ordering::Acquire))
    }

    /// Why it is to stop now: when it is to drain, not before its mail is handled.
    pub(super) fn stop_asked(&self) -> Option<String> {
        if !self.stopping.load(Ordering::Acquire) {
            return None;
        }
        let drained = !self.drain.load(Ordering::Acquire) || self.mailbox.is_empty();
        lock(&self.stop).clone().filter(|_| drained)
    }

    /// Whether it is to handle what it has before it ends.
    pub(super) fn drains(&self) -> bool {
        self.drain.load(Ordering::Acquire)
    }

    /// The worker is over: its name is free, and who watches it is told.
    pub(super) fn finish(self: &Arc<Self>, why: &str) {
        let me: Arc<dyn Recipient> = self.clone();
        for message in self.mailbox.close() {
            Stats::add(&self.stats.failed, 1);
            self.core.router.bury(*message, &me, why);
        }
        self.core.router.unregister(&self.address, &me);
        self.ledger.close(&self.address, &self.core.timers);
        self.watchers.tell(&self.core.router, &self.address, why);
        self.set_state(State::Stopped);
    }
}

impl Recipient for Post {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn overflow(&self) -> Overflow {
        self.options.overflow
    }

    fn is_worker(&self) -> bool {
        true
    }

    fn is_open(&self) -> bool {
        !self.stopping.load(Ordering::Acquire)
    }

    fn notify(self: Arc<Self>) {
        self.woken.notify_one();
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
        let mut status = WorkerStatus::new(self.address.clone(), self.state(), &self.stats);
        (status.mailbox_messages, status.mailbox_bytes) = self.mailbox.usage();
        status.ended = self.watchers.ended();
        status.limits = uses(self, NATIVE);
        Some(status)
    }

    fn doing(&self) -> Option<State> {
        Some(self.state())
    }

    fn access(&self) -> Access {
        self.options.access.clone()
    }

    /// Its code is the program's own.
    fn network(&self) -> Network {
        Network::everywhere()
    }

    fn end(&self, why: &str, drain: bool) {
        let mut stop = lock(&self.stop);
        if stop.is_none() {
            *stop = Some(why.into());
            self.drain.store(drain, Ordering::Release);
        } else if !drain {
            self.drain.store(false, Ordering::Release);
        }
        self.stopping.store(true, Ordering::Release);
        drop(stop);
        self.woken.notify_one();
    }

    fn kill(&self, why: &str) {
        self.end(why, false);
        self.killed.notify_one();
    }
}

impl Asker for Post {
    fn options(&self) -> Arc<WorkerOptions> {
        self.options.clone()
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    fn wait_slot(&self) -> &WaitSlot {
        &self.wait_slot
    }

    fn stop(&self, why: &str) {
        self.end(why, false);
    }
}
