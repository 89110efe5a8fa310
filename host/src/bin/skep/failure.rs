//! Errors as people see them, and how the command ends: 0 done, 1 it failed, 2 wrong use.

use std::path::Path;
use std::process::ExitCode;

use skep::control::{BindError, ClientError, printable};
use skep::error::NodeError;

use crate::output::complain;

/// Why a command was not done, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    error: String,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    pub(crate) fn new(error: impl Into<String>) -> Self {
        Self { error: error.into(), hint: None, code: 1 }
    }

    /// It cannot be done as it was written.
    pub(crate) fn usage(error: impl Into<String>) -> Self {
        Self { code: 2, ..Self::new(error) }
    }

    /// A node has ended with work left.
    pub(crate) fn unhandled(node: &str, messages: usize) -> Self {
        let noun = if messages == 1 { "message was" } else { "messages were" };
        Self::new(format!("{node} has stopped, and {messages} {noun} not handled"))
            .hint("what has to be handled gets more time with `drain` under [node] in node.toml")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, after what was done before it.
    pub(crate) fn after(mut self, done: &str) -> Self {
        self.error.insert_str(0, done);
        self
    }

    /// Say it, and end with its code.
    pub(crate) fn show(self) -> ExitCode {
        let hint = self.hint.map(|hint| format!("\n  {hint}")).unwrap_or_default();
        // Further lines are indented: none of them can pass for an error of its own.
        let error = self.error.replace('\n', "\n    ");
        complain(&printable(&format!("{error}{hint}")));
        ExitCode::from(self.code)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = Self::new(error.to_string());
        match error {
            ClientError::NotRunning { directory } => {
                let shown = quoted(&directory);
                failure.hint(format!(
                    "start one with `skep run {shown}`, or name another directory with --dir or SKEP_DIR"
                ))
            }
            ClientError::Silent { pid, .. } => {
                let pid = pid.map_or("PID".into(), |pid| pid.to_string());
                failure.hint(format!(
                    "its process may be suspended (`kill -CONT {pid}` lets it go on), or the \
                     machine has too much to do: try again; `kill -9 {pid}` ends it for good"
                ))
            }
            ClientError::Refused { complaint, status } => Self {
                hint: complaint.hint,
                // What the node cannot understand was written wrong.
                code: if status == 400 { 2 } else { 1 },
                ..failure
            },
            _ => failure,
        }
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    if path.chars().all(|letter| letter.is_alphanumeric() || "/._-+".contains(letter)) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        Self::new(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_split_them() {
        assert_eq!(quoted(Path::new("/srv/bees-1.0")), "/srv/bees-1.0");
        assert_eq!(quoted(Path::new("my bees' hive")), r"'my bees'\'' hive'");
    }
}
