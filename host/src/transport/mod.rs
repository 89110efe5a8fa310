//! Other nodes: what carries messages there and back.
//!
//! - `tcp`: links, which carry bytes.
//! - `secure`: channels, by which two nodes trust each other whatever lies between.
//! - `deliver`: how what has come from another node gets to its receiver.
//! - `leave`: what has to be seen to when a message leaves this node, or does not.
//! - `replies`, `names`: what other nodes may answer to.
//! - `rate`, `gate`: how much may happen, and be said of it; `switch`: that all is over.

mod deliver;
mod gate;
mod leave;
mod names;
mod rate;
mod replies;
pub(crate) mod secure;
mod switch;
pub(crate) mod tcp;

#[cfg(feature = "cli")]
pub(crate) use leave::NOBODY_BEHIND;
