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
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::cipher::{Key, TAG};
use crate::seed::Seed;

/// As Ockam names it, in exactly 32 bytes: so it is what the transcript begins with.
const NAME: &str = "OCKAM_XX_25519_AES256_GCM_SHA256";

/// The bytes of a public key.
pub(crate) const PUBLIC: usize = 32;

/// The most bytes of a message of a handshake, by Noise.
pub(crate) const MAX_MESSAGE: usize = 65_535;

/// What a message may have beside its payload: two keys and two tags.
const BESIDE: usize = 2 * (PUBLIC + TAG);

/// A handshake that is under way.
pub(crate) struct Noise(HandshakeState);

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
    pub(crate) fn initiator(key: &StaticSecret, ephemeral: Seed) -> Result<Self, Error> {
        Ok(Self(builder(ephemeral).local_private_key(key.as_bytes())?.build_initiator()?))
    }

    pub(crate) fn responder(key: &StaticSecret, ephemeral: Seed) -> Result<Self, Error> {
        Ok(Self(builder(ephemeral).local_private_key(key.as_bytes())?.build_responder()?))
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
        if !(PUBLIC..=MAX_MESSAGE).contains(&message.len()) {
            return Err(Error::Input);
        }
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

fn builder<'a>(ephemeral: Seed) -> Builder<'a> {
    Builder::with_resolver(parameters(), Box::new(Primitives(ephemeral)))
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
struct Primitives(Seed);

impl CryptoResolver for Primitives {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Ephemeral(Some(Zeroizing::new(*self.0.bytes())))))
    }

    fn resolve_dh(&self, _: &DHChoice) -> Option<Box<dyn Dh>> {
        Some(Box::new(Pair::of(StaticSecret::from([0; 32]))))
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

/// A pair of X25519 keys.
struct Pair {
    secret: StaticSecret,
    public: PublicKey,
}

impl Pair {
    fn of(secret: StaticSecret) -> Self {
        Self { public: PublicKey::from(&secret), secret }
    }
}

impl Dh for Pair {
    fn name(&self) -> &'static str {
        "25519"
    }

    fn pub_len(&self) -> usize {
        PUBLIC
    }

    fn priv_len(&self) -> usize {
        32
    }

    fn set(&mut self, key: &[u8]) {
        // What comes here is a `StaticSecret` of ours.
        if let Ok(key) = <[u8; 32]>::try_from(key) {
            *self = Self::of(key.into());
        }
    }

    fn generate(&mut self, random: &mut dyn Random) -> Result<(), Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        random.try_fill_bytes(&mut bytes[..])?;
        *self = Self::of((*bytes).into());
        Ok(())
    }

    fn pubkey(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn privkey(&self) -> &[u8] {
        self.secret.as_bytes()
    }

    /// A key of small order makes the same secret whatever ours is: anybody knows it.
    fn dh(&self, other: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let other: [u8; PUBLIC] = other.first_chunk().copied().ok_or(Error::Dh)?;
        let shared = self.secret.diffie_hellman(&other.into());
        if !shared.was_contributory() {
            return Err(Error::Dh);
        }
        out.first_chunk_mut().map(|room| *room = shared.to_bytes()).ok_or(Error::Dh)
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
