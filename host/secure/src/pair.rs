//! Pairs of X25519 keys.

use x25519_dalek::{PublicKey, StaticSecret};

use crate::seed::Seed;

/// The bytes of a public key.
pub(crate) const PUBLIC: usize = 32;

/// A secret key with its public one, which takes some time to compute. The secret is wiped
/// when it is dropped.
#[derive(Clone)]
pub(crate) struct Pair {
    secret: StaticSecret,
    public: PublicKey,
}

/// The other's key is of small order: with it every secret is zero, and known to all.
#[derive(Debug)]
pub(crate) struct WeakKey;

impl Pair {
    pub(crate) fn new(seed: &Seed) -> Self {
        let secret = StaticSecret::from(*seed.bytes());
        Self { public: PublicKey::from(&secret), secret }
    }

    pub(crate) fn public(&self) -> &[u8; PUBLIC] {
        self.public.as_bytes()
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    /// The secret that both of two pairs can make, and nobody else.
    pub(crate) fn shared(&self, other: [u8; PUBLIC]) -> Result<[u8; 32], WeakKey> {
        let shared = self.secret.diffie_hellman(&other.into());
        match shared.was_contributory() {
            true => Ok(shared.to_bytes()),
            false => Err(WeakKey),
        }
    }
}
