//! What a native worker says of a message that it did not process.

use skep_protocol::PayloadError;

use crate::router::{RequestError, SendError};

/// Why a handler did not process its message. Nothing that it asked for happens.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Deliver it again later.
    #[error("{0}")]
    Retry(String),
    /// Never deliver it again: it becomes a dead letter, and its requester is told.
    #[error("{0}")]
    Reject(String),
}

/// A full mailbox is a reason to try again; whatever else keeps a message from
/// being sent will do so the next time, too.
impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        match error {
            SendError::MailboxFull(_) => Self::Retry(error.to_string()),
            error => Self::Reject(error.to_string()),
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Send(error) => error.into(),
            error => Self::Reject(error.to_string()),
        }
    }
}

impl From<PayloadError> for Failure {
    fn from(error: PayloadError) -> Self {
        Self::Reject(error.to_string())
    }
}
