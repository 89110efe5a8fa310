//! What the node keeps for a worker whatever its instances do.

use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Wake, Waker};

use skep_protocol::Address;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::config::{Limit, Limits, Overflow, Restart, WorkerOptions};
use crate::engine::{Engine, Usage};
use crate::executor::{Rest, Schedule, Share, Task, Turn};
use crate::hostcalls::{Gauge, LogGate};
use crate::mailbox::{Capacity, Mailbox, Weigh};
use crate::outbox::{Asker, Charge, Child, Core, Ledger, WaitSlot, Watchers, uses};
use crate::router::{
    Aside, LimitUse, Message, Pending, Recipient, State, Stats, Watcher, WorkerStatus,
};
use crate::sync::{AtomicU8, Mutex, Ordering, lock};
use crate::worker::generation::Generation;
use crate::worker::life::{self, Line};
use crate::worker::swap::Order;

/// Turns after a long one in which no sender's thread takes a turn of this worker.
const LONG_TURNS: u8 = 16;

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
    control: Mutex<Control>,
    /// Something is in `control`; read without the lock.
    controlled: AtomicBool,
    watchers: Watchers,
    pub(super) saved: Mutex<Option<Vec<u8>>>,
    generations: Mutex<Generations>,
    reloading: tokio::sync::Mutex<()>,
    /// Told by the instance: it has nothing in progress.
    at_rest: AtomicBool,
    /// Told by the budget: what its instance does just now.
    pub(super) gauge: Arc<Gauge>,
    /// Told by the life: a slice was over, and there is more mail.
    pub(super) sliced: AtomicBool,
    long: AtomicU8,
}

/// What a worker is made from.
pub(crate) struct Parts {
    pub(crate) core: Arc<Core>,
    pub(crate) engine: Arc<Engine>,
    /// The first.
    pub(crate) generation: Arc<Generation>,
    pub(crate) address: Address,
    pub(crate) component: Arc<str>,
    /// The account of the worker that starts it.
    pub(crate) parent: Option<Arc<Ledger>>,
    /// What that was charged, until this one has stopped.
    pub(crate) charge: Mutex<Option<Charge>>,
    /// Told of each change of a worker's state.
    pub(crate) changed: Arc<Notify>,
}

/// The versions of its code.
#[derive(Debug)]
struct Generations {
    current: Arc<Generation>,
    previous: Option<Arc<Generation>>,
    /// The highest number that was given.
    newest: u32,
}

fn capacity(limits: &Limits) -> Capacity {
    Capacity { messages: limits.mailbox_messages, bytes: limits.mailbox_bytes }
}

type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What it was told to do, besides its mail.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// Begin an instance, mail or not.
    pub(super) begin: bool,
    /// End for good, and why: after the message in progress, or with `drain` after
    /// all that is queued.
    pub(super) stop: Option<String>,
    pub(super) drain: bool,
    /// End in the middle of whatever it does.
    pub(super) kill: bool,
    /// End this instance in good order, and why; another takes its place.
    renew: Option<String>,
    /// The generation that is to take over.
    reload: Option<Order>,
    /// End the instance in the middle of a message, which the next one gets.
    interrupt: bool,
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
        let generations = Generations { current: generation, previous: None, newest };
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
            control: Mutex::default(),
            controlled: AtomicBool::new(false),
            watchers: Watchers::default(),
            saved: Mutex::new(None),
            generations: Mutex::new(generations),
            reloading: tokio::sync::Mutex::default(),
            at_rest: AtomicBool::new(false),
            gauge: Arc::default(),
            sliced: AtomicBool::new(false),
            long: AtomicU8::new(0),
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

    /// What its next instance is made from.
    pub(crate) fn generation(&self) -> Arc<Generation> {
        lock(&self.generations).current.clone()
    }

    /// The generation before, if there was one.
    pub(crate) fn previous(&self) -> Option<Arc<Generation>> {
        lock(&self.generations).previous.clone()
    }

    /// The number of a generation to come.
    pub(crate) fn next_number(&self) -> u32 {
        let mut generations = lock(&self.generations);
        generations.newest += 1;
        generations.newest
    }

    /// A generation has taken over.
    pub(super) fn set_generation(&self, generation: Arc<Generation>) {
        self.apply(&generation.options);
        let mut generations = lock(&self.generations);
        let before = std::mem::replace(&mut generations.current, generation);
        generations.previous = Some(before);
        drop(generations);
        lock(&self.line).forgive();
        self.watchers.reopen();
    }

    /// The generation that had taken over has failed: the one before has its place again.
    pub(super) fn rolled_back(&self, generation: Arc<Generation>, why: &str) {
        let number = generation.number;
        self.apply(&generation.options);
        let failed = {
            let mut generations = lock(&self.generations);
            generations.previous = None;
            std::mem::replace(&mut generations.current, generation).number
        };
        self.warn(&format!(
            "generation {failed} is rolled back to {number}: {why}; what its state has gained is lost"
        ));
    }

    /// The bounds of what is kept beside the instance are those of this generation.
    fn apply(&self, options: &WorkerOptions) {
        let limits = &options.limits;
        self.mailbox.resize(capacity(limits));
        self.ledger.resize(limits.descendants);
        self.log.resize(limits);
    }

    /// Have a generation take over after the message in progress.
    pub(crate) fn reload(
        &self,
        generation: Arc<Generation>,
    ) -> oneshot::Receiver<Result<(), String>> {
        let (done, outcome) = oneshot::channel();
        // One that still waits is told that it will not: its channel goes.
        self.tell(|control| control.reload = Some(Order { generation, done }));
        outcome
    }

    /// End the message in progress, if a generation waits for it: the next one gets it.
    pub(crate) fn interrupt(&self) {
        self.tell(|control| control.interrupt = control.reload.is_some());
    }

    /// One reload at a time.
    pub(crate) fn reloading(&self) -> &tokio::sync::Mutex<()> {
        &self.reloading
    }

    fn is_interrupted(&self) -> bool {
        self.control(|control| control.interrupt).unwrap_or(false)
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
            self.tell(|control| control.begin = true);
        }
    }

    /// Tell it something besides its mail: that always gets through.
    pub(super) fn tell(&self, say: impl FnOnce(&mut Control)) {
        {
            let mut control = lock(&self.control);
            say(&mut control);
            self.controlled.store(true, Ordering::Release);
        }
        self.wake_up();
    }

    /// An instance has begun: that was all it was told, unless it is to stop.
    pub(super) fn begun(&self) {
        let mut control = lock(&self.control);
        control.begin = false;
        if control.stop.is_none() && control.renew.is_none() && control.reload.is_none() {
            self.controlled.store(false, Ordering::Release);
        }
    }

    /// What it was told, if anything.
    pub(super) fn control<R>(&self, read: impl FnOnce(&mut Control) -> R) -> Option<R> {
        self.controlled.load(Ordering::Acquire).then(|| read(&mut lock(&self.control)))
    }

    /// Why it is to stop now: with `drain` not before its mail is handled.
    pub(super) fn stop_asked(&self) -> Option<String> {
        self.control(|control| control.stop.clone().filter(|_| !control.drain || !self.has_mail()))?
    }

    /// Why its instance is to make room for another, if it is; said once.
    pub(super) fn renewal(&self) -> Option<String> {
        self.control(|control| control.renew.take())?
    }

    /// The generation that is to take over, if one is; said once.
    pub(super) fn reload_order(&self) -> Option<Order> {
        self.control(|control| control.reload.take())?
    }

    /// Whether it is told anything that a wait has to end for.
    pub(super) fn is_told(&self) -> bool {
        let told = |control: &mut Control| control.stop.is_some() || control.reload.is_some();
        self.control(told).unwrap_or(false)
    }

    /// Whether an instance is to begin without mail, and has not yet.
    pub(crate) fn is_beginning(&self) -> bool {
        self.control(|control| control.begin).unwrap_or(false)
    }

    fn is_killed(&self) -> bool {
        self.control(|control| control.kill).unwrap_or(false)
    }

    fn wake_up(&self) {
        if self.schedule.wake()
            && let Some(me) = self.me()
        {
            self.parts.core.executor.submit(me);
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

    /// Whether there is a message, be it one that waits to be delivered again.
    pub(super) fn has_mail(&self) -> bool {
        self.has_aside.load(Ordering::Relaxed) || !self.mailbox.is_empty()
    }

    /// The next message that may be handled now.
    pub(super) fn next_message(&self) -> Option<Box<Message>> {
        if !self.has_aside.load(Ordering::Relaxed) {
            return self.mailbox.pop();
        }
        let mut aside = lock(&self.aside);
        let next = aside.next(&self.mailbox);
        self.has_aside.store(!aside.is_empty(), Ordering::Relaxed);
        next
    }

    /// When a message that waits may be delivered again.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.has_aside.load(Ordering::Relaxed).then(|| lock(&self.aside).next_due())?
    }

    /// All that waits to be delivered again.
    pub(super) fn take_aside(&self) -> Aside {
        self.has_aside.store(false, Ordering::Relaxed);
        std::mem::take(&mut *lock(&self.aside))
    }

    /// Take the mail, and refuse what comes from now on.
    pub(super) fn close_mailbox(&self, why: &str) {
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

    fn free_names(&self, me: &Arc<dyn Recipient>) {
        for address in self.addresses() {
            self.parts.core.router.unregister(&address, me);
        }
    }

    /// Count what a call used.
    pub(super) fn count(&self, used: Usage) {
        let (stats, peaks) = (&self.stats, &self.stats.peaks);
        Stats::add(&stats.fuel, used.fuel);
        Stats::peak(&peaks.fuel, used.fuel);
        Stats::peak(&peaks.time, used.time);
        Stats::peak(&peaks.host_bytes, used.host_bytes);
        Stats::peak(&peaks.random, used.random);
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
        // Before its name is free, and before anyone is told: whoever starts another in
        // its place finds room for it, and keeps that one.
        if let Some(parent) = &self.parts.parent {
            parent.disown(&self.parts.address);
        }
        drop(lock(&self.parts.charge).take());
        self.free_names(&me);
        self.ledger.close(&self.parts.address, &self.parts.core.timers);
        self.tell_watchers(why);
        self.set_state(State::Stopped);
    }

    /// As `skep ps` shows it.
    fn describe(&self) -> WorkerStatus {
        let state = match self.state() {
            State::Idle if !self.schedule.is_idle() || self.has_mail() => State::Running,
            state => state,
        };
        let mut status = WorkerStatus::new(self.parts.address.clone(), state, &self.stats);
        (status.mailbox_messages, status.mailbox_bytes) = self.mailbox.usage();
        let generation = self.generation();
        status.generation = generation.number;
        status.language = generation.code.language().map(Into::into);
        status.component = Some(self.parts.component.to_string());
        status.memory_bytes = self.gauge.memory.load(Ordering::Relaxed);
        status.digest = Some(generation.code.digest().to_hex().to_string());
        status.ended = self.watchers.ended();
        status.limits = uses(self, &Limit::ALL);
        let memory = |limit: &&mut LimitUse| limit.key == Limit::Memory.key();
        if let Some(limit) = status.limits.iter_mut().find(memory) {
            limit.used = Some(status.memory_bytes as u64);
        }
        self.log.count(&mut status.limits);
        status
    }
}

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

    fn is_open(&self) -> bool {
        self.control(|control| control.stop.is_none()).unwrap_or(true)
            && !matches!(self.state(), State::Parked | State::Stopped)
    }

    fn notify(self: Arc<Self>) {
        if self.schedule.mail() {
            let executor = self.parts.core.executor.clone();
            executor.submit(self);
        }
    }

    fn waits_on(&self) -> Option<Arc<Pending>> {
        self.wait_slot.get()
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
        Some(self.describe())
    }

    fn end(&self, why: &str, drain: bool) {
        self.tell(|control| {
            control.drain = drain && control.stop.is_none();
            control.stop.get_or_insert_with(|| why.into());
        });
    }

    fn kill(&self, why: &str) {
        self.tell(|control| {
            control.stop.get_or_insert_with(|| why.into());
            control.kill = true;
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
        if self.gets_again(&message) {
            self.mailbox.push_front(message).err()
        } else {
            Some(message)
        }
    }

    fn stop(&self, why: &str) {
        if self.options().restart == Restart::Permanent {
            return self.tell(|control| _ = control.renew.get_or_insert_with(|| why.into()));
        }
        self.end(why, false);
    }
}

impl Cell {
    /// Whether a message whose handling was cut off is to be handled again.
    fn gets_again(&self, message: &Message) -> bool {
        self.is_interrupted() && (!message.committed || self.options().idempotent)
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

impl Task for Cell {
    fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    fn share(&self) -> &Share {
        &self.share
    }

    fn is_short(&self) -> bool {
        self.long.load(Ordering::Relaxed) == 0
    }

    fn turn(self: Arc<Self>) -> Turn {
        self.gauge.spent.store(false, Ordering::Relaxed);
        self.gauge.turn.store(self.parts.engine.ticker().now(), Ordering::Relaxed);
        self.sliced.store(false, Ordering::Relaxed);
        self.at_rest.store(false, Ordering::Relaxed);
        let rest = self.poll_body();
        let overlong = self.gauge.spent.load(Ordering::Relaxed);
        let calm = self.long.load(Ordering::Relaxed).saturating_sub(1);
        self.long.store(if overlong { LONG_TURNS } else { calm }, Ordering::Relaxed);
        Turn { rest, spent: overlong || self.sliced.load(Ordering::Relaxed) }
    }
}

impl Cell {
    fn poll_body(self: &Arc<Self>) -> Rest {
        let mut body = lock(&self.body);
        if self.state() == State::Stopped {
            return Rest::Finished;
        }
        if self.is_killed() {
            // Dropping the body unwinds the guest; what it was handling becomes a
            // dead letter on the way.
            drop(body.take());
            let why = self.control(|control| control.stop.clone()).flatten();
            self.finish(why.as_deref().unwrap_or("it was stopped"));
            return Rest::Finished;
        }
        if self.is_interrupted() {
            // What it was handling goes back to its mailbox on the way.
            drop(body.take());
            let why = "it did not finish in time for the next generation";
            lock(&self.line).interrupted(why);
            self.control(|control| control.interrupt = false);
        }
        let waker = Waker::from(self.clone());
        let future = body.get_or_insert_with(|| Box::pin(life::live(self.clone())));
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            future.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        match polled {
            Ok(Poll::Pending) if self.at_rest.load(Ordering::Relaxed) => Rest::Idle,
            Ok(Poll::Pending) => Rest::Waiting,
            Ok(Poll::Ready(())) => {
                *body = None;
                if self.state() == State::Stopped { Rest::Finished } else { Rest::Idle }
            }
            Err(_) => {
                // A defect of the node itself; the worker goes, the node stays.
                *body = None;
                tracing::error!(worker = %self.parts.address, "the node failed while it ran this worker");
                self.finish("the node failed while it ran this worker");
                Rest::Finished
            }
        }
    }
}

impl Wake for Cell {
    fn wake(self: Arc<Self>) {
        self.wake_up();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_up();
    }
}

impl std::fmt::Debug for Cell {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Cell").field("address", &self.parts.address).finish_non_exhaustive()
    }
}
