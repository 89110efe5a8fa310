//! MessagePack payloads, with the names of the fields: what `#[derive(Message)]`
//! writes and reads.

use alloc::vec::Vec;

use rmp_serde::decode::Deserializer;
use serde::{Serialize, de::DeserializeOwned};

use crate::payload::PayloadError;

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
