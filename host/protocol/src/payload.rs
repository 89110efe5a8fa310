//! How the bytes of a payload are read and written. The node moves bytes; what
//! they mean is between the workers.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// What can be sent: it becomes the bytes of a payload.
///
/// Text is its UTF-8 bytes and bytes are themselves, without a header, so that a
/// worker that takes a `String` understands what a person types.
pub trait Encode {
    /// The bytes of the payload.
    ///
    /// # Errors
    /// When the value has no encoding, such as a map with a failing `Serialize`.
    fn encode(&self) -> Result<Vec<u8>, PayloadError>;

    /// The same, without a copy where the value is its own bytes.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        self.encode().map(Cow::Owned)
    }
}

/// What a worker receives: read from the bytes of a payload.
pub trait Message: Encode + Sized {
    /// Read a payload.
    ///
    /// # Errors
    /// When the bytes are not a value of this type.
    fn decode(payload: &[u8]) -> Result<Self, PayloadError>;
}

/// Why bytes are not a value, or a value has no bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayloadError(String);

impl PayloadError {
    /// An error with a text for people.
    pub fn new(text: impl fmt::Display) -> Self {
        Self(alloc::format!("{text}"))
    }
}

impl fmt::Display for PayloadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl core::error::Error for PayloadError {}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        (**self).encode()
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        (**self).to_payload()
    }
}

impl Encode for str {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        Ok(self.as_bytes().into())
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        Ok(Cow::Borrowed(self.as_bytes()))
    }
}

impl Encode for String {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        self.as_str().encode()
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        self.as_str().to_payload()
    }
}

impl Message for String {
    fn decode(payload: &[u8]) -> Result<Self, PayloadError> {
        let text = core::str::from_utf8(payload).map_err(PayloadError::new)?;
        Ok(text.into())
    }
}

impl Encode for [u8] {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        Ok(self.into())
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        Ok(Cow::Borrowed(self))
    }
}

impl<const N: usize> Encode for [u8; N] {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        self.as_slice().encode()
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        self.as_slice().to_payload()
    }
}

impl Encode for Vec<u8> {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        Ok(self.clone())
    }

    fn to_payload(&self) -> Result<Cow<'_, [u8]>, PayloadError> {
        Ok(Cow::Borrowed(self))
    }
}

impl Message for Vec<u8> {
    fn decode(payload: &[u8]) -> Result<Self, PayloadError> {
        Ok(payload.into())
    }
}

/// An empty payload: a message that says all by arriving.
impl Encode for () {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        Ok(Vec::new())
    }
}

impl Message for () {
    fn decode(payload: &[u8]) -> Result<Self, PayloadError> {
        if payload.is_empty() { Ok(()) } else { Err(PayloadError::new("the payload is not empty")) }
    }
}

/// Text or bytes as Ockam's own workers write them, in BARE: the length as
/// LEB128 (`uint` in draft-devault-bare) and then the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bare<T>(pub T);

impl<T: Encode> Encode for Bare<T> {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        let body = self.0.encode()?;
        let mut bytes = Vec::with_capacity(body.len() + 5);
        let mut left = body.len();
        while left > 0x7f {
            bytes.push(0x80 | low_bits(left));
            left >>= 7;
        }
        bytes.push(low_bits(left));
        bytes.extend(body);
        Ok(bytes)
    }
}

impl<T: Message> Message for Bare<T> {
    fn decode(payload: &[u8]) -> Result<Self, PayloadError> {
        let (len, body) = leb128(payload)?;
        if u64::try_from(body.len()) != Ok(len) {
            return Err(PayloadError::new("the BARE length is not that of the payload"));
        }
        T::decode(body).map(Bare)
    }
}

/// The lowest seven bits of a number.
fn low_bits(number: usize) -> u8 {
    number.to_le_bytes()[0] & 0x7f
}

/// The number at the front of `bytes`, and what comes after it.
fn leb128(bytes: &[u8]) -> Result<(u64, &[u8]), PayloadError> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Ok((value, bytes.get(index + 1..).unwrap_or_default()));
        }
    }
    Err(PayloadError::new("the payload does not begin with a BARE length"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn bare_text_is_what_ockam_writes() {
        let hello = Bare("hello".to_string());
        assert_eq!(hello.encode(), Ok(b"\x05hello".to_vec()));
        assert_eq!(Bare::decode(b"\x05hello"), Ok(hello));
        assert!(Bare::<String>::decode(b"\x06hello").is_err());
        assert!(Bare::<String>::decode(b"\x80").is_err());
    }

    proptest! {
        #[test]
        fn bare_is_read_back(bytes in prop::collection::vec(any::<u8>(), 0..40_000)) {
            let bare = Bare(bytes);
            prop_assert_eq!(Bare::decode(&bare.encode()?), Ok(bare));
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = Bare::<Vec<u8>>::decode(&bytes);
            let _ = String::decode(&bytes);
        }
    }

    #[test]
    fn text_is_its_bytes() {
        assert_eq!("hä".encode(), Ok(vec![b'h', 0xc3, 0xa4]));
        assert!(String::decode(b"\xff").is_err());
    }
}
