//! What one instance may use: time by ticks, memory by sum, bytes handed to the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use wasmtime::{ResourceLimiter, UpdateDeadline};

use crate::config::{Limit, Limits};
use crate::executor::Ticker;

/// The most ticks that count at once for a call's deadline.
const MOST_TICKS: u64 = 20;

/// The most core instances, memories and tables of one component: as many as admission lets
/// through, which says why it refuses more.
const MOST_INSTANCES: usize = 200;
const MOST_MEMORIES: usize = 32;
const MOST_TABLES: usize = 64;

/// This part of the node's memory is for instances that begin, for small ones, and for what is
/// saved: whoever has begun does not grow into it beyond so many bytes of its own. Otherwise
/// workers that take what each of them may would leave nothing to one that wakes up.
const RESERVE: usize = 8;
const SMALL: usize = 4 << 20;

/// What was overrun, where that is why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overrun {
    Fuel,
    Deadline,
    Memory,
    HostBytes,
    Random,
    Handles,
}

impl From<Overrun> for Limit {
    fn from(overrun: Overrun) -> Self {
        match overrun {
            Overrun::Fuel => Self::Fuel,
            Overrun::Deadline => Self::Deadline,
            Overrun::Memory => Self::Memory,
            Overrun::HostBytes => Self::HostBytes,
            Overrun::Random => Self::Random,
            Overrun::Handles => Self::Handles,
        }
    }
}

/// A call was ended in the middle of a host call, since it asked for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    /// It handed over more bytes than one message may.
    #[error("it handed more than {0} bytes to the node for one message")]
    HostBytes(usize),
    /// It asked for more randomness than one message may.
    #[error("it asked for more than {0} bytes of randomness for one message")]
    Random(usize),
}

impl From<Excess> for Overrun {
    fn from(excess: Excess) -> Self {
        match excess {
            Excess::HostBytes(_) => Self::HostBytes,
            Excess::Random(_) => Self::Random,
        }
    }
}

/// The budget of one instance.
pub(crate) struct Budget {
    ticker: Arc<Ticker>,
    /// When the guest was last let go on.
    resumed: u64,
    /// Ticks left of the call, and those that it began with.
    ticks: u64,
    granted: u64,
    /// The deadline of the call, for people.
    pub(crate) deadline: Duration,
    /// It was interrupted for its deadline.
    pub(crate) out_of_time: bool,
    gauge: Arc<Gauge>,
    memory: Memory,
    host_bytes: Spending,
    random: Spending,
}

/// Bytes that one message may spend in all, and has.
struct Spending {
    spent: usize,
    most: usize,
}

impl Spending {
    fn of(most: usize) -> Self {
        Self { spent: 0, most }
    }

    fn fits(&mut self, bytes: usize) -> bool {
        self.spent = self.spent.saturating_add(bytes);
        self.spent <= self.most
    }
}

/// What is seen of an instance from outside, while it runs.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    /// A slice was over in the middle of a call.
    pub(crate) spent: AtomicBool,
    /// The tick at which its turn began.
    pub(crate) turn: AtomicU64,
    /// Bytes of memories and tables.
    pub(crate) memory: AtomicUsize,
}

/// What the memories and tables of one instance take, of its own limit and of the node's.
struct Memory {
    used: usize,
    gauge: Arc<Gauge>,
    limit: usize,
    refused: Option<Refused>,
    /// It has begun: it does not grow into what is kept for others.
    serves: bool,
    node: Arc<NodeMemory>,
}

/// Whose limit it was that growth was refused for, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The worker's own.
    Worker(usize),
    /// That of all workers of the node together.
    Node(usize),
}

/// Bytes that are held for a worker besides its instances, until this goes.
#[derive(Debug)]
pub(crate) struct Holding {
    bytes: usize,
    node: Arc<NodeMemory>,
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.node.give(self.bytes);
    }
}

/// The memory of all instances of a node, and of what it holds for those that have none.
#[derive(Debug)]
pub(crate) struct NodeMemory {
    used: AtomicUsize,
    limit: usize,
}

impl NodeMemory {
    /// A node's memory with this limit in bytes.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit })
    }

    /// The bytes in use, and those that there may be.
    pub(crate) fn usage(&self) -> (usize, usize) {
        (self.used.load(Ordering::Relaxed), self.limit)
    }

    fn take(&self, bytes: usize, most: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= most);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, fits).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    /// Count bytes that the node itself holds for a worker.
    ///
    /// # Errors
    /// How many bytes there may be in all, where there is no room for these.
    pub(crate) fn hold(self: &Arc<Self>, bytes: usize) -> Result<Holding, usize> {
        match self.take(bytes, self.limit) {
            true => Ok(Holding { bytes, node: self.clone() }),
            false => Err(self.limit),
        }
    }
}

impl Budget {
    pub(crate) fn new(
        limits: &Limits,
        ticker: Arc<Ticker>,
        node: Arc<NodeMemory>,
        gauge: Arc<Gauge>,
    ) -> Self {
        let memory = Memory {
            used: 0,
            gauge: gauge.clone(),
            limit: limits.memory,
            refused: None,
            serves: false,
            node,
        };
        Self {
            ticker,
            resumed: 0,
            ticks: 0,
            granted: 0,
            deadline: Duration::ZERO,
            out_of_time: false,
            gauge,
            memory,
            host_bytes: Spending::of(limits.host_bytes),
            random: Spending::of(limits.random),
        }
    }

    /// A call begins that may run for so many ticks, which are this long.
    pub(crate) fn begin(&mut self, ticks: u64, deadline: Duration) {
        self.deadline = deadline;
        self.resumed = self.ticker.now();
        self.ticks = ticks;
        self.out_of_time = false;
        self.granted = ticks;
        self.memory.refused = None;
        self.host_bytes.spent = 0;
        self.random.spent = 0;
    }

    /// The instance has begun, and handles messages from now on.
    pub(crate) fn serve(&mut self) {
        self.memory.serves = true;
    }

    /// Whether it has begun.
    pub(crate) fn serves(&self) -> bool {
        self.memory.serves
    }

    /// The ticks for which the call has run.
    pub(crate) fn ran(&self) -> u64 {
        self.granted - self.ticks
    }

    /// The ticks that are left of it.
    pub(crate) fn left(&self) -> u64 {
        self.ticks
    }

    /// The guest goes on after it waited: the wait does not count.
    pub(crate) fn resume(&mut self) {
        self.resumed = self.ticker.now();
    }

    /// A tick has passed: yield to others, or end the call that is out of time.
    pub(crate) fn tick(&mut self) -> UpdateDeadline {
        // The epoch went on while the guest waited, not while it ran.
        if self.ticker.now() == self.resumed {
            return UpdateDeadline::Continue(2);
        }
        if self.ticks == 0 {
            self.out_of_time = true;
            return UpdateDeadline::Interrupt;
        }
        // In a long host call several ticks pass at once. Not all that passes is the guest's,
        // though: the system may have taken the core from this thread meanwhile.
        let since = self.resumed.max(self.gauge.turn.load(Ordering::Relaxed));
        let passed = self.ticker.now().saturating_sub(since).clamp(1, MOST_TICKS);
        self.ticks = self.ticks.saturating_sub(passed);
        self.gauge.spent.store(true, Ordering::Relaxed);
        self.resumed = self.ticker.now();
        UpdateDeadline::Yield(1)
    }

    /// The bytes of memories and tables.
    pub(crate) fn memory_used(&self) -> usize {
        self.memory.used
    }

    /// Why growth was refused during this call, if it was.
    pub(crate) fn memory_refused(&self) -> Option<Refused> {
        self.memory.refused
    }

    /// The bytes that the call has handed to the host, and those of randomness that it got.
    pub(crate) fn spent(&self) -> (usize, usize) {
        (self.host_bytes.spent, self.random.spent)
    }

    /// Count bytes that the guest hands to the host.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), Excess> {
        let most = self.host_bytes.most;
        self.host_bytes.fits(bytes).then_some(()).ok_or(Excess::HostBytes(most))
    }

    /// Count bytes of randomness that the guest asks for.
    pub(super) fn spend_random(&mut self, bytes: usize) -> Result<(), Excess> {
        let most = self.random.most;
        self.random.fits(bytes).then_some(()).ok_or(Excess::Random(most))
    }
}

impl Memory {
    /// How far it may fill the node's memory, if it grows by so much.
    fn most_of_node(&self, bytes: usize) -> usize {
        let is_large = self.serves && self.used + bytes > SMALL;
        let kept = if is_large { self.node.limit / RESERVE } else { 0 };
        self.node.limit - kept
    }

    fn grow(&mut self, bytes: usize) -> bool {
        self.refused = if self.used.checked_add(bytes).is_none_or(|sum| sum > self.limit) {
            Some(Refused::Worker(self.limit))
        } else if !self.node.take(bytes, self.most_of_node(bytes)) {
            Some(Refused::Node(self.most_of_node(bytes)))
        } else {
            self.used += bytes;
            // Added, not set: while a generation takes over there are two instances.
            self.gauge.memory.fetch_add(bytes, Ordering::Relaxed);
            return true;
        };
        false
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.node.give(self.used);
        self.gauge.memory.fetch_sub(self.used, Ordering::Relaxed);
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(desired.saturating_sub(current)))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let elements = desired.saturating_sub(current);
        Ok(self.memory.grow(elements.saturating_mul(size_of::<usize>())))
    }

    fn instances(&self) -> usize {
        MOST_INSTANCES
    }

    fn tables(&self) -> usize {
        MOST_TABLES
    }

    fn memories(&self) -> usize {
        MOST_MEMORIES
    }
}
