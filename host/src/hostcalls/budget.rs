//! What one instance may use: time by ticks, memory by sum, bytes handed to the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use wasmtime::{ResourceLimiter, Result, UpdateDeadline, bail};

use crate::config::Limits;
use crate::executor::Ticker;

/// Bytes that one message may hand to the host in all, payloads and texts: eight
/// times the outbox, so that only floods reach it.
const HOST_BYTES: usize = 32 << 20;

/// The most memories, tables and core instances of one component.
const MOST_ITEMS: usize = 64;

/// What was overrun, where that is why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overrun {
    Fuel,
    Deadline,
    Memory,
}

/// The budget of one instance.
pub(crate) struct Budget {
    ticker: Arc<Ticker>,
    /// When the guest was last let go on.
    resumed: u64,
    /// Ticks left of the call.
    ticks: u64,
    /// The deadline of the call, for people.
    pub(crate) deadline: Duration,
    /// It was interrupted for its deadline.
    pub(crate) out_of_time: bool,
    /// Told when a slice was over in the middle of a call.
    spent: Arc<AtomicBool>,
    memory: Memory,
    host_bytes: usize,
}

/// What the memories and tables of one instance take, of its own limit and of the node's.
struct Memory {
    used: usize,
    limit: usize,
    refused: Option<Refused>,
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

/// The memory of all instances of a node.
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

    fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::AcqRel, Ordering::Relaxed, fits).is_ok()
    }

    fn give(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Budget {
    pub(crate) fn new(
        limits: &Limits,
        ticker: Arc<Ticker>,
        node: Arc<NodeMemory>,
        spent: Arc<AtomicBool>,
    ) -> Self {
        let memory = Memory { used: 0, limit: limits.memory, refused: None, node };
        Self {
            ticker,
            resumed: 0,
            ticks: 0,
            deadline: Duration::ZERO,
            out_of_time: false,
            spent,
            memory,
            host_bytes: 0,
        }
    }

    /// A call begins that may run for so many ticks, which are this long.
    pub(crate) fn begin(&mut self, ticks: u64, deadline: Duration) {
        self.deadline = deadline;
        self.resumed = self.ticker.now();
        self.ticks = ticks;
        self.out_of_time = false;
        self.memory.refused = None;
        self.host_bytes = 0;
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
        self.ticks -= 1;
        self.spent.store(true, Ordering::Relaxed);
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

    /// Count bytes that the guest hands to the host.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<()> {
        self.host_bytes += bytes;
        if self.host_bytes > HOST_BYTES {
            bail!("one message handed more than {HOST_BYTES} bytes to the node");
        }
        Ok(())
    }
}

impl Memory {
    fn grow(&mut self, bytes: usize) -> bool {
        self.refused = if self.used.checked_add(bytes).is_none_or(|sum| sum > self.limit) {
            Some(Refused::Worker(self.limit))
        } else if !self.node.take(bytes) {
            Some(Refused::Node(self.node.limit))
        } else {
            self.used += bytes;
            return true;
        };
        false
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.node.give(self.used);
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(self.memory.grow(desired.saturating_sub(current)))
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let elements = desired.saturating_sub(current);
        Ok(self.memory.grow(elements.saturating_mul(size_of::<usize>())))
    }

    fn instances(&self) -> usize {
        MOST_ITEMS
    }

    fn tables(&self) -> usize {
        MOST_ITEMS
    }

    fn memories(&self) -> usize {
        MOST_ITEMS
    }
}
