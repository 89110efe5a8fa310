//! What a worker waits on in the middle of a message.

use std::sync::Arc;

use crate::outbox::Asker;
use crate::router::Pending;
use crate::sync::{Mutex, lock};

/// The request that a worker waits on, if it does.
#[derive(Debug, Default)]
pub(crate) struct WaitSlot(Mutex<Option<Arc<Pending>>>);

impl WaitSlot {
    /// The request.
    pub(crate) fn get(&self) -> Option<Arc<Pending>> {
        lock(&self.0).clone()
    }
}

/// While this lives, a worker waits. When it goes, however that comes, nobody
/// waits any more.
pub(crate) struct Waiting<'a> {
    asker: &'a Arc<dyn Asker>,
    pending: &'a Arc<Pending>,
}

impl<'a> Waiting<'a> {
    pub(crate) fn begin(asker: &'a Arc<dyn Asker>, pending: &'a Arc<Pending>) -> Self {
        *lock(&asker.wait_slot().0) = Some(pending.clone());
        Self { asker, pending }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        *lock(&self.asker.wait_slot().0) = None;
        self.pending.give_up();
    }
}
