//! [`Error`]: what may go wrong in a worker, and what becomes of the message then.

use std::fmt;

use crate::{Address, AddressError, PayloadError, RouteError};

/// A result of this crate's functions and of a worker's.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What may go wrong in a worker.
///
/// Returned from a handler it decides what becomes of the message. What may pass
/// by itself is delivered again (*retry*), what would fail again the same way goes
/// to the dead letters (*reject*), and whoever waits for an answer is told:
///
/// | error | becomes |
/// |---|---|
/// | [`SendError::MailboxFull`], [`Closed`](SendError::Closed) | retry |
/// | any other [`SendError`] | reject |
/// | [`RequestError::Timeout`], [`Failed`](RequestError::Failed), [`Dropped`](RequestError::Dropped) | retry |
/// | [`RequestError::Send`] | as the `SendError` in it |
/// | any other [`RequestError`] | reject |
/// | any [`StartError`] | reject |
/// | a payload, an address, a route, a number or a text that cannot be read | reject |
/// | an error made of a text: `Err("no such command".into())`, [`Error::reject`] | reject |
/// | [`Error::retry`] | retry |
///
/// So a full mailbox makes `?` wait, and pressure travels upstream by itself. Match
/// on the error where a worker knows better.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A message was not accepted.
    Send(SendError),
    /// A request brought no answer.
    Request(RequestError),
    /// A worker was not started.
    Start(StartError),
    /// Bytes were not a value, or a value had no bytes.
    Payload(PayloadError),
    /// The worker's own: deliver the message again later.
    Retry(String),
    /// The worker's own: never deliver the message again.
    Reject(String),
}

/// What becomes of a message that was not handled. The instance lives on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is delivered again later.
    Retry(String),
    /// It goes to the dead letters.
    Reject(String),
}

/// Why a message was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// No worker or transport answers to this address.
    NoRoute(Address),
    /// The mailbox at this address has no room.
    MailboxFull(Address),
    /// This worker may not do that; the text names the missing grant.
    Denied(String),
    /// A message has at most this many bytes.
    TooLarge(u32),
    /// This handler call has used up what it may ask for; the text names the limit.
    Quota(String),
    /// The message has made as many hops as the node lets it.
    HopLimit,
    /// The node or the receiver is shutting down.
    Closed,
    /// What a later node may know.
    Other(String),
}

/// Why a request brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestError {
    /// It was not accepted.
    Send(SendError),
    /// No answer within the time given.
    Timeout,
    /// The receiver failed on the message; the text says how.
    Failed(String),
    /// The receiver refused the message.
    Rejected(String),
    /// The message was given up on its way.
    Dropped(String),
    /// Its receiver waits for this worker; the text names the circle.
    Cycle(String),
    /// What a later node may know.
    Other(String),
}

/// Why a worker was not started.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The node has no component of this name.
    UnknownComponent(String),
    /// Another worker answers to this address.
    AddressTaken(Address),
    /// This worker may not do that; the text names the missing grant.
    Denied(String),
    /// There are too many; the text names the limit.
    Quota(String),
    /// The name or the arguments are not acceptable.
    Invalid(String),
    /// What a later node may know.
    Other(String),
}

impl Error {
    /// Has the message delivered again later.
    #[must_use]
    pub fn retry(text: impl Into<String>) -> Self {
        Self::Retry(text.into())
    }

    /// Has the message never delivered again.
    #[must_use]
    pub fn reject(text: impl Into<String>) -> Self {
        Self::Reject(text.into())
    }

    /// Whether the message is delivered again when a handler returns this.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        match self {
            Self::Send(why) | Self::Request(RequestError::Send(why)) => {
                matches!(why, SendError::MailboxFull(_) | SendError::Closed)
            }
            Self::Request(why) => {
                matches!(
                    why,
                    RequestError::Timeout | RequestError::Failed(_) | RequestError::Dropped(_)
                )
            }
            Self::Retry(_) => true,
            Self::Start(_) | Self::Payload(_) | Self::Reject(_) => false,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let becomes = if error.is_retry() { Self::Retry } else { Self::Reject };
        becomes(match error {
            Error::Retry(text) | Error::Reject(text) => text,
            other => other.to_string(),
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(why) => why.fmt(out),
            Self::Request(why) => why.fmt(out),
            Self::Start(why) => why.fmt(out),
            Self::Payload(why) => write!(out, "the payload cannot be read: {why}"),
            Self::Retry(text) | Self::Reject(text) => out.write_str(text),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute(stop) => write!(out, "nothing answers to {stop}"),
            Self::MailboxFull(stop) => write!(out, "the mailbox of {stop} is full"),
            Self::Denied(what) => write!(out, "not allowed: {what}"),
            Self::TooLarge(most) => write!(out, "a message has at most {most} bytes"),
            Self::Quota(limit) => write!(out, "too much in one call: {limit}"),
            Self::HopLimit => out.write_str("the message has made too many hops"),
            Self::Closed => out.write_str("the receiver is shutting down"),
            Self::Other(text) => out.write_str(text),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(why) => why.fmt(out),
            Self::Timeout => out.write_str("no answer came in time"),
            Self::Failed(how) => write!(out, "the receiver failed: {how}"),
            Self::Rejected(why) => write!(out, "the receiver refused the message: {why}"),
            Self::Dropped(why) => write!(out, "the message was given up on its way: {why}"),
            Self::Cycle(circle) => write!(out, "the receiver waits for this worker: {circle}"),
            Self::Other(text) => out.write_str(text),
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownComponent(name) => write!(out, "no component is called {name}"),
            Self::AddressTaken(address) => write!(out, "another worker answers to {address}"),
            Self::Denied(what) => write!(out, "not allowed: {what}"),
            Self::Quota(limit) => write!(out, "too many workers: {limit}"),
            Self::Invalid(what) => write!(out, "not acceptable: {what}"),
            Self::Other(text) => out.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
impl std::error::Error for SendError {}
impl std::error::Error for RequestError {}
impl std::error::Error for StartError {}

impl From<SendError> for Error {
    fn from(why: SendError) -> Self {
        Self::Send(why)
    }
}

impl From<RequestError> for Error {
    fn from(why: RequestError) -> Self {
        Self::Request(why)
    }
}

impl From<StartError> for Error {
    fn from(why: StartError) -> Self {
        Self::Start(why)
    }
}

impl From<PayloadError> for Error {
    fn from(why: PayloadError) -> Self {
        Self::Payload(why)
    }
}

/// A text is a reason to reject the message.
impl From<&str> for Error {
    fn from(text: &str) -> Self {
        Self::Reject(text.into())
    }
}

/// A text is a reason to reject the message.
impl From<String> for Error {
    fn from(text: String) -> Self {
        Self::Reject(text)
    }
}

/// What cannot be read now will not be read the next time.
macro_rules! rejects {
    ($($why:ty),* $(,)?) => {$(
        impl From<$why> for Error {
            fn from(why: $why) -> Self {
                Self::Reject(why.to_string())
            }
        }
    )*};
}

rejects!(
    AddressError,
    RouteError,
    std::num::ParseIntError,
    std::num::ParseFloatError,
    std::str::Utf8Error
);
