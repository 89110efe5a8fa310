//! What the node keeps for a worker whatever its instances do: its parts, and what it was
//! told.
//!
//! - `mail`: what is queued, and what waits to be delivered again.
//! - `generations`: the versions of its code.
//! - `roles`: what it is to others.
//! - `sleep`: when it has no instance.
//! - `told`: what is told of it.
//! - `turn`: what it is to the executor.

mod generations;
mod mail;
mod roles;
mod sleep;
mod told;
mod turn;

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::task::Waker;

use skep_protocol::Address;
use tokio::sync::Notify;
use tokio::time::Instant;

use self::generations::Generations;
use crate::config::{Limit, Limits};
use crate::engine::Engine;
use crate::executor::{Executor, Schedule, Share};
use crate::hostcalls::{Gauge, LogGate, Usage};
use crate::mailbox::{Capacity, Mailbox};
use crate::outbox::{Asker, Charge, Core, Ledger, WaitSlot, Watchers};
use crate::router::{Aside, Message, Recipient, State, Stats};
use crate::sync::{AtomicU8, AtomicU64, Mutex, Ordering, lock};
use crate::worker::awake::Awake;
use crate::worker::generation::Generation;
use crate::worker::life::Line;
use crate::worker::orders::{Orders, Told};
use crate::worker::saved::Saved;
use crate::worker::slice::Slice;
use crate::worker::swap::Reload;

/// A worker.
pub(crate) struct Cell {
    pub(super) parts: Parts,
    me: Weak<Cell>,
    mailbox: Mailbox<Box<Message>>,
    /// Of its mail, what waits to be delivered again; touched by its turns alone.
    pub(super) aside: Mutex<Aside>,
    /// There is some of that; read without the lock.
    pub(super) has_aside: AtomicBool,
    schedule: Schedule,
    share: Share,
    wait_slot: WaitSlot,
    ledger: Arc<Ledger>,
    pub(super) log: Arc<LogGate>,
    pub(super) stats: Stats,
    /// The future that owns its instance; none while it is asleep.
    body: Mutex<Option<Body>>,
    /// A `State`, but for running: that is what the schedule says.
    state: AtomicU8,
    pub(super) line: Mutex<Line>,
    pub(super) orders: Orders<Reload>,
    watchers: Watchers,
    pub(super) saved: Mutex<Option<Saved>>,
    generations: Mutex<Generations>,
    reloading: tokio::sync::Mutex<()>,
    /// Told by the instance: it has nothing in progress.
    at_rest: AtomicBool,
    /// Told by the budget: what its instance does just now.
    pub(super) gauge: Arc<Gauge>,
    /// Told by the life: what it does in this turn.
    pub(super) slice: Slice,
    long: AtomicU8,
    /// When it was last used, by the ticker's clock.
    used: AtomicU64,
    /// Its state could not be saved.
    sleepless: AtomicBool,
    /// Until when the generation before is kept for the current one.
    trial: Mutex<Option<Instant>>,
    /// Told by the life: it handles a message.
    pub(super) in_hand: AtomicBool,
    /// That it has started was told.
    announced: AtomicBool,
}

/// What a worker is made from.
pub(crate) struct Parts {
    pub(crate) core: Arc<Core>,
    pub(crate) engine: Arc<Engine>,
    /// The first.
    pub(crate) generation: Arc<Generation>,
    pub(crate) address: Address,
    /// The account of the worker that starts it.
    pub(crate) parent: Option<Arc<Ledger>>,
    /// What that was charged, until this one has stopped.
    pub(crate) charge: Mutex<Option<Charge>>,
    /// Told of each change of a worker's state.
    pub(crate) changed: Arc<Notify>,
    /// The live instances of the node.
    pub(crate) awake: Arc<Awake>,
}

fn capacity(limits: &Limits) -> Capacity {
    Capacity { messages: limits.mailbox_messages, bytes: limits.mailbox_bytes }
}

/// The future that owns an instance, and what wakes its worker: made once for all turns.
struct Body {
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    waker: Waker,
}

impl Cell {
    /// A worker that does not run yet. It is not in the address table.
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let generation = parts.generation.clone();
        let limits = &generation.options.limits;
        let capacity = capacity(limits);
        let ledger = Ledger::new(parts.parent.clone(), limits.descendants);
        let log = Arc::new(LogGate::new(parts.address.clone(), limits));
        let newest = generation.number;
        let generations =
            Generations { current: generation, previous: None, newest, given_up: None };
        Arc::new_cyclic(|me| Self {
            me: me.clone(),
            mailbox: Mailbox::new(capacity),
            aside: Mutex::default(),
            has_aside: AtomicBool::new(false),
            schedule: Schedule::new(),
            share: Share::default(),
            wait_slot: WaitSlot::default(),
            ledger,
            log,
            stats: Stats::default(),
            body: Mutex::new(None),
            state: AtomicU8::new(State::Asleep as u8),
            line: Mutex::default(),
            orders: Orders::default(),
            watchers: Watchers::default(),
            saved: Mutex::new(None),
            generations: Mutex::new(generations),
            reloading: tokio::sync::Mutex::default(),
            at_rest: AtomicBool::new(false),
            gauge: Arc::default(),
            slice: Slice::default(),
            long: AtomicU8::new(0),
            used: AtomicU64::new(0),
            sleepless: AtomicBool::new(false),
            trial: Mutex::default(),
            in_hand: AtomicBool::new(false),
            announced: AtomicBool::new(false),
            parts,
        })
    }

    pub(super) fn me(&self) -> Option<Arc<Self>> {
        self.me.upgrade()
    }

    /// All addresses it is to have.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        let mut all = vec![self.parts.address.clone()];
        all.extend(self.options().addresses.iter().cloned());
        all
    }

    fn is_interrupted(&self) -> bool {
        self.orders.is(|told| told.interrupt)
    }

    /// Log what went wrong with it.
    pub(super) fn warn(&self, what: &str) {
        tracing::warn!(target: "skep::worker", worker = %self.parts.address, "{what}");
    }

    /// Let it run: an instance begins now if it has something to do before its
    /// first message, else with that message.
    pub(crate) fn activate(&self) {
        if self.generation().code.has_lifecycle() {
            self.set_state(State::Starting);
            self.tell(|told| told.begin = true);
        } else {
            self.has_started();
        }
    }

    /// Tell it something besides its mail: that always gets through.
    pub(super) fn tell(&self, say: impl FnOnce(&mut Told<Reload>)) {
        self.orders.tell(say);
        self.wake_up();
    }

    /// An instance has begun.
    pub(super) fn begun(&self) {
        self.has_started();
        self.orders.with(|told| told.begin = false);
    }

    /// Why it is to stop now: with `drain` not before its mail is handled.
    pub(super) fn stop_asked(&self) -> Option<String> {
        self.orders.stop(|| self.has_mail())
    }

    /// Whether it is told anything that a wait has to end for.
    pub(super) fn is_told(&self) -> bool {
        self.orders.is(|told| told.stop.is_some() || told.reload.is_some())
    }

    /// Whether an instance is to begin without mail, and has not yet.
    pub(crate) fn is_beginning(&self) -> bool {
        self.orders.is(|told| told.begin)
    }

    fn is_killed(&self) -> bool {
        self.orders.is(|told| told.kill)
    }

    fn wake_up(&self) {
        if self.schedule.wake()
            && let Some(me) = self.me()
        {
            Executor::submit(me);
        }
    }

    /// What it is doing, as its last change of state says.
    pub(crate) fn state(&self) -> State {
        State::from_number(self.state.load(Ordering::Acquire))
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
        self.parts.changed.notify_waiters();
    }

    /// Say that nothing is in progress: from now on mail is reason for a turn.
    pub(super) fn rest(&self) {
        self.at_rest.store(true, Ordering::Relaxed);
    }

    fn free_names(&self, me: &Arc<dyn Recipient>) {
        for address in self.addresses() {
            self.parts.core.router.unregister(&address, me);
        }
    }

    /// Count what a call used.
    pub(super) fn count(&self, used: Usage) {
        let (stats, peaks) = (&self.stats, &self.stats.peaks);
        Stats::add_alone(&stats.fuel, used.fuel);
        Stats::peak(&peaks.fuel, used.fuel);
        Stats::peak(&peaks.time, used.time);
        Stats::peak(&peaks.host_bytes, used.host_bytes);
        Stats::peak(&peaks.random, used.random);
        Stats::peak(&peaks.handles, used.handles);
        if used.memory_refused {
            stats.reach(Limit::Memory);
        }
    }

    /// It takes no more messages: tell who wants to know.
    pub(super) fn tell_watchers(&self, why: &str) {
        self.watchers.tell(&self.parts.core.router, &self.parts.address, why);
    }

    /// The worker is over: its names are free, and who watches it is told.
    pub(super) fn finish(&self, why: &str) {
        let Some(me) = self.me() else { return };
        let me: Arc<dyn Recipient> = me;
        self.close_mailbox(why);
        self.orders.end();
        // Before its name is free, and before anyone is told: whoever starts another in
        // its place finds room for it, and keeps that one.
        if let Some(parent) = &self.parts.parent {
            parent.disown(&self.parts.address);
        }
        drop(lock(&self.parts.charge).take());
        self.free_names(&me);
        self.ledger.close(&self.parts.address, &self.parts.core.timers);
        self.tell_watchers(why);
        self.has_stopped(why);
        self.set_state(State::Stopped);
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cell").field("address", &self.parts.address).finish_non_exhaustive()
    }
}
