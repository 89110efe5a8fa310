//! What the parser says of a configuration file, in the words of those who write it.

use crate::config::Limit;
use crate::config::nearest::nearest;
use crate::sanitize::sanitize;

/// What is wrong with the value of a key, and what was probably meant.
pub(super) fn problem(key: &str, message: &str) -> String {
    let line = message.replace('\n', " ");
    let said = reworded(&line).unwrap_or_else(|| line.clone());
    let said = match meant(&line) {
        Some(meant) => format!("{said}; {meant}"),
        None => said,
    };
    // Of what is no TOML, and of a key that nobody knows, there is no more to name.
    let said = match key {
        "" | "." => said,
        _ if line.starts_with("unknown field") => said,
        key => format!("`{key}`: {said}"),
    };
    sanitize(&said).into_owned()
}

/// serde quotes the unknown word and then each that it knows; the nearest is what was meant, but
/// for a limit that stands beside its table.
fn meant(message: &str) -> Option<String> {
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let (word, known) = quoted.split_first().filter(|_| message.starts_with("unknown"))?;
    if known.contains(&"limits") && Limit::ALL.iter().any(|limit| limit.key() == *word) {
        return Some("it belongs under [limits]".into());
    }
    nearest(word, known.iter().copied()).map(|meant| format!("did you mean `{meant}`?"))
}

/// serde speaks of types of Rust.
fn reworded(message: &str) -> Option<String> {
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return Some(format!("unknown key {rest}"));
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        return Some(format!("unknown word {rest}"));
    }
    let rest = ["invalid type: ", "invalid value: ", "invalid length "];
    let rest = rest.into_iter().find_map(|start| message.strip_prefix(start))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some(format!("expected {}, not {}", wanted(expected), given(found)))
}

fn wanted(expected: &str) -> &str {
    match expected {
        "a string" => "a text in quotes",
        "a sequence" => "an array: [\"…\"]",
        "a map" => "a table",
        "a boolean" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number from 0",
        "a nonzero u16" => "a whole number from 1 to 65535",
        "a nonzero u32" => "a whole number from 1 to 4294967295",
        other => other,
    }
}

fn given(found: &str) -> String {
    let is = |kind: &str| found.strip_prefix(kind);
    if let Some(number) = is("integer ").or_else(|| is("floating point ")) {
        return format!("the number {number}");
    }
    if let Some(text) = is("string ") {
        return format!("the text {text}");
    }
    match found {
        "sequence" => "an array".into(),
        "map" => "a table".into(),
        other => is("boolean ").unwrap_or(other).into(),
    }
}
