//! The one place that makes a stranger's text safe to print: no escapes reach a
//! terminal, and no line can be forged.

use std::borrow::Cow;

/// `text` with every control character, and those that reorder or hide text,
/// written as `\u{…}`.
pub(crate) fn sanitize(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// A text of possibly several lines: they stay lines, and nothing else in it acts on a
/// terminal.
pub(crate) fn printable(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(sanitize).collect();
    lines.join("\n")
}

/// The most bytes of a reason that a guest gives in its own words.
const LONGEST_REASON: usize = 1_024;

/// A guest's own words for why it failed: kept in many places and shown to many,
/// so cut to a length, whole characters only.
pub(crate) fn brief(mut text: String) -> String {
    let cut = text.floor_char_boundary(LONGEST_REASON);
    let more = text.len() - cut;
    if more > 0 {
        text.truncate(cut);
        text.push_str(&format!("… and {more} bytes more"));
        text.shrink_to_fit();
    }
    text
}

/// Control characters, line and paragraph separators, and the formatting
/// characters of Unicode that change direction or have no width.
pub(crate) fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\t')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_cut() {
        assert_eq!(brief("short".into()), "short");
        let cut = brief("ä".repeat(1_000));
        assert!(cut.ends_with("ä… and 976 bytes more") && cut.len() < 1_100, "{cut}");
    }

    #[test]
    fn escapes_and_line_breaks_are_shown_not_done() {
        assert_eq!(sanitize("plain tëxt\t1"), "plain tëxt\t1");
        assert_eq!(sanitize("\x1b[31mred\r\nforged"), "\\u{1b}[31mred\\u{d}\\u{a}forged");
        assert_eq!(sanitize("a\u{202e}b"), "a\\u{202e}b");
    }
}
