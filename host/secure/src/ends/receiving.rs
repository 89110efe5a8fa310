//! The half of an open end through which comes what the other end sends.

use std::ops::Range;

use skep_protocol::{Address, Route};

use crate::known::KnownHistories;
use crate::message::{Message, MessageError};
use crate::presented::{Peer, Refusal};
use crate::transport::{OpenError, Opener};
use crate::way::Way;

/// The half of an open end through which comes what the other end sends.
#[derive(Debug)]
pub struct Receiving {
    opener: Opener,
    peer: Peer,
    way: Way,
    encryptor: Address,
    refreshes: u32,
}

/// How often a channel's other end may show what its identity has become: twice as often as
/// that can have another key.
const MAX_REFRESHES: u32 = 64;

/// What has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it was.
    pub what: What,
    /// The other end's new way, if it has moved: [`Sending`](super::Sending) has to follow.
    pub moved: Option<Route>,
}

/// What has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A message, which goes on from here, in the name of the other end's identity.
    Message {
        /// Where it goes.
        onward: Route,
        /// The way back: through this end's encryptor.
        back: Route,
        /// What it carries.
        payload: Vec<u8>,
    },
    /// The other end has shown what its identity has become.
    Refreshed,
    /// The other end has closed the channel. Both halves of this end are of no more use.
    Closed,
}

/// Why nothing came of what has come. None of this ends the channel: it is as if it had
/// been lost on the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// It is not from the other end, or not for now.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is from the other end, and not understood.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// The other end has shown itself anew too often.
    #[error("the other end has shown itself anew too often")]
    TooMany,
    /// What the other end shows of itself is not to be believed.
    #[error(transparent)]
    Refresh(#[from] Refusal),
}

/// What was read, apart from the bytes in which it was.
enum Read {
    /// With the place of what it carries.
    Message(Route, Route, Range<usize>),
    Refreshed,
    Closed,
}

impl Receiving {
    pub(super) fn new(opener: Opener, peer: Peer, way: Way, encryptor: Address) -> Self {
        Self { opener, peer, way, encryptor, refreshes: 0 }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Takes a message that has come to the decryptor, with its return route.
    ///
    /// # Errors
    /// When nothing comes of it. The channel goes on.
    pub fn receive(
        &mut self,
        back: &Route,
        mut payload: Vec<u8>,
        known: &dyn KnownHistories,
    ) -> Result<Received, ReceiveError> {
        let opened = self.opener.open(&mut payload)?;
        let read = self.read(payload.get(opened.text).unwrap_or_default(), &payload, known)?;
        let has_moved = opened.is_newest && self.way.follow(back);
        let moved = has_moved.then(|| self.way.route().clone());
        let what = match read {
            Read::Message(onward, back, place) => {
                // The same memory: what is sealed is hardly longer than what it carries.
                payload.truncate(place.end);
                payload.drain(..place.start);
                What::Message { onward, back, payload }
            }
            Read::Refreshed => What::Refreshed,
            Read::Closed => What::Closed,
        };
        Ok(Received { what, moved })
    }

    fn read(
        &mut self,
        text: &[u8],
        whole: &[u8],
        known: &dyn KnownHistories,
    ) -> Result<Read, ReceiveError> {
        match Message::decode(text)? {
            Message::Payload { onward, mut back, payload } => {
                back.push_front(self.encryptor.clone());
                Ok(Read::Message(onward, back, place(payload, whole)))
            }
            Message::Refresh { history, credentials } => {
                // Each costs up to as many signatures as a history has keys.
                self.refreshes += 1;
                if self.refreshes > MAX_REFRESHES {
                    return Err(ReceiveError::TooMany);
                }
                self.peer.refresh(history, credentials, known)?;
                Ok(Read::Refreshed)
            }
            Message::Close => Ok(Read::Closed),
        }
    }
}

/// Where a part of some bytes is among them.
fn place(part: &[u8], whole: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(whole.as_ptr().addr());
    start..start + part.len()
}
