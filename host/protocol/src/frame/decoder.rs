//! Cuts what arrives on one connection into frames.

use alloc::vec::Vec;

use super::parse::parse;
use super::{Frame, FrameError, LENGTH, MAX_FRAME, VERSION};

/// The room that a buffer keeps. Without such a bound a peer that once has sent a large frame
/// would cost its memory for as long as it then is idle.
const KEPT: usize = 64 << 10;

/// Makes frames of the bytes of one connection, in whatever pieces they come.
///
/// It holds what was pushed and is not yet a whole frame, and what it allocates is in
/// proportion to that; what a peer has only declared costs nothing. So take all frames out
/// after each push.
#[derive(Debug)]
pub struct Decoder {
    /// The most bytes of a frame.
    limit: usize,
    buffer: Vec<u8>,
    /// How many bytes at the front of `buffer` have been read.
    read: usize,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// The version has not come yet.
    New,
    Greeted,
    Failed(FrameError),
}

impl Decoder {
    /// A decoder of a connection that begins, for frames of at most so many bytes; beyond
    /// [`MAX_FRAME`] the protocol's limit holds.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.min(MAX_FRAME), buffer: Vec::new(), read: 0, state: State::New }
    }

    /// Whether the other side has said that it speaks this version.
    #[must_use]
    pub fn is_greeted(&self) -> bool {
        matches!(self.state, State::Greeted)
    }

    /// The bytes that it holds: of frames that are not whole, or that nobody has taken.
    #[must_use]
    pub fn held(&self) -> usize {
        self.buffer.len() - self.read
    }

    /// Takes bytes as they came. After an error they are not kept.
    pub fn push(&mut self, bytes: &[u8]) {
        if matches!(self.state, State::Failed(_)) {
            return;
        }
        self.forget();
        self.buffer.extend_from_slice(bytes);
    }

    /// Makes room of what has been read.
    fn forget(&mut self) {
        self.buffer.drain(..self.read);
        self.read = 0;
    }

    /// Gives the room back that it does not need just now: nothing may come for long.
    pub fn rest(&mut self) {
        self.forget();
        self.buffer.shrink_to(0);
    }

    /// The next frame, once it is there as a whole.
    ///
    /// # Errors
    /// When what came is no frame. The connection cannot go on from there: every later call
    /// gives the same error.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let frame = self.advance();
        if let Err(why) = frame {
            *self = Self { state: State::Failed(why), ..Self::new(self.limit) };
        }
        frame
    }

    fn advance(&mut self) -> Result<Option<Frame>, FrameError> {
        if let State::Failed(why) = self.state {
            return Err(why);
        }
        if !self.is_greeted() && !self.greet()? {
            return Ok(None);
        }
        let unread = self.buffer.get(self.read..).unwrap_or_default();
        let Some((length, rest)) = unread.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = self.admit(u32::from_be_bytes(*length))?;
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        let frame = parse(body)?;
        self.read += LENGTH + length;
        if self.held() <= KEPT && self.buffer.capacity() > 2 * KEPT {
            self.forget();
            self.buffer.shrink_to(KEPT);
        }
        Ok(Some(frame))
    }

    /// Reads the version; false if it has not come yet.
    fn greet(&mut self) -> Result<bool, FrameError> {
        match self.buffer.first() {
            None => return Ok(false),
            Some(&VERSION) => {}
            Some(other) => return Err(FrameError::Version(*other)),
        }
        self.read = 1;
        self.state = State::Greeted;
        Ok(true)
    }

    fn admit(&self, declared: u32) -> Result<usize, FrameError> {
        let too_long = FrameError::TooLong { bytes: declared.into(), most: self.limit };
        match usize::try_from(declared) {
            Ok(0) => Err(FrameError::Empty),
            Ok(length) if length <= self.limit => Ok(length),
            _ => Err(too_long),
        }
    }
}
