//! Which worker waits for which, so that a wait that closes a circle is refused
//! before it begins.
//!
//! A worker in `request` waits for whoever has the message of its request just
//! now, and one that waits for room waits for whose mailbox it is. A new edge is looked
//! at and added under one lock: of two edges that close a circle at the same instant,
//! the second is refused.

use std::sync::Arc;

use crate::router::answer::Pending;
use crate::router::recipient::Recipient;
use crate::sync::{Mutex, lock};

/// Longer chains of waiting workers are not followed; their requests time out.
const LONGEST: usize = 1_000;

/// The lock under which edges are added.
#[derive(Debug, Default)]
pub(crate) struct Waits(Mutex<()>);

impl Waits {
    /// The message of `pending` goes to `to`.
    ///
    /// # Errors
    /// The circle in words, when `to` waits for the requester: it is the requester
    /// itself, or waits for one who does.
    pub(crate) fn add(
        &self,
        pending: &Arc<Pending>,
        to: &Arc<dyn Recipient>,
    ) -> Result<(), String> {
        // The program itself waits beside its messages, never in front of them.
        let Some(requester) = pending.requester() else { return Ok(()) };
        let _edge = lock(&self.0);
        follow(requester, to)?;
        pending.move_to(to);
        Ok(())
    }

    /// A worker is about to wait for room in the mailbox of `to`; `begin` has it seen that it
    /// does.
    ///
    /// # Errors
    /// The circle in words, when `to` waits for that worker.
    pub(crate) fn add_room(
        &self,
        waiter: &Arc<dyn Recipient>,
        to: &Arc<dyn Recipient>,
        begin: impl FnOnce(),
    ) -> Result<(), String> {
        let _edge = lock(&self.0);
        follow(waiter, to)?;
        begin();
        Ok(())
    }
}

/// Look for whom `to` waits, and for whom that one does.
///
/// # Errors
/// The circle in words, when that leads back to the first.
fn follow(first: &Arc<dyn Recipient>, to: &Arc<dyn Recipient>) -> Result<(), String> {
    let mut circle = first.address().to_string();
    let mut next = to.clone();
    for _ in 0..LONGEST {
        circle.push_str(" → ");
        circle.push_str(&next.address().to_string());
        if Arc::ptr_eq(&next, first) {
            return Err(circle);
        }
        // What a request waits behind is still on its way as long as there is no room for it.
        let room = next.waits_for_room_at();
        let further = room.or_else(|| next.waits_on().and_then(|pending| pending.location()));
        let Some(further) = further else { break };
        next = further;
    }
    Ok(())
}
