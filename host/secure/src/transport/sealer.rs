//! Sealing what is sent.

use std::borrow::Borrow;
use std::fmt;

use skep_protocol::Route;

use super::KEY_MESSAGES;
use crate::cipher::{Key, NONCE, REKEY};
use crate::message::Message;

/// Seals the messages of one direction, each under the next nonce.
pub struct Sealer {
    key: Key,
    /// The nonce of the next message.
    pub(super) nonce: u64,
}

/// There are no nonces left: the channel has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a channel has sealed as many messages as it can")]
pub struct SealError;

impl Sealer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { key: Key::new(key), nonce: 0 }
    }

    /// Appends a message, sealed; it takes [`sealed_len`](Message::sealed_len) bytes. They
    /// have to be sent: the other end bears few gaps.
    ///
    /// # Errors
    /// When there are no nonces left. Nothing is appended then.
    pub fn seal<R: Borrow<Route>>(
        &mut self,
        message: &Message<'_, R>,
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        let nonce = self.advance()?;
        out.reserve(message.sealed_len());
        out.extend(nonce.to_be_bytes());
        let start = out.len();
        message.encode(out);
        let text = out.get_mut(start..).unwrap_or_default();
        let tag = self.key.seal(nonce, &[], text);
        out.extend(tag);
        Ok(())
    }

    /// The nonce of the next message, with the key that belongs to it.
    fn advance(&mut self) -> Result<u64, SealError> {
        let nonce = self.nonce;
        if nonce == REKEY {
            return Err(SealError);
        }
        if nonce != 0 && nonce.is_multiple_of(KEY_MESSAGES) {
            self.key = self.key.next();
        }
        self.nonce += 1;
        Ok(nonce)
    }

    /// How many messages it has sealed.
    #[must_use]
    pub fn sealed(&self) -> u64 {
        self.nonce
    }
}

const _: () = assert!(NONCE == size_of::<u64>());

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sealer").field("sealed", &self.nonce).finish_non_exhaustive()
    }
}
