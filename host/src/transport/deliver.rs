//! How what has come from another node gets to its receiver: to whoever waits for it as an
//! answer, or into the mailbox of whoever takes messages from there.

use std::time::{Duration, Instant};

use bytes::Bytes;
use skep_protocol::{Address, Route};

use crate::router::{Message, Origin, Peer, RequestError, Router, SendError, Way};
use crate::transport::replies::Reply;

/// How long a receiver without room holds up all that comes the same way. It pays: most are
/// only slower than the link, and what waits here presses back on whoever sends.
pub(super) const STALL: Duration = Duration::from_millis(500);
/// How often it is looked whether there is room.
pub(super) const LOOK: Duration = Duration::from_millis(1);
/// After that nobody waits for the same receiver for so long, or until it has room again: a
/// twentieth of the time is what one that does nothing may cost the others.
const STUCK: Duration = Duration::from_secs(10);
/// Bytes that sealing may add to a message: two routes of 32 stops, as long as stops can be.
pub(super) const SEALED: usize = 20 << 10;

/// Passes on what comes by one connection, or through one channel.
pub(super) struct Delivery {
    origin: Origin,
    /// The bytes of a message's payload.
    most: usize,
    /// A receiver that had no room for long, and until when nobody waits for it.
    stuck: Option<(Address, Instant)>,
}

/// Why a message is not with its receiver.
pub(super) enum Undelivered {
    /// There is no room: it can be tried again.
    Full(Box<Message>),
    /// It is refused.
    Refused(SendError),
}

impl From<SendError> for Undelivered {
    fn from(why: SendError) -> Self {
        Self::Refused(why)
    }
}

impl Delivery {
    /// Of messages that a peer sends.
    pub(super) fn new(peer: &Peer, most: usize) -> Self {
        Self { origin: Origin::Peer(peer.clone()), most, stuck: None }
    }

    /// Pass a message on. `answered` knows who waits for an answer by this name.
    ///
    /// # Errors
    /// That it is refused, or its receiver has no room.
    pub(super) fn deliver(
        &mut self,
        router: &Router,
        (onward, back): (Route, Route),
        payload: Bytes,
        answered: impl FnOnce(&Address) -> Option<Reply>,
    ) -> Result<(), Undelivered> {
        self.check_size(router, &onward, payload.len())?;
        let (mut to, back) = (Way::from(onward), Way::from(back));
        let mut token = None;
        if let Some(reply) = to.stops.last().and_then(answered) {
            to.stops.pop_back();
            to.end = Some(reply.answer);
            token = reply.token;
        }
        router.check_hops(&to, &back)?;
        let Some(recipient) = to.stops.pop_front() else {
            // It was awaited here, and nowhere else.
            if let Some(answer) = to.end {
                answer.0.complete(Ok(payload));
            }
            return Ok(());
        };
        let message = Message::new(recipient, to, back, payload, self.origin.clone());
        self.place(router, Box::new(Message { token, ..message }))
    }

    /// Check the length of a payload. What only passes may be longer by what sealing adds.
    fn check_size(&self, router: &Router, to: &Route, bytes: usize) -> Result<(), SendError> {
        let passes = || {
            let next = to.first();
            next.is_some_and(|next| match next.is_local() {
                true => router.find(next).is_some_and(|found| found.carries()),
                false => true,
            })
        };
        match bytes <= self.most || (bytes <= self.most + SEALED && passes()) {
            true => Ok(()),
            false => Err(SendError::TooLarge(self.most)),
        }
    }

    /// Put a message into the mailbox of its receiver.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    pub(super) fn place(
        &mut self,
        router: &Router,
        message: Box<Message>,
    ) -> Result<(), Undelivered> {
        let Message { recipient, onward, back, payload, .. } = &*message;
        match router.place(recipient, onward, back, payload.len(), &self.origin) {
            Ok(place) => {
                self.stuck.take_if(|(stuck, _)| stuck == recipient);
                place.fill(router, message);
                Ok(())
            }
            Err(SendError::MailboxFull(_)) if !self.is_stuck(recipient) => {
                Err(Undelivered::Full(message))
            }
            Err(why) => {
                if let Some(token) = message.token {
                    token.lose(RequestError::Dropped(why.to_string()));
                }
                Err(why.into())
            }
        }
    }

    /// This receiver has held the others up for long enough.
    pub(super) fn gives_up_on(&mut self, recipient: &Address) {
        self.stuck = Some((recipient.clone(), Instant::now() + STUCK));
    }

    fn is_stuck(&self, recipient: &Address) -> bool {
        let stuck = self.stuck.as_ref();
        stuck.is_some_and(|(stuck, until)| stuck == recipient && Instant::now() < *until)
    }
}
