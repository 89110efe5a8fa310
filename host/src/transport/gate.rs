//! What is said of strangers in the log: seldom, and how much was left out.

use std::time::{Duration, Instant};

use crate::sanitize::sanitize;
use crate::sync::{Mutex, lock};

/// So many lines are written in such a time.
const LINES: u32 = 10;
const TIME: Duration = Duration::from_secs(10);

/// Lets a few lines through, and counts the rest.
#[derive(Debug)]
pub(super) struct Gate(Mutex<Window>);

#[derive(Debug)]
struct Window {
    began: Instant,
    written: u32,
    left_out: u64,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Window { began: Instant::now(), written: 0, left_out: 0 }))
    }

    /// Write a line, unless there were many lately. It is put together only if it is.
    pub(super) fn warn(&self, text: impl FnOnce() -> String) {
        let Some(left_out) = self.pass() else { return };
        let text = text();
        let text = sanitize(&text);

        match left_out {
            0 => tracing::warn!(target: "skep::link", "{text}"),
            left_out => tracing::warn!(target: "skep::link", left_out, "{text}"),
        }
    }

    /// Whether there is room for a line, and how many had none before it.
    fn pass(&self) -> Option<u64> {
        let window = &mut *lock(&self.0);
        if window.written >= LINES {
            // The clock is looked at only where it matters.
            if window.began.elapsed() < TIME {
                window.left_out += 1;
                return None;
            }
            window.written = 0;
        }
        if window.written == 0 {
            window.began = Instant::now();
        }
        window.written += 1;
        Some(std::mem::take(&mut window.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_a_few_lines() {
        let gate = Gate::new();
        let passed = (0..100_000).filter(|_| gate.pass().is_some()).count();
        assert_eq!(passed, LINES as usize);
        lock(&gate.0).began = Instant::now() - TIME;
        assert_eq!(gate.pass(), Some(100_000 - u64::from(LINES)));
        assert_eq!(gate.pass(), Some(0));
    }
}
