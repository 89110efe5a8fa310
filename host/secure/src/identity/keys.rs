//! Verifying signatures of identities: Ed25519 and ECDSA over P-256.

use p256::ecdsa;
use p256::ecdsa::signature::Verifier;

use super::hash::sha256;
use super::wire::{PublicKey, Signature};

/// A signature was not made by the key that it should be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a signature is wrong")]
pub struct SignatureError;

impl PublicKey {
    /// Whether this key has signed the [`Versioned`](super::wire::Versioned) bytes.
    ///
    /// What is signed is their hash. ECDSA hashes that once more.
    pub(super) fn verify(&self, bytes: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        #[cfg(test)]
        counted::COUNT.set(counted::COUNT.get() + 1);
        let message = sha256(bytes);
        match (self, signature) {
            (Self::Ed25519(key), Signature::Ed25519(signature)) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(wrong)?;
                // Strict: of a weak key, or with a signature that has a second form, the same
                // bytes could count as signed here and not elsewhere.
                key.verify_strict(&message, &signature.into()).map_err(wrong)
            }
            (Self::P256(key), Signature::P256(signature)) => {
                let key = ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(wrong)?;
                let signature = ecdsa::Signature::from_slice(signature).map_err(wrong)?;
                key.verify(&message, &signature).map_err(wrong)
            }
            _ => Err(SignatureError),
        }
    }
}

fn wrong<E>(_: E) -> SignatureError {
    SignatureError
}

/// How many signatures were looked at: each is a tenth of a millisecond.
#[cfg(test)]
pub(crate) mod counted {
    use std::cell::Cell;

    thread_local! {
        pub(super) static COUNT: Cell<usize> = const { Cell::new(0) };
    }

    /// By this thread, while something was done.
    pub(crate) fn during<T>(act: impl FnOnce() -> T) -> (T, usize) {
        let before = COUNT.get();
        let done = act();
        (done, COUNT.get() - before)
    }
}
