//! What a Skep node, its workers and its peers have in common: addresses,
//! routes, how a payload's bytes are read and written, and how a message travels
//! from node to node.
//!
//! No clock, no I/O, no runtime; `no_std` with `alloc`.
//!
//! - [`address`]: one stop: a transport type and bytes, and its text form.
//! - [`mod@route`]: stops, nearest first, and the [`route!`] macro.
//! - [`payload`]: text, bytes, BARE and (feature `msgpack`) MessagePack.
//! - [`identifier`]: the name of an identity, with which a node proves who it is.
//! - [`hex`]: bytes as hexadecimal digits.
//! - [`frame`]: a message as it travels between nodes, on Ockam's wire.

#![no_std]

extern crate alloc;
#[cfg(feature = "msgpack")]
extern crate std;

pub mod address;
#[cfg(feature = "msgpack")]
mod as_text;
pub mod frame;
pub mod hex;
pub mod identifier;
#[cfg(feature = "msgpack")]
pub mod msgpack;
pub mod payload;
pub mod route;

pub use address::{Address, AddressError};
pub use identifier::{Identifier, IdentifierError};
#[cfg(feature = "msgpack")]
pub use msgpack::MessagePack;
pub use payload::{Bare, Encode, Message, PayloadError};
pub use route::{Route, RouteError};
