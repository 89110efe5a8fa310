//! What a worker may be called: its file's name and its address.

use std::fmt;

/// The most bytes in a name.
const LONGEST: usize = 64;

/// The name of a worker that is configured by a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct WorkerName(String);

/// Why a text is not the name of a worker.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// It breaks the rule.
    #[error(
        "{0:?} cannot be the name of a worker: names are a-z, 0-9, `.`, `_` and `-`, begin with a letter or digit and have at most {LONGEST} bytes"
    )]
    Rule(String),
    /// It is the node's own.
    #[error("`app` cannot be the name of a worker: it is the program that the node runs in")]
    Reserved,
    /// It is the node.
    #[error("`node` cannot be the name of a worker: the log calls the node itself so")]
    Node,
}

impl WorkerName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WorkerName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        match text.as_str() {
            "app" => Err(NameError::Reserved),
            "node" => Err(NameError::Node),
            name if begins && name.len() <= LONGEST && name.bytes().all(inner) => Ok(Self(text)),
            name => Err(NameError::Rule(name.chars().take(LONGEST).collect())),
        }
    }
}

impl fmt::Display for WorkerName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule() {
        let name = |text: &str| WorkerName::try_from(text.to_owned());
        for good in ["a", "0", "echoer", "a.b_c-9", &"a".repeat(64)] {
            assert_eq!(name(good).as_ref().map(WorkerName::as_str), Ok(good));
        }
        for bad in ["", "_a", ".a", "-", "A", "a/b", "..", "a\0", "ä", "a b", &"a".repeat(65)] {
            assert!(matches!(name(bad), Err(NameError::Rule(_))), "{bad:?}");
        }
        assert_eq!(name("app"), Err(NameError::Reserved));
        assert!(!name("a\n\u{1b}[31m").unwrap_err().to_string().contains(char::is_control));
    }
}
