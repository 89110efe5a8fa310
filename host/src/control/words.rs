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
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
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
        let text = "\u{202e}\u{9b}31m\u{7f}\tä\u{e0041}";
        let json = printable_json(&serde_json::to_string_pretty(&[text]).unwrap());
        assert!(json.contains("\\u202e\\u009b31m\\u007f\\tä\\udb40\\udc41"), "{json}");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

    #[test]
    fn all_that_hides_is_shown() {
        use icu_properties::props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory};
        use icu_properties::{CodePointMapData, CodePointSetData};
        let category = CodePointMapData::<GeneralCategory>::new();
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let turns = CodePointSetData::new::<BidiControl>();
        let mut missing = Vec::new();
        for character in '\0'..=char::MAX {
            use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator};
            let of = category.get(character);
            let hides = matches!(of, Control | Format | LineSeparator | ParagraphSeparator);
            let hides = hides || ignorable.contains(character) || turns.contains(character);
            if is_unsafe(character) != (hides && character != '\t') {
                missing.push(u32::from(character));
            }
        }
        assert!(missing.is_empty(), "{missing:x?}");
    }
}
