//! What workers and peers wrote, made safe for the command to print.

use std::fmt::Write;

use crate::sanitize::{self, is_unsafe};

/// A text of possibly several lines: they stay lines, and nothing else in it acts on a
/// terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    sanitize::printable(text)
}

/// JSON with everything in its strings that could act on a terminal escaped; it means the
/// same.
#[must_use]
pub fn printable_json(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unsafe(character) {
            // All such characters are of the plane that four digits reach.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_and_escapes_do_not() {
        assert_eq!(printable("a\n\x1b[1mb\r\n"), "a\n\\u{1b}[1mb\\u{d}\n");
    }

    #[test]
    fn json_means_the_same() {
        let text = "\u{202e}\u{9b}31m\u{7f}\tä";
        let json = printable_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(json.contains("\\u202e\\u009b31m\\u007f\\tä"), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
