//! The half of an open end through which is sent.

use skep_protocol::address::MAX_BYTES;
use skep_protocol::route::MAX_HOPS;
use skep_protocol::{Address, Route};

use super::Outgoing;
use crate::identity::Identity;
use crate::message::Message;
use crate::presented::Credentials;
use crate::transport::{SealError, Sealer};

/// The half of an open end through which is sent.
///
/// What it has sealed has to be sent, and in about that order: the other end bears 31
/// messages that are missing, and no more. So make sure that there is room before.
#[derive(Debug)]
pub struct Sending {
    sealer: Sealer,
    /// To the other end's decryptor.
    way: Route,
    encryptor: Address,
    is_closed: bool,
}

/// Why nothing can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The channel is closed.
    #[error("the secure channel is closed")]
    Closed,
    /// A route is longer than the other end would take, or has such a stop.
    #[error("a route is too long for a secure channel")]
    Route,
    /// It has no nonces left.
    #[error(transparent)]
    Exhausted(#[from] SealError),
}

impl Sending {
    pub(super) fn new(sealer: Sealer, way: Route, encryptor: Address) -> Self {
        Self { sealer, way, encryptor, is_closed: false }
    }

    /// Where what is sealed goes: to the other end's decryptor, with an empty return route.
    #[must_use]
    pub fn way(&self) -> &Route {
        &self.way
    }

    /// Follows the other end, when a [`Receiving`](super::Receiving) says that it has moved.
    pub fn follow(&mut self, moved: Route) {
        self.way = moved;
    }

    /// Appends a message of a worker's, sealed: it goes on from the other end along `onward`,
    /// which does not have this end's encryptor any more.
    ///
    /// # Errors
    /// When it cannot be sent. Nothing is appended then.
    pub fn seal(
        &mut self,
        onward: &Route,
        back: &Route,
        payload: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if !(fits(onward) && fits(back)) {
            return Err(SendError::Route);
        }
        self.seal_any(&Message::Payload { onward, back, payload }, out)
    }

    /// How many bytes [`seal`](Self::seal) appends for such a message.
    #[must_use]
    pub fn sealed_len(onward: &Route, back: &Route, payload: &[u8]) -> usize {
        Message::Payload { onward, back, payload }.sealed_len()
    }

    /// Shows the other end what one's own identity has become. Its channels stay as they are.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub fn refresh(&mut self, identity: &Identity) -> Result<Outgoing, SendError> {
        let history = identity.history().bytes();
        self.control(&Message::Refresh { history, credentials: Credentials::default() })
    }

    /// Closes the channel, and tells the other end so. Nothing can be sent after that.
    ///
    /// # Errors
    /// When it was closed before, and the other end has been told, or has told so itself.
    pub fn close(&mut self) -> Result<Outgoing, SendError> {
        let close = self.control(&Message::Close);
        self.is_closed = true;
        close
    }

    /// Closes the channel when the other end has done so: it is not told again.
    pub fn was_closed(&mut self) {
        self.is_closed = true;
    }

    /// What the ends say to each other has the encryptor as its return route.
    fn control(&mut self, message: &Message<'_, &Route>) -> Result<Outgoing, SendError> {
        let mut payload = Vec::new();
        self.seal_any(message, &mut payload)?;
        let back = Route::from(&self.encryptor);
        Ok(Outgoing { onward: self.way.clone(), back, payload })
    }

    fn seal_any(
        &mut self,
        message: &Message<'_, &Route>,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if self.is_closed {
            return Err(SendError::Closed);
        }
        Ok(self.sealer.seal(message, out)?)
    }
}

/// Whether the other end would take this route.
fn fits(route: &Route) -> bool {
    let stop_fits = |stop: &Address| (1..=MAX_BYTES).contains(&stop.bytes().len());
    route.len() <= MAX_HOPS && route.iter().all(stop_fits)
}
