//! What people are told of a link.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use skep_protocol::Address;

use crate::sync::{Mutex, lock};

/// What has passed a link.
#[derive(Debug)]
pub(super) struct Traffic {
    began: Instant,
    sent: AtomicU64,
    sent_bytes: AtomicU64,
    received: AtomicU64,
    received_bytes: AtomicU64,
    refused: AtomicU64,
    lost: AtomicU64,
    connections: AtomicU64,
    last_failure: Mutex<Option<String>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            sent: AtomicU64::new(0),
            sent_bytes: AtomicU64::new(0),
            received: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            last_failure: Mutex::new(None),
        }
    }
}

impl Traffic {
    pub(super) fn sent(&self, messages: u64, bytes: usize) {
        self.sent.fetch_add(messages, Relaxed);
        self.sent_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn sent_messages(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    pub(super) fn received_bytes(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(super) fn received(&self, messages: u32) {
        self.received.fetch_add(messages.into(), Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn lost(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    pub(super) fn connected(&self) {
        self.connections.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self, why: &str) {
        *lock(&self.last_failure) = Some(why.into());
    }

    /// A link with what is counted of it.
    pub(super) fn status(&self, address: Address, state: LinkState) -> LinkStatus {
        LinkStatus {
            address,
            is_opened: false,
            state,
            age: self.began.elapsed(),
            unused: Duration::ZERO,
            sent: self.sent.load(Relaxed),
            sent_bytes: self.sent_bytes.load(Relaxed),
            received: self.received.load(Relaxed),
            received_bytes: self.received_bytes.load(Relaxed),
            refused: self.refused.load(Relaxed),
            lost: self.lost.load(Relaxed),
            connections: self.connections.load(Relaxed),
            queued: 0,
            queued_bytes: 0,
            last_failure: lock(&self.last_failure).clone(),
        }
    }
}

/// Whether a link carries anything just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkState {
    /// It is connected.
    Up,
    /// A connection is being made, or will be after a pause.
    Connecting,
    /// It is not connected; the next message has it connect.
    Down,
}

impl LinkState {
    /// Its name as `skep ps --links` shows it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Connecting => "connecting",
            Self::Down => "down",
        }
    }
}

/// A link as `skep ps --links` shows it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LinkStatus {
    /// Where it leads: `1#host:port`. If the other node has opened it, the address and port
    /// that it did so from.
    pub address: Address,
    /// Whether this node has opened it.
    pub is_opened: bool,
    /// Whether it carries anything.
    pub state: LinkState,
    /// How long there has been this link.
    pub age: Duration,
    /// How long no message has passed it.
    pub unused: Duration,
    /// Messages that have left by it.
    pub sent: u64,
    /// Bytes that have left by it.
    pub sent_bytes: u64,
    /// Messages that have come by it.
    pub received: u64,
    /// Bytes that have come by it.
    pub received_bytes: u64,
    /// Of the received messages, those that were refused.
    pub refused: u64,
    /// Messages that were to leave by it and have not.
    pub lost: u64,
    /// How often it was connected.
    pub connections: u64,
    /// Messages that wait to leave, reserved places included.
    pub queued: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// Why its last connection ended, or could not be made.
    pub last_failure: Option<String>,
}
