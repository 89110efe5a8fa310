//! The Noise handshake XX as Ockam names it. `snow` walks through its steps; the
//! primitives are given here, so that a key of small order is refused and the ephemeral
//! key comes of a seed that was passed in.

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};
use snow::params::{
    BaseChoice, CipherChoice, DHChoice, HandshakeChoice, HandshakeModifierList, HandshakePattern,
    HashChoice, NoiseParams,
};
use snow::resolvers::CryptoResolver;
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, Error, HandshakeState};
use zeroize::Zeroizing;

use crate::cipher::{Key, TAG};
use crate::pair::{PUBLIC, Pair, WeakKey};
use crate::seed::Seed;

/// As Ockam names it, in exactly 32 bytes: so it is what the transcript begins with.
const NAME: &str = "OCKAM_XX_25519_AES256_GCM_SHA256";

/// The most bytes of a message of a handshake, by Noise.
pub(crate) const MAX_MESSAGE: usize = 65_535;

/// What a message may have beside its payload: two keys and two tags.
const BESIDE: usize = 2 * (PUBLIC + TAG);

/// A handshake that is under way.
pub(crate) struct Noise(Box<HandshakeState>);

/// What a handshake ends with.
pub(crate) struct Split {
    /// The hash of all that was said.
    pub(crate) hash: [u8; 32],
    /// With which R sends.
    pub(crate) k1: Zeroizing<[u8; 32]>,
    /// With which I sends.
    pub(crate) k2: Zeroizing<[u8; 32]>,
}

impl Noise {
    pub(crate) fn initiator(key: &Pair, ephemeral: Seed) -> Result<Self, Error> {
        Ok(Self(builder(key, ephemeral)?.build_initiator()?.into()))
    }

    pub(crate) fn responder(key: &Pair, ephemeral: Seed) -> Result<Self, Error> {
        Ok(Self(builder(key, ephemeral)?.build_responder()?.into()))
    }

    /// The next message, with this payload.
    pub(crate) fn write(&mut self, payload: &[u8]) -> Result<Vec<u8>, Error> {
        let mut message = vec![0; payload.len() + BESIDE];
        let length = self.0.write_message(payload, &mut message)?;
        message.truncate(length);
        Ok(message)
    }

    /// The payload of the other's next message.
    pub(crate) fn read(&mut self, message: &[u8]) -> Result<Vec<u8>, Error> {
        check_length(message)?;
        let mut payload = vec![0; message.len()];
        let length = self.0.read_message(message, &mut payload)?;
        payload.truncate(length);
        Ok(payload)
    }

    /// The key that the other end has used, once it is known.
    pub(crate) fn other_key(&self) -> Result<[u8; PUBLIC], Error> {
        let key = self.0.get_remote_static().and_then(|key| key.try_into().ok());
        key.ok_or(Error::Input)
    }

    /// The end of the handshake.
    pub(crate) fn split(mut self) -> Result<Split, Error> {
        let (k1, k2) = self.0.dangerously_get_raw_split();
        let hash = self.0.get_handshake_hash().try_into().map_err(|_| Error::Input)?;
        Ok(Split { hash, k1: Zeroizing::new(k1), k2: Zeroizing::new(k2) })
    }
}

/// Refuses what can be no message, whatever is in it.
pub(crate) fn check_length(message: &[u8]) -> Result<(), Error> {
    match message.len() {
        PUBLIC..=MAX_MESSAGE => Ok(()),
        _ => Err(Error::Input),
    }
}

fn builder<'a>(key: &Pair, ephemeral: Seed) -> Result<Builder<'a>, Error> {
    let primitives = Primitives { key: key.clone(), ephemeral };
    let builder = Builder::with_resolver(parameters(), Box::new(primitives));
    // The key is with the primitives already.
    builder.local_private_key(&[])
}

fn parameters() -> NoiseParams {
    let modifiers = HandshakeModifierList { list: Vec::new() };
    NoiseParams::new(
        NAME.to_owned(),
        BaseChoice::Noise,
        HandshakeChoice { pattern: HandshakePattern::XX, modifiers },
        DHChoice::Curve25519,
        CipherChoice::AESGCM,
        HashChoice::SHA256,
    )
}

/// What the handshake is made of. Nothing but what the name says is ever asked for.
struct Primitives {
    /// One's own static key.
    key: Pair,
    ephemeral: Seed,
}

impl CryptoResolver for Primitives {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Ephemeral(Some(Zeroizing::new(*self.ephemeral.bytes())))))
    }

    fn resolve_dh(&self, _: &DHChoice) -> Option<Box<dyn Dh>> {
        Some(Box::new(Used { key: self.key.clone(), used: None }))
    }

    fn resolve_hash(&self, _: &HashChoice) -> Option<Box<dyn Hash>> {
        Some(Box::new(Transcript(Sha256::new())))
    }

    fn resolve_cipher(&self, _: &CipherChoice) -> Option<Box<dyn Cipher>> {
        Some(Box::new(Sealed(None)))
    }
}

/// The one key that a handshake makes.
struct Ephemeral(Option<Zeroizing<[u8; 32]>>);

impl Random for Ephemeral {
    fn try_fill_bytes(&mut self, room: &mut [u8]) -> Result<(), Error> {
        let bytes = self.0.take().ok_or(Error::Rng)?;
        if room.len() != bytes.len() {
            return Err(Error::Rng);
        }
        room.copy_from_slice(&bytes[..]);
        Ok(())
    }
}

/// A pair that is used in the handshake, once it is known which.
struct Used {
    /// One's own static key.
    key: Pair,
    used: Option<Pair>,
}

impl Dh for Used {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        PUBLIC
    }

    fn priv_len(&self) -> usize {
        32
    }

    /// The static key is all that is ever set.
    fn set(&mut self, _: &[u8]) {
        self.used = Some(self.key.clone());
    }

    fn generate(&mut self, random: &mut dyn Random) -> Result<(), Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.try_fill_bytes(&mut bytes[..])?;
        self.used = Some(Pair::new(&Seed::new(*bytes)));
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        self.used.as_ref().map_or(&[0; PUBLIC][..], |pair| pair.public())
    }

    fn privkey(&self) -> &[u8] {
        self.used.as_ref().map_or(&[0; 32][..], |pair| pair.secret())
    }

    fn dh(&self, other: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let other = other.first_chunk().ok_or(Error::Dh)?;
        let used = self.used.as_ref().ok_or(Error::Dh)?;
        let shared = Zeroizing::new(used.shared(*other).map_err(|WeakKey| Error::Dh)?);
        out.first_chunk_mut().map(|room| *room = *shared).ok_or(Error::Dh)
    }
}

struct Transcript(Sha256);

impl Hash for Transcript {
    fn name(&self) -> &'static str {
        "SHA256"
    }

    fn block_len(&self) -> usize {
        64
    }

    fn hash_len(&self) -> usize {
        32
    }

    fn reset(&mut self) {
        self.0.reset();
    }

    fn input(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn result(&mut self, out: &mut [u8]) {
        let hash = self.0.finalize_reset();
        for (room, byte) in out.iter_mut().zip(hash) {
            *room = byte;
        }
    }
}

/// The cipher of the handshake; without a key until there is a secret.
struct Sealed(Option<Key>);

impl Cipher for Sealed {
    fn name(&self) -> &'static str {
        "AESGCM"
    }

    fn set(&mut self, key: &[u8; 32]) {
        self.0 = Some(Key::new(key));
    }

    fn encrypt(&self, nonce: u64, beside: &[u8], plain: &[u8], out: &mut [u8]) -> usize {
        let (Some(key), Some((text, rest))) = (&self.0, out.split_at_mut_checked(plain.len()))
        else {
            return 0;
        };
        text.copy_from_slice(plain);
        let Some(tag) = rest.first_chunk_mut() else {
            return 0;
        };
        *tag = key.seal(nonce, beside, text);
        plain.len() + TAG
    }

    fn decrypt(
        &self,
        nonce: u64,
        beside: &[u8],
        sealed: &[u8],
        out: &mut [u8],
    ) -> Result<usize, Error> {
        let (text, tag) = sealed.split_last_chunk().ok_or(Error::Decrypt)?;
        let room = out.get_mut(..text.len()).ok_or(Error::Decrypt)?;
        room.copy_from_slice(text);
        let key = self.0.as_ref().ok_or(Error::Decrypt)?;
        key.open(nonce, beside, room, tag).map_err(|_| Error::Decrypt)?;
        Ok(text.len())
    }
}
