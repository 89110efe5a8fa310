//! [`Slot`]: where a component keeps its one worker, and how a call reaches it.

use std::cell::RefCell;
use std::{fmt, panic};

use super::exports::{handler, lifecycle};
use crate::instance::Instance;
use crate::{Error, Failure, Level, Worker, host};

/// The place of a component's one worker, which is made at the first call.
pub struct Slot<W>(RefCell<Option<Instance<W>>>);

impl<W> fmt::Debug for Slot<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Slot").finish_non_exhaustive()
    }
}

impl<W: Worker + Default> Slot<W> {
    /// A place without a worker yet.
    #[must_use]
    pub const fn empty() -> Self {
        Self(RefCell::new(None))
    }

    /// The export `handler.handle`.
    #[inline(always)]
    pub fn handle(&self, payload: Vec<u8>) -> Result<(), handler::Failure> {
        self.with(|worker| worker.handle(payload)).map_err(|failure| match failure {
            Failure::Retry(text) => handler::Failure::Retry(text),
            Failure::Reject(text) => handler::Failure::Reject(text),
        })
    }

    /// The export `series.handle-series`.
    pub fn handle_series(&self, mut payload: Vec<u8>) -> Result<(), handler::Failure> {
        loop {
            self.handle(payload)?;
            match host::next() {
                Some(next) => payload = next,
                None => return Ok(()),
            }
        }
    }

    /// The export `lifecycle.start`.
    pub fn start(&self, args: &[u8], why: lifecycle::Birth) -> Result<(), String> {
        told(self.with(|worker| worker.start(args, why.into())))
    }

    /// The export `lifecycle.stop`.
    pub fn stop(&self) {
        self.with(Instance::stop);
    }

    /// The export `state.save`.
    pub fn save(&self) -> Result<Vec<u8>, String> {
        told(self.with(Instance::save).unwrap_or_else(|| Ok(Vec::new())))
    }

    /// The export `state.restore`.
    pub fn restore(&self, state: &[u8]) -> Result<(), String> {
        told(self.with(|worker| worker.restore(state)))
    }

    fn with<R>(&self, call: impl FnOnce(&mut Instance<W>) -> R) -> R {
        call(self.0.borrow_mut().get_or_insert_with(|| {
            log_panics();
            Instance::new(W::default())
        }))
    }
}

/// A panic's text and place reach the node's log; then the module traps.
fn log_panics() {
    panic::set_hook(Box::new(|panic| host::log(Level::Error, &panic.to_string())));
}

/// An error as the node takes it: in words.
fn told<T>(result: Result<T, Error>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}
