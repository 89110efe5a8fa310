//! What the tests of a whole node have in common: a node with an embedding program
//! ([`Yard`]), its log ([`logs`]), guests built from Rust and from text ([`guests`]),
//! and the one place where anything is waited for ([`wait`]).

pub mod guests;
pub mod logs;
pub mod wait;
mod yard;

pub use yard::Yard;
