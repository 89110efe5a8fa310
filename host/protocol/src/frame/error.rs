//! Why what a peer sends is no frame, or a frame cannot be sent.

use core::fmt;

use crate::address::AddressError;
use crate::route::MAX_HOPS;

/// Why bytes are not a frame, or a message is none that can be sent.
///
/// None of it can be put right on the same connection: it has to be closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// The other side speaks another version, or something else altogether.
    Version(u8),
    /// A frame of no bytes.
    Empty,
    /// A frame with more bytes than it may have.
    TooLong {
        /// The bytes that it has, or is declared to have.
        bytes: u64,
        /// The most that it may have.
        most: usize,
    },
    /// A value goes on beyond the end of its frame.
    Truncated,
    /// Something else than what belongs there.
    Unexpected {
        /// The byte of the frame where it begins, from 0.
        at: usize,
        /// What belongs there.
        wanted: &'static str,
    },
    /// Values within values, too deep to follow.
    Nested {
        /// The byte of the frame where it becomes too deep, from 0.
        at: usize,
    },
    /// A route with more than [`MAX_HOPS`] stops.
    Stops,
    /// A transport type above 255.
    Transport,
    /// An address that is empty or too long.
    Address(AddressError),
}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(byte) => write!(
                out,
                "the peer begins with byte 0x{byte:02x}, not with version 1 of Ockam's TCP transport"
            ),
            Self::Empty => write!(out, "a frame has no bytes"),
            Self::TooLong { bytes, most } => {
                write!(out, "a frame has {bytes} bytes, and at most {most} are allowed")
            }
            Self::Truncated => write!(out, "a frame ends in the middle of a value"),
            Self::Unexpected { at, wanted } => {
                write!(out, "at byte {at} of a frame should be {wanted}")
            }
            Self::Nested { at } => {
                write!(out, "at byte {at} of a frame values are nested too deep")
            }
            Self::Stops => write!(out, "a route of a frame has more than {MAX_HOPS} stops"),
            Self::Transport => write!(out, "a transport type in a frame is above 255"),
            Self::Address(why) => write!(out, "in a frame, {why}"),
        }
    }
}

impl core::error::Error for FrameError {}
