//! Why there is no report, and the exit code that says so.

use std::error::Error;
use std::fmt::Display;

pub type Result<T> = std::result::Result<T, Failure>;

/// Not an `Error` itself, so that `?` can turn every `Error` into one.
#[derive(Debug)]
pub enum Failure {
    /// The command line asked for something that does not exist.
    Usage(String),
    /// The measurement was begun and went wrong.
    Broken(String),
}

impl Failure {
    pub fn usage(problem: impl Display) -> Self {
        Self::Usage(problem.to_string())
    }

    /// `{:#}` shows the causes too, for the errors that have them.
    pub fn broken(problem: impl Display) -> Self {
        Self::Broken(format!("{problem:#}"))
    }

    pub fn unknown_measurement(name: &str) -> Self {
        Self::Usage(format!("no such measurement: {name}"))
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::broken(error)
    }
}
