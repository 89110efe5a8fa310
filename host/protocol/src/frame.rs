//! Frames between nodes: Ockam's TCP transport, version 1, without the I/O.
//!
//! Each side of a connection begins with the byte [`VERSION`] and does not wait for the
//! other's. Then come frames: four bytes of length, the most significant first, and one
//! CBOR array of an onward route, a return route, a payload and, where Ockam writes it, a
//! text for tracing. A route is an array of addresses, and an address an array of its
//! transport type and its bytes.
//!
//! A [`Decoder`] is fed with what arrives, in whatever pieces. It takes what Ockam takes:
//! arrays and numbers that are not written in the shortest way, and fields beyond those
//! above, which it ignores. Nothing is allocated from a length that was only declared.
//!
//! ```
//! use skep_protocol::frame::{Decoder, Frame, MAX_FRAME, VERSION};
//! use skep_protocol::route;
//!
//! let frame = Frame { onward: route!["echoer"], back: route!["me"], payload: b"hi".to_vec() };
//! let mut wire = vec![VERSION];
//! frame.encode(&mut wire)?;
//!
//! let mut decoder = Decoder::new(MAX_FRAME);
//! for piece in wire.chunks(5) {
//!     decoder.push(piece);
//! }
//! assert_eq!(decoder.next_frame()?, Some(frame));
//! assert_eq!(decoder.next_frame()?, None);
//! # Ok::<(), skep_protocol::frame::FrameError>(())
//! ```

mod cbor;
mod decoder;
mod error;
mod parse;
#[cfg(test)]
mod tests;
mod write;

use alloc::vec::Vec;

use crate::route::Route;

pub use decoder::Decoder;
pub use error::FrameError;
pub use write::encode;

/// What each side of a connection sends first: the version of all that follows.
pub const VERSION: u8 = 1;

/// The most bytes of a frame (16 MiB), by the protocol; the four of its length are not
/// counted. Whoever declares more is refused before any of it is kept.
pub const MAX_FRAME: usize = 16 << 20;

/// The bytes of the length in front of a frame.
const LENGTH: usize = 4;

/// One message between two nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// Where it still has to go, nearest first.
    pub onward: Route,
    /// The way back.
    pub back: Route,
    /// The bytes that it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Whether it only says that its sender lives: it has nowhere to go.
    #[must_use]
    pub fn is_heartbeat(&self) -> bool {
        self.onward.is_empty()
    }

    /// Append the bytes of this frame, its length included.
    ///
    /// # Errors
    /// As [`encode()`].
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), FrameError> {
        encode(&self.onward, &self.back, &self.payload, out)
    }
}
