//! A message that has no place yet.

use bytes::Bytes;
use skep_protocol::Address;

use crate::router::message::{Message, Origin, Way, weight};
use crate::router::{Answer, Next, Token};

/// A message that has no place yet: its onward route begins with its nearest stop. It is in
/// its box from the beginning, since it is large and goes through many hands.
#[derive(Debug)]
pub(crate) struct Unplaced(Box<Message>);

impl Unplaced {
    /// A message that is to go along `to`.
    pub(crate) fn new(
        to: Way,
        back: Way,
        payload: Bytes,
        origin: Origin,
        token: Option<Token>,
    ) -> Self {
        // The memory first: so it is written into at once, and not copied.
        let room = Box::new_uninit();
        let nobody = Address::local(b"");
        let mut message = Box::write(room, Message::new(nobody, to, back, payload, origin));
        message.token = token;
        Self(message)
    }

    /// Its nearest stop; none if its route leads to a waiting request, or nowhere.
    pub(crate) fn nearest(&self) -> Option<&Address> {
        self.0.onward.stops.first()
    }

    /// What it carries.
    pub(crate) fn payload(&self) -> &Bytes {
        &self.0.payload
    }

    /// What it counts for in the mailbox of its nearest stop.
    pub(crate) fn weight(&self) -> usize {
        let onward = self.0.onward.len().saturating_sub(1);
        weight(self.0.payload.len(), onward, self.0.back.len())
    }

    /// What it is made of; its onward route begins with its nearest stop.
    pub(super) fn parts(&mut self) -> &mut Message {
        &mut self.0
    }

    /// The answer to a request.
    pub(super) fn into_answer(self, answer: Answer) -> Next {
        let Message { payload, token, .. } = *self.0;
        Next::Answer(answer, payload, token)
    }

    /// As it was meant for its nearest stop, or for `sender` if it has none.
    pub(crate) fn for_nobody(mut self, sender: &Address) -> Box<Message> {
        let nearest = self.0.onward.stops.pop_front();
        self.into_message(nearest.unwrap_or_else(|| sender.clone()))
    }

    /// As it lies in the mailbox of `recipient`, which was its nearest stop.
    pub(crate) fn into_message(mut self, recipient: Address) -> Box<Message> {
        self.0.recipient = recipient;
        self.0
    }
}
