//! A message as a native worker or the program receives it.

use skep_protocol::{Address, Message as Payload, PayloadError, Route};

use crate::router::{Message, Origin};

/// A message with its routes.
#[derive(Debug)]
pub struct Routed<M> {
    body: M,
    /// In its box: it is large, and a program moves what it has received.
    message: Box<Message>,
}

impl<M: Payload> Routed<M> {
    /// A copy of a message that its worker still handles.
    pub(super) fn copied(message: &Message) -> Result<Self, PayloadError> {
        let Message { recipient, onward, back, payload, origin, .. } = message;
        let (onward, back) = (onward.clone(), back.clone());
        let copy = Message::new(recipient.clone(), onward, back, payload.clone(), origin.clone());
        Self::owned(Box::new(Message { failures: message.failures, ..copy }))
    }

    /// A message that is nobody else's.
    pub(super) fn owned(mut message: Box<Message>) -> Result<Self, PayloadError> {
        // A requester is answered along the way back; whoever holds this is not its last hope.
        message.token = None;
        Ok(Self { body: M::decode(&message.payload)?, message })
    }
}

impl<M> Routed<M> {
    /// What it says.
    pub fn body(&self) -> &M {
        &self.body
    }

    /// What it says, without its routes.
    pub fn into_body(self) -> M {
        self.body
    }

    /// The bytes that it came as.
    pub fn payload(&self) -> &[u8] {
        &self.message.payload
    }

    /// The address that it was sent to.
    pub fn recipient(&self) -> &Address {
        &self.message.recipient
    }

    /// What is left of its way.
    pub fn onward_route(&self) -> Route {
        self.message.onward.to_route()
    }

    /// The way back to where it came from: send there to answer.
    pub fn return_route(&self) -> Route {
        self.message.back.to_route()
    }

    /// Who put it on its way.
    pub fn sender(&self) -> &Origin {
        &self.message.origin
    }

    /// 1 for a first delivery, 2 for the second, and so on.
    pub fn attempt(&self) -> u32 {
        self.message.failures.attempt()
    }
}
