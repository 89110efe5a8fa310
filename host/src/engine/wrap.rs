//! Tells what a file's bytes are. Components are taken as they are, core modules of workers
//! are made into components, and all else is refused.

mod module;
#[cfg(test)]
mod tests;

use wasmtime::Engine;

use super::admission::AdmissionError;

/// What every WebAssembly binary begins with.
const MAGIC: [u8; 4] = *b"\0asm";
/// The component in a file's bytes; text, machine code and everything else is refused.
pub(crate) fn component_bytes(bytes: Vec<u8>) -> Result<Vec<u8>, AdmissionError> {
    match bytes.as_slice() {
        [] => Err(AdmissionError::Empty),
        [b'\0', b'a', b's', b'm', version @ ..] => match *version {
            [0x01, 0x00, 0x00, 0x00, ..] => module::wrap(&bytes),
            [0x0d, 0x00, 0x01, 0x00, ..] => Ok(bytes),
            [a, b, c, d, ..] => Err(AdmissionError::UnknownForm {
                version: u16::from_le_bytes([a, b]),
                layer: u16::from_le_bytes([c, d]),
            }),
            _ => Err(AdmissionError::Truncated { offset: bytes.len() }),
        },
        start if MAGIC.starts_with(start) => Err(AdmissionError::Truncated { offset: start.len() }),
        other => Err(foreign(other)),
    }
}

/// What to say of bytes that are no WebAssembly binary.
fn foreign(bytes: &[u8]) -> AdmissionError {
    if Engine::detect_precompiled(bytes).is_some() {
        return AdmissionError::Precompiled;
    }
    match bytes {
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => AdmissionError::Native,
        // Mach-O, of either word size and one byte order, and of several machines.
        [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => {
            AdmissionError::Native
        }
        _ if is_text(bytes) => AdmissionError::Text,
        _ => AdmissionError::NotWasm { first: first(bytes) },
    }
}

fn first(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}

/// Whether a parenthesis comes first, after white space and comments.
fn is_text(mut bytes: &[u8]) -> bool {
    loop {
        bytes = bytes.trim_ascii_start();
        bytes = match bytes {
            [b';', b';', rest @ ..] => after_line(rest),
            [b'(', b';', rest @ ..] => after_block(rest),
            _ => return bytes.first() == Some(&b'('),
        };
    }
}

fn after_line(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

/// Block comments nest. One that does not end is text all the same.
fn after_block(mut bytes: &[u8]) -> &[u8] {
    let mut depth = 1_usize;
    while depth > 0 {
        bytes = match bytes {
            [] => return b"(",
            [b'(', b';', rest @ ..] => {
                depth = depth.saturating_add(1);
                rest
            }
            [b';', b')', rest @ ..] => {
                depth = depth.saturating_sub(1);
                rest
            }
            [_, rest @ ..] => rest,
        };
    }
    bytes
}
