//! A message that has no place yet.

use bytes::Bytes;

use crate::router::message::{Message, Origin, Way, weight};
use crate::router::{SendError, Token};

/// A message that has no place yet: where it goes, and what it carries.
#[derive(Debug)]
pub(crate) struct Unplaced {
    pub(crate) to: Way,
    pub(crate) back: Way,
    pub(crate) payload: Bytes,
    pub(crate) origin: Origin,
    pub(crate) token: Option<Token>,
}

impl Unplaced {
    /// What it counts for in the mailbox of its nearest stop.
    pub(crate) fn weight(&self) -> usize {
        let onward = self.to.len().saturating_sub(1);
        weight(self.payload.len(), onward, self.back.len())
    }

    /// It goes no further, and for this reason.
    pub(super) fn refused(self, why: SendError) -> (SendError, Box<Self>) {
        (why, Box::new(self))
    }

    /// As it lies in the mailbox of its nearest stop.
    pub(crate) fn into_message(self, recipient: skep_protocol::Address) -> Message {
        let Self { to, back, payload, origin, token } = self;
        let mut message = Message::new(recipient, to, back, payload, origin);
        message.token = token;
        message
    }
}
