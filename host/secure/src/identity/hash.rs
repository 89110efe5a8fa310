//! SHA-256, which names changes and is what gets signed.

use sha2::{Digest, Sha256};

/// The hash of these bytes.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
