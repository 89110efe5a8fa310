//! Which nonces have come, as far as that still matters.

/// How far a nonce may be from the highest one, on either side.
const REACH: u64 = 32;

/// The highest nonce that was opened (0 at first), and which of the 33 that end with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    highest: u64,
    /// Bit `d` stands for the nonce `highest - d`.
    seen: u64,
}

impl Window {
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// Whether a message with this nonce may still come.
    pub(super) fn admits(&self, nonce: u64) -> bool {
        match self.highest.checked_sub(nonce) {
            Some(behind) => behind <= REACH && self.seen >> behind & 1 == 0,
            None => nonce - self.highest <= REACH,
        }
    }

    /// Remembers a nonce that was admitted; true if it is higher than any before.
    pub(super) fn note(&mut self, nonce: u64) -> bool {
        let Some(behind) = self.highest.checked_sub(nonce) else {
            self.seen = self.seen << (nonce - self.highest) | 1;
            self.highest = nonce;
            return true;
        };
        self.seen |= 1 << behind;
        false
    }
}
