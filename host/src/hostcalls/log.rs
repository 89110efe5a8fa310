//! `log`: what a guest has to say, made safe for a terminal and kept within its rate.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use skep_protocol::Address;

use crate::config::{Limit, Limits};
use crate::hostcalls::bindings::skep::worker::node::Level;
use crate::router::LimitUse;
use crate::sanitize::sanitize;
use crate::sync::lock;

/// The span over which lines and bytes are counted.
const SPAN: Duration = Duration::from_secs(1);

/// The longest line; what is beyond it is cut.
const MOST_LINE: usize = 8 * 1_024;

/// Where the log of one worker passes.
#[derive(Debug)]
pub(crate) struct LogGate {
    worker: Address,
    spent: Mutex<Spent>,
}

#[derive(Debug)]
struct Spent {
    /// The lines and bytes of one span.
    most: (u32, usize),
    since: Instant,
    lines: u32,
    bytes: usize,
    /// Lines that were dropped in this span.
    dropped: u64,
    /// Lines that were ever dropped, for their number and for their bytes.
    for_lines: u64,
    for_bytes: u64,
}

impl Spent {
    /// Whether it is the lines that have run out.
    fn is_full(&self) -> bool {
        self.lines >= self.most.0
    }

    /// A new span begins.
    fn renew(&mut self) {
        (self.since, self.lines, self.bytes, self.dropped) = (Instant::now(), 0, 0, 0);
    }
}

impl LogGate {
    /// A gate with the rate that `limits` give.
    pub(crate) fn new(worker: Address, limits: &Limits) -> Self {
        let since = Instant::now();
        let most = (limits.log_lines, limits.log_bytes);
        let (for_lines, for_bytes) = (0, 0);
        let spent = Spent { most, since, lines: 0, bytes: 0, dropped: 0, for_lines, for_bytes };
        Self { worker, spent: Mutex::new(spent) }
    }

    /// Another rate from now on.
    pub(crate) fn resize(&self, limits: &Limits) {
        lock(&self.spent).most = (limits.log_lines, limits.log_bytes);
    }

    /// Log a text, each line of it as a record of its own. After one that has no room the rest
    /// of the text is only counted: what a text costs is bounded by the rate, however long it is.
    pub(crate) fn write(&self, level: Severity, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            if !self.line(level, line.strip_suffix('\r').unwrap_or(line)) {
                return self.drop_lines(after);
            }
            rest = after;
        }
    }

    /// Whether there was room for it.
    fn line(&self, level: Severity, line: &str) -> bool {
        let cut = line.get(..line.floor_char_boundary(MOST_LINE)).unwrap_or(line);
        if !self.admits(cut.len()) {
            return false;
        }
        let (worker, text) = (&self.worker, sanitize(cut));
        match level {
            Severity::Trace => tracing::trace!(target: "skep::worker", %worker, "{text}"),
            Severity::Debug => tracing::debug!(target: "skep::worker", %worker, "{text}"),
            Severity::Info => tracing::info!(target: "skep::worker", %worker, "{text}"),
            Severity::Warn => tracing::warn!(target: "skep::worker", %worker, "{text}"),
            Severity::Error => tracing::error!(target: "skep::worker", %worker, "{text}"),
        }
        true
    }

    /// The lines after one that had no room.
    fn drop_lines(&self, text: &str) {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let lines = (ends + usize::from(!text.is_empty() && !text.ends_with('\n'))) as u64;
        let mut spent = lock(&self.spent);
        spent.dropped += lines;
        *(if spent.is_full() { &mut spent.for_lines } else { &mut spent.for_bytes }) += lines;
    }

    /// Say of the limits that are counted here how much is used in the current second, and
    /// how many lines they have cost.
    pub(crate) fn count(&self, limits: &mut [LimitUse]) {
        let spent = lock(&self.spent);
        let now = spent.since.elapsed() < SPAN;
        for limit in limits {
            let (used, reached) = match limit.key {
                key if key == Limit::LogLines.key() => (spent.lines.into(), spent.for_lines),
                key if key == Limit::LogBytes.key() => (spent.bytes as u64, spent.for_bytes),
                _ => continue,
            };
            limit.used = Some(if now { used } else { 0 });
            limit.reached = reached;
        }
    }

    /// Whether there is room for a line of this length in the current second.
    fn admits(&self, bytes: usize) -> bool {
        let mut spent = lock(&self.spent);
        if spent.since.elapsed() >= SPAN {
            let dropped = spent.dropped;
            spent.renew();
            if dropped > 0 {
                let worker = &self.worker;
                tracing::warn!(target: "skep::worker", %worker, "{dropped} log lines dropped: too many in a second");
            }
        }
        let (no_line, no_bytes) = (spent.is_full(), spent.bytes + bytes > spent.most.1);
        if no_line || no_bytes {
            spent.dropped += 1;
            *(if no_line { &mut spent.for_lines } else { &mut spent.for_bytes }) += 1;
            return false;
        }
        spent.lines += 1;
        spent.bytes += bytes;
        true
    }
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
}

impl From<Level> for Severity {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error | Level::Critical => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_in_one_text_costs_what_the_rate_lets_pass() {
        let flood = "\n".repeat(2_000_000);
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let gate = LogGate::new("w".into(), &Limits::default());
            let began = Instant::now();
            gate.write(Severity::Info, &flood);
            best = best.min(began.elapsed());
            let spent = lock(&gate.spent);
            assert_eq!((spent.lines, spent.dropped, spent.for_lines), (100, 1_999_900, 1_999_900));
        }
        // Line by line it took a hundred times as long.
        assert!(best < Duration::from_millis(5), "{best:?}");
    }

    #[test]
    fn every_line_is_counted() {
        let limits = Limits { log_lines: 2, log_bytes: 10, ..Limits::default() };
        let dropped = |text: &str| {
            let gate = LogGate::new("w".into(), &limits);
            gate.write(Severity::Info, text);
            let spent = lock(&gate.spent);
            (spent.lines, spent.for_lines, spent.for_bytes)
        };
        assert_eq!(dropped(""), (0, 0, 0));
        assert_eq!(dropped("a\nb"), (2, 0, 0));
        assert_eq!(dropped("a\r\nb\n"), (2, 0, 0));
        assert_eq!(dropped("a\n\nc\nd"), (2, 2, 0));
        assert_eq!(dropped("a\nthis is too long\nc\n"), (1, 0, 2));
    }
}
