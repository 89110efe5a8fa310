//! What a worker that waits is known by.

#[path = "../../../host/src/outbox/waiting.rs"]
mod waiting;

pub(crate) use waiting::{WaitSlot, Waiting};

/// As much of the host's `Asker` as waiting needs.
pub(crate) trait Asker {
    fn wait_slot(&self) -> &WaitSlot;
}
