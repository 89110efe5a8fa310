//! I's end, until the second message comes.

use skep_protocol::Route;

use super::{Ends, Open, Outgoing};
use crate::handshake::{HandshakeError, Initiator};
use crate::identity::Identity;
use crate::presented::Judge;
use crate::seed::Seed;
use crate::way::Way;

/// I's end of a channel to be, waiting for the second message. How long, is for the node to
/// say: a peer that refuses says nothing.
#[derive(Debug)]
pub struct Connecting {
    initiator: Initiator,
    ends: Ends,
}

impl Connecting {
    /// Begins a channel to the listener at the end of a route. The second message arrives at
    /// the decryptor of `ends`.
    ///
    /// # Errors
    /// When one's own identity has expired.
    pub fn start(
        identity: &Identity,
        ends: Ends,
        ephemeral: Seed,
        listener: Route,
        now: u64,
    ) -> Result<(Self, Outgoing), HandshakeError> {
        let (initiator, payload) = Initiator::start(identity, ephemeral, now)?;
        let back = Route::from(&ends.decryptor);
        Ok((Self { initiator, ends }, Outgoing { onward: listener, back, payload }))
    }

    /// Its addresses.
    #[must_use]
    pub fn ends(&self) -> &Ends {
        &self.ends
    }

    /// Takes the second message, and its return route. The third has to be sent before
    /// anything else is.
    ///
    /// # Errors
    /// When the message or the peer is refused. The channel does not come about then.
    pub fn finish(
        self,
        back: Route,
        message2: &[u8],
        judge: Judge<'_>,
    ) -> Result<(Open, Outgoing), HandshakeError> {
        let (established, payload) = self.initiator.finish(message2, judge)?;
        let way = Way::of_initiator(back);
        let onward = way.route().clone();
        let back = Route::from(&self.ends.decryptor);
        let open = Open::new(self.ends, established, way);
        Ok((open, Outgoing { onward, back, payload }))
    }
}
