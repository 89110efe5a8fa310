//! What holds of every text that says why something from outside is refused.

/// The most bytes of such a text: a few names that came from outside, each cut.
const LONGEST: usize = 64 << 10;

/// It says something, in printable characters: nothing in it reaches a terminal's controls.
#[track_caller]
pub(crate) fn are_safe(words: &str) {
    assert!(!words.trim().is_empty() && words.len() <= LONGEST, "{} bytes", words.len());
    let hidden = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}');
    let safe = |c: char| c == '\t' || !(c.is_control() || hidden(c));
    assert!(words.chars().all(safe), "{words:?}");
}
