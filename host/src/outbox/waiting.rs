//! What a worker waits on in the middle of a message.

use std::sync::Arc;

use crate::outbox::Asker;
use crate::router::{GiveUp, Pending, Recipient};
use crate::sync::{Mutex, lock};

/// What a worker waits on, if it does.
#[derive(Default)]
pub(crate) struct WaitSlot(Mutex<Waited>);

#[derive(Default)]
struct Waited {
    request: Option<Arc<Pending>>,
    room: Option<Arc<dyn Recipient>>,
}

impl WaitSlot {
    /// The request.
    pub(crate) fn get(&self) -> Option<Arc<Pending>> {
        lock(&self.0).request.clone()
    }

    /// Whose mailbox has no room.
    pub(crate) fn room(&self) -> Option<Arc<dyn Recipient>> {
        lock(&self.0).room.clone()
    }

    /// It waits for room in this one's mailbox, or no longer.
    pub(crate) fn wait_for_room(&self, at: Option<Arc<dyn Recipient>>) {
        lock(&self.0).room = at;
    }
}

/// While this lives, a worker waits.
pub(crate) struct Waiting<'a> {
    asker: &'a Arc<dyn Asker>,
    _asked: GiveUp<'a>,
}

impl<'a> Waiting<'a> {
    pub(crate) fn begin(asker: &'a Arc<dyn Asker>, pending: &'a Arc<Pending>) -> Self {
        lock(&asker.wait_slot().0).request = Some(pending.clone());
        Self { asker, _asked: GiveUp(pending) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.asker.wait_slot().0).request = None;
    }
}
