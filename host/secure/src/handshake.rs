//! The handshake: three messages, of which I, the initiator, sends the first and the third.
//!
//! Each step takes the state and gives back the next one, so that after an error there is
//! no state left. What is wrong in a handshake is fatal; nothing is answered.

mod initiator;
mod responder;
#[cfg(test)]
mod tests;

use crate::noise::MAX_MESSAGE;
use crate::pair::PUBLIC;
use crate::presented::{Peer, Refusal};
use crate::transport::{Opener, Sealer};

pub use initiator::Initiator;
pub use responder::Responder;

/// A channel that is open: who is at the other end, and how to speak with it.
#[derive(Debug)]
pub struct Established {
    /// The other end.
    pub peer: Peer,
    /// For what is sent.
    pub sealer: Sealer,
    /// For what comes.
    pub opener: Opener,
    /// The hash of all that was said: the same at both ends, and of no other handshake.
    pub hash: [u8; 32],
}

/// Why a handshake has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// A message has too few bytes, or too many.
    #[error("a handshake message has from {PUBLIC} to {MAX_MESSAGE} bytes")]
    Length,
    /// A message cannot be opened: it was damaged, or is not of this handshake.
    #[error("a handshake message cannot be opened: it is damaged or of another handshake")]
    Forged,
    /// A key of the other end makes a secret that is none.
    #[error("the peer's key makes no secret")]
    WeakKey,
    /// The other end is not let in.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// One's own attestation has expired: no peer would take it.
    #[error("one's own identity has expired: renew it")]
    OwnExpired,
}

impl From<snow::Error> for HandshakeError {
    fn from(why: snow::Error) -> Self {
        match why {
            snow::Error::Input => Self::Length,
            snow::Error::Dh => Self::WeakKey,
            _ => Self::Forged,
        }
    }
}
