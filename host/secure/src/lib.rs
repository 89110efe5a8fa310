//! Ockam's secure channel without the I/O: identities, the handshake between two of them,
//! and the messages that travel encrypted from one to the other.
//!
//! There is no clock, no randomness and no file in here: seconds since 1970 (UTC) and
//! [`Seed`]s are passed in, and bytes come out.
//!
//! # Layout, from the top down
//! - [`ends`]: channels as a node uses them: messages with their routes go in and come out.
//! - [`handshake`]: three messages, after which each end knows who the other is.
//! - `noise`: the cryptography of it.
//! - [`transport`]: sealing and opening, with rekeying and a window for what comes out of order.
//! - [`message`]: what is inside a sealed message.
//! - [`way`]: where the other end's decryptor is now.
//! - [`presented`]: what a peer shows in its handshake, and all that has to be true of it.
//! - [`known`]: the histories that were seen before, so that a rotated-away key stays away.
//! - [`trust`]: which identities are let in: nobody, unless it is said.
//! - [`identity`]: identifiers, change histories, attestations; and one's own secret.
//! - `pair`, `cipher`, `seed`: X25519, AES-GCM, and the randomness that was passed in.

mod cipher;
pub mod ends;
pub mod handshake;
pub mod identity;
pub mod known;
pub mod message;
mod noise;
mod pair;
pub mod presented;
mod seed;
#[cfg(test)]
mod testing;
pub mod transport;
pub mod trust;
pub mod way;

pub use handshake::{Established, HandshakeError, Initiator, Responder};
pub use identity::{Identifier, Identity};
pub use known::{KnownHistories, MemoryHistories};
pub use message::Message;
pub use presented::{Judge, Peer};
pub use seed::Seed;
pub use transport::{Opener, Sealer};
pub use trust::Trust;
pub use way::Way;
