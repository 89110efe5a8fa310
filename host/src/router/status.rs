//! What people are told of a worker.

use skep_protocol::Address;

use crate::config::Unit;
use crate::router::stats::Stats;
use crate::sync::{AtomicU64, Ordering};

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// It handles a message, or waits in `request`.
    Running,
    /// It has an instance, and no mail.
    Idle,
    /// It has no instance; the next message brings one.
    Asleep,
    /// Its instance begins.
    Starting,
    /// It failed too often, and takes no messages.
    Parked,
    /// It begins once those run that it `needs`.
    Waiting,
    /// It has stopped for good.
    Stopped,
}

impl State {
    const ALL: [Self; 7] = [
        Self::Running,
        Self::Idle,
        Self::Asleep,
        Self::Starting,
        Self::Parked,
        Self::Waiting,
        Self::Stopped,
    ];

    /// The state of this number, as `as u8` gives it.
    pub(crate) fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or(Self::Stopped)
    }

    /// Its name as `skep ps` shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Idle => "idle",
            Self::Asleep => "asleep",
            Self::Starting => "starting",
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

/// A worker as `skep ps` shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// Its first address.
    pub address: Address,
    /// The name of its component; none for a native worker.
    pub component: Option<String>,
    /// What it was written in, where its component says so.
    pub language: Option<String>,
    /// Which version of its code runs, from 1.
    pub generation: u32,
    /// What it is doing.
    pub state: State,
    /// Messages handled.
    pub handled: u64,
    /// Messages given up.
    pub failed: u64,
    /// Of those, the ones that nobody waited for any more: dropped before they were handled.
    pub expired: u64,
    /// Messages dropped from its full mailbox, to make room for newer ones.
    pub dropped: u64,
    /// Instances begun after one failed.
    pub restarts: u64,
    /// Messages in its mailbox, reserved places included.
    pub mailbox_messages: usize,
    /// Their bytes.
    pub mailbox_bytes: usize,
    /// Fuel used by all its messages.
    pub fuel: u64,
    /// Bytes of its instance's memories and tables; 0 without an instance.
    pub memory_bytes: usize,
    /// The BLAKE3 hash of its component's file in hexadecimal; none for a native worker.
    pub digest: Option<String>,
    /// Why it failed last, in words.
    pub last_failure: Option<String>,
    /// Why it is parked, waits or has stopped.
    pub ended: Option<String>,
    /// Why it does not run as its files ask now: they were refused, and it goes on as it was.
    pub refused: Option<String>,
    /// Its limits, and what it uses of each; none of a worker that does not run.
    pub limits: Vec<LimitUse>,
}

impl WorkerStatus {
    /// A worker with what is counted of it, and nothing said of mailbox and component.
    pub(crate) fn new(address: Address, state: State, stats: &Stats) -> Self {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            address,
            component: None,
            language: None,
            generation: 1,
            state,
            handled: count(&stats.handled),
            failed: count(&stats.failed),
            expired: count(&stats.expired),
            dropped: count(&stats.dropped),
            restarts: count(&stats.restarts),
            mailbox_messages: 0,
            mailbox_bytes: 0,
            fuel: count(&stats.fuel),
            memory_bytes: 0,
            digest: None,
            last_failure: stats.last_failure(),
            ended: None,
            refused: None,
            limits: Vec::new(),
        }
    }
}

/// One limit of a worker, and what it uses of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitUse {
    /// Its key, as in `[limits]` of a manifest.
    pub key: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// How much there may be.
    pub most: u64,
    /// How much there is now; of what is counted for each message, the most that one has
    /// used so far. None where nobody keeps count.
    pub used: Option<u64>,
    /// How often it was reached, so that something was refused, ended or dropped.
    pub reached: u64,
}
