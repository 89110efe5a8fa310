//! What a worker may use up: every bound, its unit, its default and what happens at it.

use std::time::Duration;

/// One mebibyte, in bytes.
pub(crate) const MIB: usize = 1 << 20;

/// The bounds of one worker, all on by default.
///
/// A bound that is reached ends one call or refuses one request; it never takes
/// the node or another worker down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// All linear memories and tables of an instance together, in bytes (64 MiB).
    /// Growth beyond it is refused to the guest; an instance that needs more to
    /// begin with does not start.
    pub memory: usize,
    /// Wasm fuel for one message, about one unit an instruction (50 million).
    /// Beyond it the call traps and the instance is discarded.
    pub fuel: u64,
    /// How long one message may run, without the time it waits in `request` (2 s).
    pub deadline: Duration,
    /// How long `start` and `restore` together may run (5 s).
    pub start: Duration,
    /// The longest wait of one `request` (30 s); a longer timeout is cut to it.
    pub request: Duration,
    /// The bytes of one payload (1 MiB).
    pub message: usize,
    /// The messages a mailbox holds, those reserved by others' handlers included (1,024).
    pub mailbox_messages: usize,
    /// The bytes a mailbox holds: payloads, and routes at 64 bytes a stop (8 MiB).
    pub mailbox_bytes: usize,
    /// The effects that may wait for one commit (64).
    pub outbox_effects: usize,
    /// The bytes of their payloads (4 MiB).
    pub outbox_bytes: usize,
    /// Log lines a second (100); what is beyond is dropped and counted.
    pub log_lines: u32,
    /// Log bytes a second (64 KiB).
    pub log_bytes: usize,
    /// Timers that have not run out (64).
    pub timers: usize,
    /// Monitors (64).
    pub monitors: usize,
    /// Workers that it has started and that still live (64).
    pub children: usize,
    /// The same with their own children, and theirs (256).
    pub descendants: usize,
    /// The bytes that are held for it until later: payloads of timers for others, and
    /// arguments of the workers that it has started (4 MiB). Its own timers and monitors
    /// have places in its mailbox.
    pub held_bytes: usize,
    /// The bytes that `save` may return (16 MiB).
    pub state: usize,
    /// Handles to resources of the host, of components with WASI (1,000). Beyond it the
    /// call traps.
    pub handles: usize,
    /// The bytes that one message may hand to the host in all, payloads, routes and texts
    /// (32 MiB: eight times the outbox, so that only floods reach it). Beyond it the call
    /// traps. What one call hands over is bounded by `message`: its copies on the host
    /// have at most twice as many bytes and 64 KiB.
    pub host_bytes: usize,
    /// The bytes of randomness that one message may ask for (1 MiB). Beyond it the call
    /// traps. WASI's are bounded for each call: by this, and to 64 KiB.
    pub random: usize,
    /// Failures within 10 s, with no message handled between them, that park the worker (5).
    pub failures: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 * MIB,
            fuel: 50_000_000,
            deadline: Duration::from_secs(2),
            start: Duration::from_secs(5),
            request: Duration::from_secs(30),
            message: MIB,
            mailbox_messages: 1_024,
            mailbox_bytes: 8 * MIB,
            outbox_effects: 64,
            outbox_bytes: 4 * MIB,
            log_lines: 100,
            log_bytes: 64 * 1_024,
            timers: 64,
            monitors: 64,
            children: 64,
            descendants: 256,
            held_bytes: 4 * MIB,
            state: 16 * MIB,
            handles: 1_000,
            host_bytes: 32 * MIB,
            random: MIB,
            failures: 5,
        }
    }
}
