//! What people are told of a secure channel.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use skep_protocol::{Address, Identifier, Route};

/// What has passed a channel.
#[derive(Debug)]
pub(super) struct Traffic {
    began: Instant,
    pub(super) sent: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) lost: AtomicU64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            sent: AtomicU64::new(0),
            received: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }
}

/// Whether a secure channel takes anything along just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelState {
    /// It is open.
    Open,
    /// Its handshake is being made.
    Connecting,
    /// It has a name and is not open; the next message has it opened.
    Waiting,
}

impl ChannelState {
    /// Its name as `skep ps --channels` shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Connecting => "connecting",
            Self::Waiting => "waiting",
        }
    }
}

/// A secure channel as `skep ps --channels` shows it: one that is open, or one that `node.toml`
/// names and that is not.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChannelStatus {
    /// Its own address: what is sent there goes to the other end.
    pub address: Address,
    /// The name by which workers send through it, if `node.toml` has one.
    pub name: Option<Address>,
    /// Whether it is open.
    pub state: ChannelState,
    /// Who is at the other end, or has to be there.
    pub identity: Identifier,
    /// Whether it is this node that opens it.
    pub is_opened: bool,
    /// The way that sealed messages take; until it is open, the route to the other end's
    /// listener.
    pub way: Route,
    /// How long there has been this channel.
    pub age: Duration,
    /// How long nothing has come by it.
    pub unheard: Duration,
    /// Messages that have left by it.
    pub sent: u64,
    /// Messages that have come by it.
    pub received: u64,
    /// Of what has come to it, what was refused: forged, repeated, or for somebody who takes
    /// nothing from there.
    pub refused: u64,
    /// Messages that were to leave by it and have not.
    pub lost: u64,
    /// Of one that has a name: why it was closed, or could not be opened, since it was opened
    /// last.
    pub last_failure: Option<String>,
}

impl Traffic {
    /// A channel with what is counted of it.
    pub(super) fn status(
        &self,
        address: Address,
        identity: Identifier,
        is_opened: bool,
        way: Route,
    ) -> ChannelStatus {
        ChannelStatus {
            address,
            name: None,
            state: ChannelState::Open,
            identity,
            is_opened,
            way,
            age: self.began.elapsed(),
            unheard: Duration::ZERO,
            sent: self.sent.load(Relaxed),
            received: self.received.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
            last_failure: None,
        }
    }
}
