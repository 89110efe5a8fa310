//! What links to other nodes may use up: `[links]` in `node.toml`.

use std::time::Duration;

use serde::Deserialize;

use crate::config::MIB;
use crate::config::quantity::{Count, Size, Time};

/// The bounds of a node's links, all on by default.
#[derive(Clone, Debug)]
pub(crate) struct LinkLimits {
    /// How many there may be (1,024).
    pub(crate) peers: usize,
    /// How many of them one host may have opened that has proved nothing (half of them, and one
    /// at least): otherwise one host could take them all. Nodes behind one router are one host
    /// to this one; those that open secure channels do not count, and for others it can be more.
    pub(crate) peers_of_host: Option<usize>,
    /// How many of them may not have said yet what they speak (64).
    pub(crate) ungreeted: usize,
    /// How long they may take for it, and a connection to be made (5 s).
    pub(crate) handshake: Duration,
    /// After this much silence one is given up that is known to beat, and gives its place to
    /// a newcomer where there is none left (60 s).
    pub(crate) idle: Duration,
    /// How long one may read nothing of what it is sent (10 s).
    pub(crate) write: Duration,
    /// Messages that wait for one (1,024).
    pub(crate) queue_messages: usize,
    /// Their bytes (8 MiB).
    pub(crate) queue_bytes: usize,
    /// The bytes of one message's payload (1 MiB).
    pub(crate) message: usize,
    /// Messages that one may bring in a second (1,000,000).
    pub(crate) messages: u32,
    /// Bytes that one may bring in a second (1 GiB).
    pub(crate) bytes: usize,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self {
            peers: 1_024,
            peers_of_host: None,
            ungreeted: 64,
            handshake: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            write: Duration::from_secs(10),
            queue_messages: 1_024,
            queue_bytes: 8 * MIB,
            message: MIB,
            messages: 1_000_000,
            bytes: 1_024 * MIB,
        }
    }
}

/// The table `links` of a file: only what it says is changed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct AskedLinks {
    peers: Option<Count<usize>>,
    peers_of_host: Option<Count<usize>>,
    ungreeted: Option<Count<usize>>,
    handshake: Option<Time>,
    idle: Option<Time>,
    write: Option<Time>,
    queue_messages: Option<Count<usize>>,
    queue_bytes: Option<Size>,
    message: Option<Size>,
    messages: Option<Count<u32>>,
    bytes: Option<Size>,
}

impl AskedLinks {
    pub(super) fn limits(&self) -> LinkLimits {
        let usual = LinkLimits::default();
        let count = |asked: Option<Count<usize>>, usual| asked.map_or(usual, |asked| asked.0);
        let time = |asked: Option<Time>, usual| asked.map_or(usual, |asked| asked.0);
        let size = |asked: Option<Size>, usual| asked.map_or(usual, |asked| asked.0);
        LinkLimits {
            peers: count(self.peers, usual.peers),
            peers_of_host: self.peers_of_host.map(|asked| asked.0),
            ungreeted: count(self.ungreeted, usual.ungreeted),
            handshake: time(self.handshake, usual.handshake),
            idle: time(self.idle, usual.idle),
            write: time(self.write, usual.write),
            queue_messages: count(self.queue_messages, usual.queue_messages),
            queue_bytes: size(self.queue_bytes, usual.queue_bytes),
            message: size(self.message, usual.message),
            messages: self.messages.map_or(usual.messages, |asked| asked.0),
            bytes: size(self.bytes, usual.bytes),
        }
    }

    /// The key of a limit at which no link can carry a message.
    pub(super) fn lifeless(&self) -> Option<&'static str> {
        let limits = self.limits();
        let none = [
            ("peers", limits.peers == 0),
            ("peers-of-host", limits.peers_of_host == Some(0)),
            ("ungreeted", limits.ungreeted == 0),
            ("handshake", limits.handshake.is_zero()),
            ("idle", limits.idle.is_zero()),
            ("write", limits.write.is_zero()),
            ("queue-messages", limits.queue_messages == 0),
            ("queue-bytes", limits.queue_bytes == 0),
            ("messages", limits.messages == 0),
            ("bytes", limits.bytes == 0),
        ];
        none.into_iter().find(|(_, is_none)| *is_none).map(|(key, _)| key)
    }
}
