//! The payload of the message in hand, for the time of a call.

use bytes::Bytes;

use crate::hostcalls::SHORT;

/// Whether a payload is copied, so that its message may go before the call is over.
pub(super) fn is_short(payload: &Bytes) -> bool {
    payload.len() <= SHORT
}

/// A payload for the time of a call, while the message itself is the handling's. A short one
/// is copied, into memory that is kept for the next: the first to share bytes has to ask for
/// some.
#[derive(Default)]
pub(super) struct Held {
    short: Vec<u8>,
    /// None of it while the payload is a short one, or there is none.
    long: Bytes,
}

impl Held {
    /// Hold this one, in the place of the one before.
    pub(super) fn hold(&mut self, payload: &Bytes) {
        self.short.clear();
        self.long = Bytes::new();
        match is_short(payload) {
            true => self.short.extend_from_slice(payload),
            false => self.long = payload.clone(),
        }
    }

    /// A long one is no longer needed.
    pub(super) fn release(&mut self) {
        self.long = Bytes::new();
    }

    pub(super) fn bytes(&self) -> &[u8] {
        if self.long.is_empty() { &self.short } else { &self.long }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_the_last_one_whatever_its_length() {
        let mut held = Held::default();
        for length in [3, SHORT, SHORT + 1, 2 * SHORT, 1, 5] {
            let payload = Bytes::from(vec![7; length]);
            held.hold(&payload);
            assert_eq!(held.bytes(), payload);
            assert_eq!(payload.is_unique(), length <= SHORT);
        }
        let payload = Bytes::from(vec![7; SHORT + 1]);
        held.hold(&payload);
        held.release();
        assert!(held.bytes().is_empty() && payload.is_unique());
    }
}
