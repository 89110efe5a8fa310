//! A node without workers: recipients, children and a starter that only note what
//! is done to them, and in which order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use bytes::Bytes;
use skep_protocol::Address;

use crate::config::{Grant, Limits, Overflow, WorkerOptions};
use crate::executor::{Executor, Ticker};
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::outbox::{Asker, Charge, Child, Core, Ledger, StartError, Starter, WaitSlot};
use crate::router::{Message, Pending, Recipient, Router, Stats, Watcher, WorkerStatus};
use crate::sync::{Mutex, lock};
use crate::timers::Timers;

/// What is done, as it is seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Mail for the recipient of this number.
    Mail(usize),
    Start(Address),
    Discard(Address),
    Stop(Address),
    StopSelf,
    StopNode,
}

pub(super) type Log = Arc<Mutex<Vec<Event>>>;

/// The recipients; the first is the worker itself. To `absent` no one answers.
pub(super) const NAMES: [&str; 5] = ["me", "roomy", "small", "dropping", "absent"];
pub(super) const ROOM: [usize; 4] = [4, 100, 2, 2];
pub(super) const DROPPING: usize = 3;

pub(super) fn address(of: usize) -> Address {
    Address::local(NAMES[of].as_bytes())
}

pub(super) fn limits() -> Limits {
    Limits {
        message: 9,
        outbox_effects: 6,
        outbox_bytes: 30,
        timers: 2,
        monitors: 3,
        children: 2,
        request: std::time::Duration::ZERO,
        ..Limits::default()
    }
}

/// Someone with an address; `me` is also who asks.
pub(super) struct Fake {
    number: usize,
    address: Address,
    log: Log,
    mailbox: Mailbox<Box<Message>>,
    options: Arc<WorkerOptions>,
    open: AtomicBool,
    watchers: Mutex<Vec<Watcher>>,
    ledger: Arc<Ledger>,
    wait_slot: WaitSlot,
    stats: Stats,
}

impl Fake {
    pub(super) fn new(number: usize, wait: bool, log: &Log) -> Arc<Self> {
        let capacity = Capacity { messages: ROOM[number], bytes: 100_000 };
        let overflow = if number == DROPPING { Overflow::DropOldest } else { Overflow::Refuse };
        let limits = limits();
        let grants = Grant::ALL.to_vec();
        Arc::new(Self {
            number,
            address: address(number),
            log: log.clone(),
            mailbox: Mailbox::new(capacity),
            ledger: Ledger::new(None, limits.descendants),
            options: Arc::new(WorkerOptions {
                limits,
                wait,
                overflow,
                grants,
                ..WorkerOptions::default()
            }),
            open: AtomicBool::new(true),
            watchers: Mutex::default(),
            wait_slot: WaitSlot::default(),
            stats: Stats::default(),
        })
    }

    /// Stop for good; what is queued is gone, and who watches is told.
    pub(super) fn stop_for_good(&self, router: &Router) {
        self.open.store(false, Ordering::Relaxed);
        drop(self.mailbox.close());
        let watchers = std::mem::take(&mut *lock(&self.watchers));
        for watcher in watchers {
            watcher.tell(router, self.address.clone(), "it stopped".into());
        }
    }

    /// The payload of the oldest message.
    pub(super) fn handle(&self) -> Option<Bytes> {
        let message = self.mailbox.pop()?;
        self.mailbox.release(message.weight());
        Some(message.payload)
    }

    fn note(&self, event: Event) {
        lock(&self.log).push(event);
    }
}

impl Recipient for Fake {
    fn address(&self) -> &Address {
        &self.address
    }

    fn mailbox(&self) -> &Mailbox<Box<Message>> {
        &self.mailbox
    }

    fn overflow(&self) -> Overflow {
        self.options.overflow
    }

    fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    fn notify(self: Arc<Self>) {
        self.note(Event::Mail(self.number));
    }

    fn waits_on(&self) -> Option<Arc<Pending>> {
        None
    }

    fn watch(&self, watcher: Watcher) -> Result<(), (Watcher, String)> {
        if !self.is_open() {
            return Err((watcher, "it stopped".into()));
        }
        lock(&self.watchers).push(watcher);
        Ok(())
    }

    fn unwatch(&self, watcher: &Address) {
        lock(&self.watchers).retain(|each| each.place.address() != Some(watcher));
    }

    fn stats(&self) -> &Stats {
        &self.stats
    }

    fn status(&self) -> Option<WorkerStatus> {
        None
    }

    fn end(&self, _why: &str, _drain: bool) {}

    fn kill(&self, _why: &str) {}
}

impl Asker for Fake {
    fn options(&self) -> Arc<WorkerOptions> {
        self.options.clone()
    }

    fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    fn wait_slot(&self) -> &WaitSlot {
        &self.wait_slot
    }

    fn stop(&self, _why: &str) {
        self.note(Event::StopSelf);
    }
}

/// Starts whatever is asked for, each name once.
pub(super) struct FakeStarter {
    log: Log,
    taken: Arc<Mutex<BTreeSet<Address>>>,
}

impl FakeStarter {
    pub(super) fn new(log: &Log) -> Arc<Self> {
        Arc::new(Self { log: log.clone(), taken: Arc::default() })
    }
}

impl Starter for FakeStarter {
    fn prepare(
        &self,
        parent: &Arc<dyn Asker>,
        component: &str,
        _name: Option<&str>,
        args: Vec<u8>,
    ) -> Result<Arc<dyn Child>, StartError> {
        let address = Address::local(component.as_bytes());
        if lock(&self.taken).contains(&address) {
            return Err(StartError::AddressTaken(address));
        }
        let charge = parent.ledger().charge_child(args.len(), &parent.options().limits);
        let charge = charge.map_err(|(limit, _)| StartError::Quota(limit.key().into()))?;
        lock(&self.taken).insert(address.clone());
        let (log, taken) = (self.log.clone(), self.taken.clone());
        Ok(Arc::new(FakeChild { address, log, taken, _charge: charge }))
    }

    fn stop_node(&self, _why: &str) {
        lock(&self.log).push(Event::StopNode);
    }
}

struct FakeChild {
    address: Address,
    log: Log,
    taken: Arc<Mutex<BTreeSet<Address>>>,
    _charge: Charge,
}

impl Child for FakeChild {
    fn address(&self) -> &Address {
        &self.address
    }

    fn start(&self) {
        lock(&self.log).push(Event::Start(self.address.clone()));
    }

    fn discard(&self) {
        lock(&self.taken).remove(&self.address);
        lock(&self.log).push(Event::Discard(self.address.clone()));
    }

    fn stop(&self, _why: &str) {
        lock(&self.log).push(Event::Stop(self.address.clone()));
    }
}

/// A runtime, an executor that gets nothing to do, and timers that never run out.
pub(super) struct Shared {
    pub(super) runtime: tokio::runtime::Runtime,
    executor: Arc<Executor>,
    timers: Arc<Timers>,
}

/// One for all cases: they are never used, only asked for.
pub(super) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let ticker = Ticker::start(|| {}).unwrap();
        let (executor, _threads) = Executor::start(0, ticker, runtime.handle().clone()).unwrap();
        Shared { runtime, executor, timers: Timers::start().unwrap() }
    })
}

pub(super) fn core(starter: &Arc<FakeStarter>) -> Arc<Core> {
    let core = Core::new(
        Router::new(skep_protocol::route::MAX_HOPS),
        shared().executor.clone(),
        shared().timers.clone(),
    );
    let starter: Weak<FakeStarter> = Arc::downgrade(starter);
    core.set_starter(starter);
    Arc::new(core)
}
