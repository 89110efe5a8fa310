//! The ends of channels, as a node uses them: a message with its routes goes in, and what
//! has to be sent or delivered comes out. The node has the addresses, the clock and the
//! randomness.
//!
//! - [`Connecting`] is I's end until the second message comes, [`Listener`] has R's ends
//!   until the third does. Both end in an [`Open`].
//! - [`Sending`] and [`Receiving`] are the halves of an open end. Each needs a lock of its
//!   own at most; the one thing that goes from one to the other is where R's answers go.
//!
//! Each end has two addresses: what comes from the other end arrives at its decryptor, and
//! what the node's own workers send through the channel goes to its encryptor.

mod connecting;
mod listener;
mod receiving;
mod sending;
#[cfg(test)]
mod tests;

use skep_protocol::{Address, Route};

use crate::handshake::Established;
use crate::presented::Peer;
use crate::way::Way;

pub use connecting::Connecting;
pub use listener::{AnswerError, AskError, Asked, Asking, Limits, Listener};
pub use receiving::{ReceiveError, Received, Receiving, What};
pub use sending::{SendError, Sending};

/// A message that has to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Where it goes.
    pub onward: Route,
    /// The way back, before the node adds to it.
    pub back: Route,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// The two addresses of an end. Nobody can guess them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    /// What the node's own workers send through the channel goes there.
    pub encryptor: Address,
    /// What the other end sends arrives there.
    pub decryptor: Address,
}

impl Ends {
    /// Addresses of 32 random bytes, in the form that Ockam gives them: 32 hexadecimal
    /// digits each.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        let (encryptor, decryptor) = random.split_at(16);
        Self { encryptor: address(encryptor), decryptor: address(decryptor) }
    }
}

fn address(bytes: &[u8]) -> Address {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + value - 10 };
    Address::local(&digits.map(digit).collect::<Vec<_>>())
}

/// An end of a channel that is open, in its two halves.
#[derive(Debug)]
pub struct Open {
    /// Its addresses.
    pub ends: Ends,
    /// For what is sent through the channel.
    pub sending: Sending,
    /// For what comes through it; it knows who is at the other end.
    pub receiving: Receiving,
}

impl Open {
    fn new(ends: Ends, established: Established, way: Way) -> Self {
        let Established { peer, sealer, opener, .. } = established;
        let sending = Sending::new(sealer, way.route().clone(), ends.encryptor.clone());
        let receiving = Receiving::new(opener, peer, way, ends.encryptor.clone());
        Self { ends, sending, receiving }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        self.receiving.peer()
    }
}
