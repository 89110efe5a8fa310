//! Whether a message leaves at once, or together with those that come right behind it.
//!
//! To write from the thread that sends saves the wake-up of another one, which costs more
//! than an echo; but many small writes cost more than one. Whoever has sent and waits for an
//! answer is alone; whoever sends again before one has come, or got several at once, is not.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// After so much silence a message goes at once, whatever was before, in microseconds.
const QUIET: u64 = 100;

/// What was last read and written on a link, and when.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    /// How many frames came at once.
    frames: AtomicU32,
    /// Whether something was written since.
    has_written: AtomicBool,
    /// When it was, in microseconds.
    wrote: AtomicU64,
    /// When anything came.
    heard: AtomicU64,
    /// When the last message came or left.
    used: AtomicU64,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            frames: AtomicU32::new(0),
            has_written: AtomicBool::new(false),
            wrote: AtomicU64::new(0),
            heard: AtomicU64::new(0),
            used: AtomicU64::new(0),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn since(&self, then: &AtomicU64) -> Duration {
        Duration::from_micros(self.now().saturating_sub(then.load(Relaxed)))
    }

    /// Whether more is about to come, so that it pays to wait for it.
    pub(super) fn is_busy(&self) -> bool {
        let alone = self.frames.load(Relaxed) <= 1 && !self.has_written.load(Relaxed);
        !alone && self.now().saturating_sub(self.wrote.load(Relaxed)) < QUIET
    }

    /// Something was written.
    pub(super) fn writes(&self, has_messages: bool) {
        let now = self.now();
        self.has_written.store(true, Relaxed);
        self.wrote.store(now, Relaxed);
        if has_messages {
            self.used.store(now, Relaxed);
        }
    }

    /// Something came. Said before it is handled: what is answered meanwhile is the first that
    /// leaves since.
    pub(super) fn hears(&self) {
        self.has_written.store(false, Relaxed);
        self.heard.store(self.now(), Relaxed);
    }

    /// So many messages came at once.
    pub(super) fn reads(&self, frames: u32) {
        self.frames.store(frames, Relaxed);
        if frames > 0 {
            self.used.store(self.heard.load(Relaxed), Relaxed);
        }
    }

    /// A connection begins: all counts from now.
    pub(super) fn begin(&self) {
        let now = self.now();
        for time in [&self.wrote, &self.heard, &self.used] {
            time.store(now, Relaxed);
        }
    }

    /// How long nothing was written.
    pub(super) fn unwritten(&self) -> Duration {
        self.since(&self.wrote)
    }

    /// How long nothing was heard.
    pub(super) fn unheard(&self) -> Duration {
        self.since(&self.heard)
    }

    /// How long there was no message either way.
    pub(super) fn unused(&self) -> Duration {
        self.since(&self.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_only_beats_does_not_use_the_link() {
        let pace = Pace::new();
        std::thread::sleep(Duration::from_millis(2));
        pace.hears();
        pace.reads(0);
        assert!(pace.unused() >= Duration::from_millis(2) && pace.unused() > pace.unheard());
        pace.reads(1);
        assert!(pace.unused() < Duration::from_millis(2) || pace.unused() == pace.unheard());
    }

    #[test]
    fn one_that_waits_for_its_answer_is_alone() {
        let pace = Pace::new();
        assert!(!pace.is_busy());
        pace.writes(true);
        assert!(pace.is_busy() || pace.unwritten() >= Duration::from_micros(QUIET));
        pace.hears();
        pace.reads(1);
        assert!(!pace.is_busy());
        pace.reads(2);
        pace.writes(true);
        pace.reads(2);
        assert!(pace.is_busy() || pace.unwritten() >= Duration::from_micros(QUIET));
        std::thread::sleep(Duration::from_millis(2));
        assert!(!pace.is_busy());
    }
}
