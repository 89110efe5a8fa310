//! Errors as people see them, and how the command ends: 0 done, 1 it failed, 2 wrong use.

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
                let shown = directory.display();
                failure.hint(format!(
                    "start one with `skep run {shown}`, or name another directory with --dir or SKEP_DIR"
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
