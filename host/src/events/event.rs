//! What can happen, and how it is said.

use std::fmt;
use std::time::SystemTime;

use skep_protocol::Address;

/// Something that happened to a node, or to one of its workers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// Counted from 1 since the node started; 0 for [`What::Lost`].
    pub number: u64,
    /// When.
    pub at: SystemTime,
    /// To whom; none for what is the node's own.
    pub worker: Option<Address>,
    /// The generation that the worker has then; none where it has none.
    pub generation: Option<u32>,
    /// What.
    pub what: What,
}

/// What happened. Texts are safe to print, and of one or two KiB at most.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// The node has started, and with it what lies in its directory.
    NodeStarted,
    /// The node has begun to stop.
    NodeStopping,
    /// A worker has started.
    Started,
    /// A worker that had started has stopped for good.
    Stopped {
        /// Why.
        reason: String,
    },
    /// A generation has taken over.
    Reloaded {
        /// The one that it took over from.
        previous: u32,
    },
    /// A generation has its place again, since the one after it failed or somebody asked
    /// for that.
    RolledBack {
        /// The one that has lost its place.
        previous: u32,
        /// Why.
        reason: String,
    },
    /// An instance failed: in its handler, or while it started or saved its state.
    Trapped {
        /// How.
        reason: String,
        /// The limit that it had reached, as in `[limits]` of a manifest.
        limit: Option<&'static str>,
    },
    /// Another instance takes the place of one that ended.
    Restarted {
        /// Why it ended.
        reason: String,
    },
    /// A worker failed too often, and takes no more messages.
    Parked {
        /// How.
        reason: String,
    },
    /// A worker's files, or its next generation, were refused: what runs, if anything does,
    /// goes on as it was.
    Refused {
        /// Why.
        reason: String,
    },
    /// A worker does not start yet, since others that it needs do not run.
    Waits {
        /// Which.
        reason: String,
    },
    /// Whoever listens was too slow: so many events were not told.
    Lost {
        /// How many.
        count: u64,
    },
}

impl What {
    /// Its name: `worker.started`. Names are stable; there may come to be more.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NodeStarted => "node.started",
            Self::NodeStopping => "node.stopping",
            Self::Started => "worker.started",
            Self::Stopped { .. } => "worker.stopped",
            Self::Reloaded { .. } => "worker.reloaded",
            Self::RolledBack { .. } => "worker.rolled-back",
            Self::Trapped { .. } => "worker.trapped",
            Self::Restarted { .. } => "worker.restarted",
            Self::Parked { .. } => "worker.parked",
            Self::Refused { .. } => "worker.refused",
            Self::Waits { .. } => "worker.waits",
            Self::Lost { .. } => "lost",
        }
    }

    /// Why, where there is a reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Stopped { reason }
            | Self::RolledBack { reason, .. }
            | Self::Trapped { reason, .. }
            | Self::Restarted { reason }
            | Self::Parked { reason }
            | Self::Refused { reason }
            | Self::Waits { reason } => Some(reason),
            _ => None,
        }
    }

    pub(super) fn reason_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Stopped { reason }
            | Self::RolledBack { reason, .. }
            | Self::Trapped { reason, .. }
            | Self::Restarted { reason }
            | Self::Parked { reason }
            | Self::Refused { reason }
            | Self::Waits { reason } => Some(reason),
            _ => None,
        }
    }

    /// The generation that had the place before, where one took it over.
    #[must_use]
    pub fn previous(&self) -> Option<u32> {
        match self {
            Self::Reloaded { previous } | Self::RolledBack { previous, .. } => Some(*previous),
            _ => None,
        }
    }
}

/// As the log says it.
impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = self.generation.unwrap_or(1);
        match &self.what {
            What::NodeStarted | What::Started => out.write_str("started"),
            What::NodeStopping => out.write_str("stopping"),
            What::Stopped { reason } => write!(out, "stopped: {reason}"),
            What::Reloaded { .. } => write!(out, "generation {generation} took over"),
            What::RolledBack { previous, reason } => {
                write!(out, "generation {previous} is rolled back to {generation}: {reason}")
            }
            What::Trapped { reason, .. } | What::Parked { reason } | What::Waits { reason } => {
                out.write_str(reason)
            }
            What::Restarted { reason } => write!(out, "restarts: {reason}"),
            What::Refused { reason } if self.generation.is_some() => {
                write!(out, "goes on as it was: {reason}")
            }
            What::Refused { reason } => write!(out, "failed: {reason}"),
            What::Lost { count } => write!(out, "{count} events were not told"),
        }
    }
}
