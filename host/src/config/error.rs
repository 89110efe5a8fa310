//! What is wrong with a configuration file, where, and what was probably meant.

use serde::de::DeserializeOwned;

use crate::config::wording;

/// Why a configuration file is not followed. Each text begins with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is not TOML, or says something that there is no place for.
    #[error("{file}:{line}: {problem}")]
    Syntax {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there, and what was probably meant.
        problem: String,
    },
    /// It says something that cannot be.
    #[error("{file}: {problem}")]
    Value {
        /// The file, and for `node.toml` the table.
        file: String,
        /// What cannot be.
        problem: String,
    },
    /// It asks for more than the node gives.
    #[error(
        "{file} asks for {asked}, beyond what this node gives; to give it, write into node.toml:\n{lines}"
    )]
    Ceiling {
        /// The manifest.
        file: String,
        /// All that is too much.
        asked: String,
        /// What `node.toml` has to say.
        lines: String,
    },
}

/// Reads a file's text. `file` is what errors call it.
pub(super) fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, ConfigError> {
    let syntax = |key: String, error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.as_bytes().iter().take(start);
        ConfigError::Syntax {
            file: file.to_owned(),
            line: before.filter(|byte| **byte == b'\n').count().saturating_add(1),
            problem: wording::problem(&key, error.message()),
        }
    };
    let read = toml::Deserializer::parse(text).map_err(|error| syntax(String::new(), error))?;
    serde_path_to_error::deserialize(read)
        .map_err(|error| syntax(error.path().to_string(), error.into_inner()))
}
