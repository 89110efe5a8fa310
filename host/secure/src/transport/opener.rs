//! Opening what comes, in whatever order.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use super::key_number;
use super::window::Window;
use crate::cipher::{Key, NONCE, REKEY, TAG};

/// Opens the messages of one direction, each of them once.
///
/// Nothing in it changes unless a message's tag is right: so what a stranger sends in
/// between has no effect.
pub struct Opener {
    window: Window,
    /// The key of the highest nonce.
    key: Key,
    /// The one before it, for what comes late.
    previous: Option<Key>,
}

/// A message that was opened where it lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where it is within the bytes that were given.
    pub text: Range<usize>,
    /// Whether its nonce is higher than any before, and not 0: then the way on which it
    /// came is the newest (see [`Way`](crate::Way)).
    pub is_newest: bool,
}

/// Why a message was not opened. The channel goes on as if it had not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It has fewer bytes than any that was sealed.
    #[error("a sealed message is too short")]
    Short,
    /// Its nonce has come before, or is too far from the highest one.
    #[error("the nonce {0} has come before, or is too far off")]
    Nonce(u64),
    /// It was not sealed by the other end, or was damaged on the way.
    #[error("a sealed message cannot be opened: it is damaged or a stranger's")]
    Forged,
}

impl Opener {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self { window: Window::default(), key: Key::new(key), previous: None }
    }

    /// Opens a message where it lies. If it is refused, its bytes are as they were.
    ///
    /// # Errors
    /// When it is not the other end's, or has come before, or came too late or too early.
    pub fn open(&mut self, sealed: &mut [u8]) -> Result<Opened, OpenError> {
        let length = sealed.len();
        let (nonce, rest) = sealed.split_first_chunk_mut::<NONCE>().ok_or(OpenError::Short)?;
        let (text, tag) = rest.split_last_chunk_mut::<TAG>().ok_or(OpenError::Short)?;
        let nonce = u64::from_be_bytes(*nonce);
        if nonce == REKEY || !self.window.admits(nonce) {
            return Err(OpenError::Nonce(nonce));
        }
        // The window reaches no further than one key back and one ahead.
        let mut next = None;
        let key = match key_number(nonce).cmp(&key_number(self.window.highest())) {
            Ordering::Less => self.previous.as_ref().ok_or(OpenError::Nonce(nonce))?,
            Ordering::Equal => &self.key,
            Ordering::Greater => next.insert(self.key.next()),
        };
        key.open(nonce, &[], text, tag).map_err(|_| OpenError::Forged)?;
        if let Some(next) = next {
            self.previous = Some(std::mem::replace(&mut self.key, next));
        }
        let is_newest = self.window.note(nonce);
        Ok(Opened { text: NONCE..length - TAG, is_newest })
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Opener").field("window", &self.window).finish_non_exhaustive()
    }
}
