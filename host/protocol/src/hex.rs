//! Bytes as hexadecimal digits, and back.

use core::fmt;

/// Shows bytes as lower-case digits.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(pub &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// Fills `room` from exactly as many digits as it takes; `None` if they are no such digits.
#[must_use]
pub fn read(digits: &str, room: &mut [u8]) -> Option<()> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * room.len() {
        return None;
    }
    for (byte, pair) in room.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().try_fold(0, |byte, digit| Some(byte << 4 | value(*digit)?))?;
    }
    Some(())
}

fn value(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn there_and_back() {
        let mut room = [0; 3];
        assert_eq!(read("00fFa1", &mut room), Some(()));
        assert_eq!(room, [0x00, 0xff, 0xa1]);
        assert_eq!(Hex(&room).to_string(), "00ffa1");
        for wrong in ["", "00ff", "00ffa1b2", "00ffg1", "00ff é", "+0+0+0"] {
            assert_eq!(read(wrong, &mut [0; 3]), None, "{wrong}");
        }
    }
}
