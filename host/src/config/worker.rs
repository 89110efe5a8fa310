//! What one worker is started with.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;
use skep_protocol::Address;

use crate::config::{Access, Limits, Network};

/// How one worker is to run. The default grants nothing beyond handling messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerOptions {
    /// Handed to `lifecycle.start` each time an instance begins.
    pub args: Vec<u8>,
    /// What `node.config` answers.
    pub config: BTreeMap<String, String>,
    /// Rights beyond handling messages.
    pub grants: Vec<Grant>,
    /// Addresses besides the first.
    pub addresses: Vec<Address>,
    /// Workers that have to run before it starts, and that stop after it. Of workers of the
    /// node's directory alone.
    pub needs: Vec<Address>,
    /// Who may write to it.
    pub access: Access,
    /// Where its own messages may go beyond this node.
    pub network: Network,
    /// What it may use up.
    pub limits: Limits,
    /// What a full mailbox does.
    pub overflow: Overflow,
    /// Whether what it sends waits for room in a full mailbox (`full = "wait"`),
    /// instead of failing at once with `mailbox-full`.
    pub wait: bool,
    /// Whether a message may be delivered again although something of it was committed.
    pub idempotent: bool,
    /// When its state is saved, if it exports `state`.
    pub save: Save,
    /// It keeps nothing from one message to the next that would be missed, so that it may
    /// sleep without exporting `state`.
    pub stateless: bool,
    /// When an idle instance is given up, if the worker exports `state` or is stateless.
    pub sleep: Sleep,
    /// Whether it begins again after it has ended.
    pub restart: Restart,
    /// How long a new generation is on trial.
    pub trial: Trial,
}

/// A right beyond handling messages; none by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "a grant: \"start-workers\" or \"stop-node\"")]
#[non_exhaustive]
pub enum Grant {
    /// `node.start-worker`, and stopping what it has started.
    StartWorkers,
    /// `node.stop-node`.
    StopNode,
}

impl Grant {
    /// Every grant there is.
    pub const ALL: [Self; 2] = [Self::StartWorkers, Self::StopNode];

    /// Its name in manifests: `start-workers`, `stop-node`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StartWorkers => "start-workers",
            Self::StopNode => "stop-node",
        }
    }
}

/// What a full mailbox does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "\"refuse\" or \"drop-oldest\"")]
pub enum Overflow {
    /// The sender's call fails with `mailbox-full`.
    #[default]
    Refuse,
    /// The oldest messages make room; they become dead letters and their requesters are told.
    DropOldest,
}

/// When a worker's state is saved. Whichever it is, that is also done before an instance
/// makes room for another, and before the worker sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Save {
    /// At no other time: what was gained since is lost with an instance that fails.
    #[default]
    Handover,
    /// After every message that was handled, together with what its handler asked for:
    /// both happen, or neither.
    EveryMessage,
    /// So with every so many messages: what was gained since the last time is lost with an
    /// instance that fails.
    Every(NonZeroU32),
}

/// When an instance without mail is given up. The state is saved before and restored at the
/// next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sleep {
    /// Once it has had nothing to do for so long (60 s).
    After(Duration),
    /// Only when the node needs its place for another worker.
    Seldom,
}

impl Default for Sleep {
    fn default() -> Self {
        Self::After(Duration::from_secs(60))
    }
}

/// The messages that a new generation has to get through, within 30 s, before the one before
/// is given up: 8. If it fails on one of them, the one before has its place again. With 0
/// whoever has taken over stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Trial(pub u32);

impl Default for Trial {
    fn default() -> Self {
        Self(8)
    }
}

/// Whether a worker begins again after its instance has ended. However it is set, one
/// that fails [`Limits::failures`] times within 10 s without handling a message is parked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", expecting = "\"permanent\", \"transient\" or \"temporary\"")]
pub enum Restart {
    /// After every end but that of the node, or by someone else's order.
    Permanent,
    /// After a failure; not when it stops itself.
    #[default]
    Transient,
    /// Never: its first failure is its end.
    Temporary,
}
