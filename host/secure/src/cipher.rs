//! AES-256-GCM as Noise uses it: the nonce is a counter.

use aes_gcm::aead::AeadInPlace;
use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::Zeroizing;

/// The bytes of a tag.
pub(crate) const TAG: usize = 16;

/// The bytes of a nonce in the clear.
pub(crate) const NONCE: usize = 8;

/// By how many bytes a sealed message is longer than what is in it.
pub const OVERHEAD: usize = NONCE + TAG;

/// The nonce that is kept for making the next key, and never used for a message.
pub(crate) const REKEY: u64 = u64::MAX;

/// A key, ready for use. It is wiped when dropped.
pub(crate) struct Key(Aes256Gcm);

/// Something was not sealed with this key, for this nonce, in this form.
#[derive(Debug)]
pub(crate) struct Forged;

impl Key {
    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        Self(Aes256Gcm::new(bytes.into()))
    }

    /// Encrypts in place, and gives the tag.
    pub(crate) fn seal(&self, nonce: u64, beside: &[u8], text: &mut [u8]) -> [u8; TAG] {
        let tag = self.0.encrypt_in_place_detached(&counter(nonce).into(), beside, text);
        // It refuses texts of more than 64 GiB. A tag that is wrong makes the other end refuse.
        tag.map_or([0; TAG], Into::into)
    }

    /// Decrypts in place. Nothing is changed if the tag is wrong.
    pub(crate) fn open(
        &self,
        nonce: u64,
        beside: &[u8],
        text: &mut [u8],
        tag: &[u8; TAG],
    ) -> Result<(), Forged> {
        let nonce = counter(nonce).into();
        let opened = self.0.decrypt_in_place_detached(&nonce, beside, text, tag.into());
        opened.map_err(|_| Forged)
    }

    /// The bytes of the key that follows this one: Noise's REKEY.
    pub(crate) fn next_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.seal(REKEY, &[], &mut bytes[..]);
        bytes
    }

    /// The key that follows this one.
    pub(crate) fn next(&self) -> Self {
        Self::new(&self.next_bytes())
    }
}

/// Four zeros, and the counter with its most significant byte first.
fn counter(nonce: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (_, room) = bytes.split_at_mut(4);
    room.copy_from_slice(&nonce.to_be_bytes());
    bytes
}
