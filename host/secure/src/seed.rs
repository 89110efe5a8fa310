//! Randomness that was passed in, to become one key.

use zeroize::Zeroizing;

/// Thirty-two bytes that nobody can guess, for one key. They are wiped when it is dropped.
///
/// They have to come from the system's generator, and to be used once: two keys of one
/// seed are the same key.
pub struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    /// A seed of these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(..)")
    }
}
