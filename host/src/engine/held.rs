//! The payload of the message in hand, for the time of a call.

use bytes::Bytes;

/// The bytes of a payload that is copied rather than shared.
const SHORT: usize = 64;

/// A payload for the time of a call, while the message itself is the handling's. A short one
/// is copied: the first to share bytes has to ask for memory.
pub(super) enum Held {
    Short([u8; SHORT], usize),
    Long(Bytes),
}

impl Held {
    pub(super) fn of(payload: &Bytes) -> Self {
        let mut short = [0; SHORT];
        match short.get_mut(..payload.len()) {
            Some(room) => room.copy_from_slice(payload),
            None => return Self::Long(payload.clone()),
        }
        Self::Short(short, payload.len())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short(short, length) => short.get(..*length).unwrap_or_default(),
            Self::Long(payload) => payload,
        }
    }
}
