//! Numbers within messages: 8 bytes each, little-endian.

pub fn put_word(message: &mut [u8], offset: usize, value: u64) {
    message[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
}

/// `None` if the message ends before it.
pub fn word(message: &[u8], offset: usize) -> Option<u64> {
    let bytes = message.get(offset..offset + 8)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}
