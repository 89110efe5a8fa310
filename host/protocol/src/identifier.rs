//! The name of an identity, which a node proves in a secure channel: the hash of the first
//! change of its history.

use core::fmt;
use core::str::FromStr;

use crate::hex::{self, Hex};

/// The name of an identity. It is the hash of its first change, and so of its first key:
/// nobody can take another's.
///
/// In text it is an `I` and 64 hexadecimal digits, as Ockam writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier([u8; 32]);

/// A text is not an `I` followed by 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentifierError;

impl Identifier {
    /// The identifier with these bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Identifier {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let mut bytes = [0; 32];
        let digits = text.strip_prefix('I').ok_or(IdentifierError)?;
        hex::read(digits, &mut bytes).ok_or(IdentifierError)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "I{}", Hex(&self.0))
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl fmt::Display for IdentifierError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an identifier is an `I` and 64 hexadecimal digits")
    }
}

impl core::error::Error for IdentifierError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;

    #[test]
    fn text() {
        let text = "I7249dce9f684595e89bd299a1a755d46515f6d7f89a8ebfe45b6d3ddd434d8d3";
        let identifier: Identifier = text.parse().unwrap();
        assert_eq!(identifier.to_string(), text);
        assert_eq!(identifier.as_bytes()[..2], [0x72, 0x49]);
        for wrong in
            ["", "I", &text[1..], &text[..64], &format!("{text}0"), &format!("i{}", &text[1..])]
        {
            assert_eq!(wrong.parse::<Identifier>(), Err(IdentifierError), "{wrong}");
        }
    }
}
