//! What tells the process to end, each time once.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::show::Screen;

/// Said with the first signal.
pub(crate) const SECOND: &str = "a second one stops at once";
/// What comes so soon after a signal is the same one: a shell and a `make` may both pass a
/// Ctrl-C on.
const ONE: Duration = Duration::from_millis(300);

pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    last: Option<Instant>,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self, Failure> {
        let on = |kind| {
            signal(kind).map_err(|why| Failure::new(format!("no signals can be had: {why}")))
        };
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            last: None,
        })
    }

    /// The next signal's name.
    pub(crate) async fn next(&mut self) -> &'static str {
        loop {
            let name = tokio::select! {
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.terminate.recv() => "SIGTERM",
            };
            let now = Instant::now();
            let is_same = self.last.is_some_and(|last| now - last < ONE);
            if !is_same {
                self.last = Some(now);
                return name;
            }
        }
    }

    /// The second signal. Where something else has begun the stop, the first is no reason
    /// to end at once: whoever sends it may not know of that.
    pub(crate) async fn second(&mut self, screen: &Screen) {
        if self.last.is_none() {
            let name = self.next().await;
            screen.say("stopping", &format!("{name}, {SECOND}"));
        }
        self.next().await;
    }
}
