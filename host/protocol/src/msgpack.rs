//! MessagePack payloads, with the names of the fields: what `#[derive(Message)]`
//! writes and reads.

use alloc::vec::Vec;

use rmp_serde::decode::Deserializer;
use serde::{Serialize, de::DeserializeOwned};

use crate::payload::{Encode, Message, PayloadError};

/// Any value of serde's as a payload, where its type has no `#[derive(Message)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagePack<T>(pub T);

impl<T: Serialize> Encode for MessagePack<T> {
    fn encode(&self) -> Result<Vec<u8>, PayloadError> {
        encode(&self.0)
    }
}

impl<T: Serialize + DeserializeOwned> Message for MessagePack<T> {
    fn decode(payload: &[u8]) -> Result<Self, PayloadError> {
        decode(payload).map(Self)
    }
}

/// The deepest nesting that is read; what a stranger sent may not use up the stack.
const MAX_DEPTH: usize = 64;

/// Write a value with named fields.
///
/// # Errors
/// When its `Serialize` fails.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, PayloadError> {
    rmp_serde::to_vec_named(value).map_err(PayloadError::new)
}

/// Read a value; every byte has to belong to it.
///
/// # Errors
/// When the bytes are not MessagePack, not this type, or nested too deep.
pub fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, PayloadError> {
    // From a reader and not `from_read_ref`, which does not say how far it has come.
    let mut reader = Deserializer::new(payload);
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader).map_err(PayloadError::new)?;
    if reader.get_ref().is_empty() {
        Ok(value)
    } else {
        Err(PayloadError::new("bytes are left over after the value"))
    }
}
