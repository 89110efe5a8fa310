//! The state of one instance that its host calls work on.

use std::sync::Arc;

use bytes::Bytes;
use wasmtime::{Result, bail};

use crate::hostcalls::budget::Budget;
use crate::hostcalls::log::LogGate;
use crate::hostcalls::mail::Mail;
use crate::outbox::Handling;

/// What the guest is doing, and so what it may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// In `handle`, `start` or `stop`: all.
    Working,
    /// In `save` or `restore`: only `log`.
    State,
}

/// One instance's side of the host.
pub(crate) struct Host {
    /// The call in progress, and what it asks for.
    pub(crate) handling: Handling,
    /// What is left of time and memory.
    pub(crate) budget: Budget,
    pub(crate) phase: Phase,
    /// The call in progress may go on to the next message.
    pub(crate) goes_on: bool,
    pub(crate) mail: Arc<dyn Mail>,
    pub(crate) log: Arc<LogGate>,
    #[cfg(feature = "wasi")]
    pub(crate) wasi: Option<Box<super::wasi::Wasi>>,
}

impl Host {
    /// Host state for an instance that has not begun.
    pub(crate) fn new(
        handling: Handling,
        budget: Budget,
        log: Arc<LogGate>,
        mail: Arc<dyn Mail>,
    ) -> Self {
        Self {
            handling,
            budget,
            phase: Phase::Working,
            goes_on: false,
            mail,
            log,
            #[cfg(feature = "wasi")]
            wasi: None,
        }
    }

    /// The call in progress, for what may not be asked from `save` and `restore`.
    pub(super) fn working(&mut self) -> Result<&mut Handling> {
        if self.phase == Phase::State {
            bail!("`save` and `restore` may ask the node for nothing but `log`");
        }
        Ok(&mut self.handling)
    }

    /// The handles to the host's resources that the instance has: without WASI none.
    #[cfg(not(feature = "wasi"))]
    pub(crate) fn handles(&mut self) -> usize {
        0
    }

    /// The bytes of a host call, counted against the message's budget.
    pub(super) fn take(&mut self, payload: Vec<u8>) -> Result<Bytes> {
        self.budget.spend(payload.len())?;
        Ok(payload.into())
    }
}
