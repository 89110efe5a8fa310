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

/// A secure channel as `skep ps --links` shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChannelStatus {
    /// Its own address: what is sent there goes to the other end.
    pub address: Address,
    /// The name by which workers send through it, if `node.toml` has one.
    pub name: Option<Address>,
    /// Who is at the other end.
    pub identity: Identifier,
    /// Whether this node has opened it.
    pub is_opened: bool,
    /// The way that sealed messages take.
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
            identity,
            is_opened,
            way,
            age: self.began.elapsed(),
            unheard: Duration::ZERO,
            sent: self.sent.load(Relaxed),
            received: self.received.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
        }
    }
}
