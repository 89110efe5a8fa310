//! Payloads in JSON: text where they are text, else hexadecimal digits.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

/// Bytes, as JSON holds them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a payload is a string, or {\"hex\": \"00ff\"}")]
pub enum Payload {
    /// UTF-8 text.
    Text(String),
    /// Any bytes.
    Hex {
        /// Two digits for each byte.
        hex: String,
    },
}

impl Default for Payload {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Payload {
    /// How these bytes are written.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            // JSON would need six bytes for each character that it has to escape.
            Ok(text) if !text.contains(|c: char| c.is_ascii_control() && !"\t\n\r".contains(c)) => {
                Self::Text(text.into())
            }
            _ => Self::Hex { hex: to_hex(bytes) },
        }
    }

    /// The bytes themselves.
    ///
    /// # Errors
    /// When the digits are none, in words.
    pub fn into_bytes(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Hex { hex } => from_hex(&hex),
        }
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn from_hex(hex: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("hexadecimal digits come in pairs, and there is one too many".into());
    }
    pairs.iter().map(|pair| byte_of(*pair)).collect()
}

fn byte_of(pair: [u8; 2]) -> Result<u8, String> {
    let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
    let value = high.zip(low).map(|(high, low)| high << 4 | low);
    let byte = value.and_then(|value| u8::try_from(value).ok());
    byte.ok_or_else(|| {
        format!("`{}` are not two hexadecimal digits", String::from_utf8_lossy(&pair))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], json: &str) {
        let payload = Payload::of(bytes);
        assert_eq!(serde_json::to_string(&payload).unwrap(), json);
        assert_eq!(serde_json::from_str::<Payload>(json).unwrap().into_bytes().unwrap(), bytes);
    }

    #[test]
    fn text_is_text_and_the_rest_is_digits() {
        check(b"Hello\n", r#""Hello\n""#);
        check("tëxt".as_bytes(), r#""tëxt""#);
        check(b"", r#""""#);
        check(b"\xff\x00", r#"{"hex":"ff00"}"#);
        check(b"a\0", r#"{"hex":"6100"}"#);
    }

    #[test]
    fn digits_are_checked() {
        let bytes = |hex: &str| Payload::Hex { hex: hex.into() }.into_bytes();
        assert_eq!(bytes("48 65\n6C"), Ok(b"Hel".to_vec()));
        assert!(bytes("4").unwrap_err().contains("pairs"));
        assert!(bytes("4g").unwrap_err().contains("4g"));
        assert!(bytes("+1").is_err() && bytes("é").is_err());
    }
}
