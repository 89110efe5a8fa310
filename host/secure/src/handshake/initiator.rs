//! I: the end that begins.

use std::fmt;
use std::sync::Arc;

use super::{Established, HandshakeError};
use crate::identity::Identity;
use crate::noise::Noise;
use crate::presented::Judge;
use crate::seed::Seed;
use crate::transport::{Opener, Sealer};

/// A handshake that was begun here, and waits for the second message.
pub struct Initiator {
    noise: Noise,
    presented: Arc<[u8]>,
}

impl Initiator {
    /// Begins a handshake. The first message says nothing of who is asking.
    ///
    /// # Errors
    /// When one's own identity has expired at the time `now`.
    pub fn start(
        identity: &Identity,
        ephemeral: Seed,
        now: u64,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        if identity.expires_at() < now {
            return Err(HandshakeError::OwnExpired);
        }
        let mut noise = Noise::initiator(identity.channel_key(), ephemeral)?;
        let message1 = noise.write(&[])?;
        Ok((Self { noise, presented: Arc::clone(identity.presented()) }, message1))
    }

    /// Takes the second message and makes the third. That one shows one's own identity, and
    /// so is only made for a peer who was let in.
    ///
    /// Once it is sent the channel is open, as far as can be known here: there is no answer,
    /// and a peer that refuses says nothing.
    ///
    /// # Errors
    /// When the message or the peer is refused.
    pub fn finish(
        mut self,
        message2: &[u8],
        judge: Judge<'_>,
    ) -> Result<(Established, Vec<u8>), HandshakeError> {
        let presented = self.noise.read(message2)?;
        let peer = judge.verify(&presented, &self.noise.other_key()?)?;
        let message3 = self.noise.write(&self.presented)?;
        let split = self.noise.split()?;
        let (sealer, opener) = (Sealer::new(&split.k2), Opener::new(&split.k1));
        Ok((Established { peer, sealer, opener, hash: split.hash }, message3))
    }
}

impl fmt::Debug for Initiator {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Initiator(..)")
    }
}
