//! The node's answers to who, why and what.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Address, Encode, Message, PayloadError};

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For following every step.
    Trace,
    /// For finding a fault.
    Debug,
    /// What a person who runs the node likes to know.
    Info,
    /// Something is not as it should be.
    Warn,
    /// Something failed.
    Error,
    /// The worker can do no more.
    Critical,
}

/// Why an instance begins. Timers, monitors and names belong to the worker and
/// outlive its instances: only after [`First`](Self::First) there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Birth {
    /// The worker is new.
    First,
    /// The instance before failed; the text says how.
    Restart(String),
    /// A new version of the code takes over.
    Reload,
    /// The worker was asleep.
    Wake,
    /// What a later node may know.
    Other(String),
}

/// Who put a message on its way, as far as the node can vouch for it. Forwarding
/// does not change it, unless the body is changed with it; and what the node said to
/// one worker is that worker's own word to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// A worker of this node.
    Worker(Address),
    /// The node itself: a timer or a monitor of this worker.
    Node(Notice),
    /// Another node, over a link that proves nothing about it.
    Peer(Address),
    /// Another node that proved this identity.
    Identity(String),
    /// What a later node may know.
    Other(String),
}

/// What the node itself has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// This worker's own timer has run out.
    Timer(TimerId),
    /// A monitored worker has stopped for good: its address, and why.
    Stopped(Address, String),
    /// What a later node may know.
    Other(String),
}

/// The number of a timer, to cancel it or to know it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimerId(pub(crate) u64);

impl fmt::Display for TimerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// The message type of a worker that does not look at the payload, or reads its
/// bytes itself ([`Routed::payload`](crate::Routed::payload)): no byte is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Any;

impl Encode for Any {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        Err(PayloadError::new("`Any` stands for a payload and has none of its own"))
    }
}

impl Message for Any {
    fn decode(_: &[u8]) -> Result<Self, PayloadError> {
        Ok(Self)
    }
}
