//! All that is written as JSON. Names and meanings are stable; keys may be added.

use serde::{Deserialize, Serialize};

use crate::config::Unit;
use crate::control::{Payload, time};
use crate::events::{Event, What};
use crate::router::{DeadLetter, LimitUse, WorkerStatus};

/// The node itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeInfo {
    /// The version of the program.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// The directory that it runs.
    pub directory: String,
    /// How many workers it has.
    pub workers: usize,
    /// Bytes of the memories and tables of all instances.
    #[serde(default)]
    pub memory_bytes: usize,
    /// How many there may be.
    #[serde(default)]
    pub memory_most: usize,
    /// Messages that no one will handle, as many as are kept.
    #[serde(default)]
    pub dead_letters: usize,
    /// Where it listens for other nodes.
    #[serde(default)]
    pub listening: Vec<String>,
    /// Messages of other nodes that were refused.
    #[serde(default)]
    pub refused: u64,
    /// Links that were refused, as there was no place for them, or none for their host.
    #[serde(default)]
    pub turned_away: u64,
}

/// A worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Its first address.
    pub address: String,
    /// The name of its component; null for a native worker.
    pub component: Option<String>,
    /// What it was written in, where its component says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Which version of its code runs, from 1.
    pub generation: u32,
    /// `running`, `idle`, `asleep`, `starting`, `parked` or `stopped`.
    pub state: String,
    /// Messages handled.
    pub handled: u64,
    /// Messages given up.
    pub failed: u64,
    /// Of those, the ones that nobody waited for any more.
    #[serde(default)]
    pub expired: u64,
    /// Messages dropped from its full mailbox, to make room for newer ones.
    #[serde(default)]
    pub dropped: u64,
    /// Instances begun after one failed.
    pub restarts: u64,
    /// What waits for it.
    pub mailbox: MailboxInfo,
    /// Fuel used by all its messages.
    pub fuel: u64,
    /// Bytes of its instance's memories and tables; 0 without an instance.
    pub memory_bytes: usize,
    /// The BLAKE3 hash of its component's file; null for a native worker.
    pub digest: Option<String>,
    /// Why it is parked or has stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Why it does not run as its files ask now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Why it failed last; only where one worker is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<String>,
    /// Its limits, and what it uses of each.
    #[serde(default)]
    pub limits: Vec<LimitInfo>,
}

/// A limit, and what is used of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LimitInfo {
    /// Its key, as in `[limits]` of a manifest.
    pub limit: String,
    /// `bytes`, `milliseconds` or `count`.
    pub unit: String,
    /// How much there may be.
    pub most: u64,
    /// How much there is now; of what is counted for each message, the most that one has
    /// used so far. Null where nobody keeps count.
    pub used: Option<u64>,
    /// How often it was reached.
    pub reached: u64,
}

impl From<LimitUse> for LimitInfo {
    fn from(used: LimitUse) -> Self {
        let unit = match used.unit {
            Unit::Bytes => "bytes",
            Unit::Milliseconds => "milliseconds",
            _ => "count",
        };
        let LimitUse { key, most, used, reached, .. } = used;
        Self { limit: key.into(), unit: unit.into(), most, used, reached }
    }
}

/// What waits in a mailbox, reserved places included.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailboxInfo {
    /// How many messages.
    pub messages: usize,
    /// Their bytes.
    pub bytes: usize,
}

impl From<WorkerStatus> for WorkerInfo {
    fn from(status: WorkerStatus) -> Self {
        Self {
            address: status.address.to_string(),
            component: status.component,
            language: status.language,
            generation: status.generation,
            state: status.state.name().into(),
            handled: status.handled,
            failed: status.failed,
            expired: status.expired,
            dropped: status.dropped,
            restarts: status.restarts,
            mailbox: MailboxInfo { messages: status.mailbox_messages, bytes: status.mailbox_bytes },
            fuel: status.fuel,
            memory_bytes: status.memory_bytes,
            digest: status.digest,
            ended: status.ended,
            refused: status.refused,
            last_failure: status.last_failure,
            limits: status.limits.into_iter().map(LimitInfo::from).collect(),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventInfo {
    /// When, in UTC: `2026-11-22T18:33:20.123Z`.
    pub time: String,
    /// What: `worker.started`, `worker.stopped`, `worker.reloaded`, `worker.rolled-back`,
    /// `worker.trapped`, `worker.restarted`, `worker.parked`, `worker.refused`,
    /// `node.started`, `node.stopping`; `lost` where this client was too slow.
    pub event: String,
    /// The worker's address; null for what is the node's own.
    pub worker: Option<String>,
    /// The generation that the worker has then; null where it has none.
    pub generation: Option<u32>,
    /// Counted from 1 since the node started; null for `lost`.
    pub number: Option<u64>,
    /// The generation that had the place before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<u32>,
    /// The limit that was reached, as in `[limits]` of a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// How many events were lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<&Event> for EventInfo {
    fn from(event: &Event) -> Self {
        let (count, limit) = match event.what {
            What::Lost { count } => (Some(count), None),
            What::Trapped { limit, .. } => (None, limit),
            _ => (None, None),
        };
        Self {
            time: time::full(event.at),
            event: event.what.name().into(),
            worker: event.worker.as_ref().map(ToString::to_string),
            generation: event.generation,
            number: (event.number > 0).then_some(event.number),
            previous: event.what.previous(),
            limit: limit.map(Into::into),
            count,
            reason: event.what.reason().map(Into::into),
        }
    }
}

/// A message to send, or many like it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOrder {
    /// Its way: `h1,echoer`.
    pub route: String,
    /// What it says; empty if left out.
    #[serde(default)]
    pub payload: Payload,
    /// How long an answer is waited for (30,000; at most a day).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Send as many, and measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// With `count`: how many wait for their answers at a time (1; at most 1,024).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outstanding: Option<u32>,
    /// Wait for no answer; what comes is shown in the node's log.
    #[serde(default)]
    pub no_reply: bool,
}

/// The answer to a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reply {
    /// What it says; null where none was waited for.
    pub payload: Option<Payload>,
}

/// What became of many messages.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    /// How many were sent, those refused at once included.
    pub sent: u64,
    /// How many were answered.
    pub received: u64,
    /// How many were refused, failed or dropped.
    pub failed: u64,
    /// How many were not answered in time.
    pub timeouts: u64,
    /// The median time from sending to the answer, in microseconds; none if there was none.
    pub p50_us: Option<f64>,
    /// The time that 99 of 100 answers did not exceed, in microseconds.
    pub p99_us: Option<f64>,
    /// Messages answered in a second; sent, where no answer is waited for.
    pub per_second: f64,
    /// Why the first of the failed did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failure: Option<String>,
}

/// A message that no one will handle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// Counted from 1 since the node started.
    pub number: u64,
    /// When it was given up, in milliseconds since 1970.
    pub at_ms: u64,
    /// Whom it was for.
    pub to: String,
    /// What was left of its way after that.
    pub onward_route: String,
    /// The way back to where it came from.
    pub return_route: String,
    /// Who put it on its way.
    pub origin: String,
    /// Why nobody will handle it.
    pub reason: String,
    /// How often it was delivered.
    pub attempts: u32,
    /// How long its payload is.
    pub bytes: usize,
    /// What it says; only where one letter is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
}

impl From<&DeadLetter> for Letter {
    fn from(letter: &DeadLetter) -> Self {
        let since = letter.at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self {
            number: letter.number,
            at_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
            to: letter.to.to_string(),
            onward_route: letter.onward_route.to_string(),
            return_route: letter.return_route.to_string(),
            origin: letter.origin.to_string(),
            reason: letter.reason.clone(),
            attempts: letter.attempts,
            bytes: letter.payload.len(),
            payload: None,
        }
    }
}

/// Dead letters are gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dropped {
    /// How many.
    pub dropped: usize,
}

/// A dead letter is on its way again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Redelivered {
    /// Which it was.
    pub redelivered: u64,
}

/// A worker is as its files ask, or is not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reloaded {
    /// Its name.
    pub worker: String,
    /// `started`, `reloaded`, `same` or `failed`.
    pub outcome: String,
    /// The generation that runs; null where nobody has looked.
    pub generation: Option<u32>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The node has begun to stop.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stopping {
    /// Its process.
    pub stopping: u32,
}

/// A worker has stopped.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stopped {
    /// Its address.
    pub stopped: String,
    /// How many of its messages became dead letters while it stopped.
    #[serde(default)]
    pub dead_letters: u64,
}

/// Why something was refused.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Complaint {
    /// What, and why.
    pub error: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
