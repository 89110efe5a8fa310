//! A message as a native worker or the program receives it.

use bytes::Bytes;
use skep_protocol::{Address, Message as Payload, PayloadError, Route};

use crate::router::{Message, Origin, Way};

/// A message with its routes.
#[derive(Debug)]
pub struct Routed<M> {
    body: M,
    payload: Bytes,
    recipient: Address,
    onward: Way,
    back: Way,
    origin: Origin,
    attempt: u32,
}

impl<M: Payload> Routed<M> {
    /// A copy of a message that its worker still handles.
    pub(super) fn copied(message: &Message) -> Result<Self, PayloadError> {
        Ok(Self {
            body: M::decode(&message.payload)?,
            payload: message.payload.clone(),
            recipient: message.recipient.clone(),
            onward: message.onward.clone(),
            back: message.back.clone(),
            origin: message.origin.clone(),
            attempt: message.failures.attempt(),
        })
    }

    /// A message that is nobody else's.
    pub(super) fn owned(message: Message) -> Result<Self, PayloadError> {
        Ok(Self {
            body: M::decode(&message.payload)?,
            payload: message.payload,
            recipient: message.recipient,
            onward: message.onward,
            back: message.back,
            origin: message.origin,
            attempt: message.failures.attempt(),
        })
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
        &self.payload
    }

    /// The address that it was sent to.
    pub fn recipient(&self) -> &Address {
        &self.recipient
    }

    /// What is left of its way.
    pub fn onward_route(&self) -> Route {
        self.onward.to_route()
    }

    /// The way back to where it came from: send there to answer.
    pub fn return_route(&self) -> Route {
        self.back.to_route()
    }

    /// Who put it on its way.
    pub fn sender(&self) -> &Origin {
        &self.origin
    }

    /// 1 for a first delivery, 2 for the second, and so on.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
}
