//! R: the end that is asked.

use std::fmt;

use super::{Established, HandshakeError};
use crate::identity::Identity;
use crate::noise::{Noise, check_length};
use crate::presented::Judge;
use crate::seed::Seed;
use crate::transport::{Opener, Sealer};

/// A handshake that somebody else has begun, and that waits for the third message.
///
/// It costs some memory and three X25519 operations, and nobody knows yet for whom: so
/// there have to be bounds for how many there are, and for how long.
pub struct Responder {
    noise: Noise,
}

impl Responder {
    /// Takes the first message and makes the second. That one shows one's own identity to
    /// whoever asks.
    ///
    /// # Errors
    /// When the message is refused, or one's own identity has expired at the time `now`.
    pub fn start(
        identity: &Identity,
        ephemeral: Seed,
        message1: &[u8],
        now: u64,
    ) -> Result<(Self, Vec<u8>), HandshakeError> {
        if identity.expires_at() < now {
            return Err(HandshakeError::OwnExpired);
        }
        // Before a key is made.
        check_length(message1)?;
        let mut noise = Noise::responder(identity.channel_key(), ephemeral)?;
        // A payload in the clear is nobody's word.
        noise.read(message1)?;
        let message2 = noise.write(identity.presented())?;
        Ok((Self { noise }, message2))
    }

    /// Takes the third message: after it the channel is open.
    ///
    /// # Errors
    /// When the message or the peer is refused.
    pub fn finish(
        mut self,
        message3: &[u8],
        judge: Judge<'_>,
    ) -> Result<Established, HandshakeError> {
        let presented = self.noise.read(message3)?;
        let peer = judge.verify(&presented, &self.noise.other_key()?)?;
        let split = self.noise.split()?;
        let (sealer, opener) = (Sealer::new(&split.k1), Opener::new(&split.k2));
        Ok(Established { peer, sealer, opener, hash: split.hash })
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Responder(..)")
    }
}
