//! The one place that makes a stranger's text safe to print: no escapes reach a
//! terminal, and no line can be forged.

use std::borrow::Cow;
use std::ops::RangeInclusive;

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

/// Control characters but the tab, separators of lines and paragraphs, formatting characters
/// (those that change direction among them), and whatever else of Unicode 17 may be shown as
/// nothing at all: what looks the same could say something else.
pub(crate) fn is_unsafe(character: char) -> bool {
    if character.is_ascii() {
        return character.is_control() && character != '\t';
    }
    character.is_control() || HIDDEN.iter().any(|range| range.contains(&character))
}

/// The categories Cf, Zl and Zp, and the property Default_Ignorable_Code_Point.
const HIDDEN: [RangeInclusive<char>; 25] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

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
        assert_eq!(sanitize("\u{61c}\u{180e}\u{e0041}"), "\\u{61c}\\u{180e}\\u{e0041}");
    }
}
