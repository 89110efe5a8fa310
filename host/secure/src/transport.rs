//! Messages through an open channel: a nonce of eight bytes in the clear, what is sealed,
//! and its tag.
//!
//! Every 32 messages the key becomes the next one. What comes out of order is taken as far
//! as the window of 32 reaches; so 31 messages that are lost in a row do no harm, and one
//! more makes that direction deaf for ever. What has been sealed must not be dropped.

mod opener;
mod sealer;
#[cfg(test)]
mod tests;
mod window;

pub use crate::cipher::OVERHEAD;
pub use opener::{OpenError, Opened, Opener};
pub use sealer::{SealError, Sealer};

/// Messages that are sealed with one key.
const KEY_MESSAGES: u64 = 32;

/// Which key, counted from 0, a nonce is sealed with.
fn key_number(nonce: u64) -> u64 {
    nonce / KEY_MESSAGES
}
