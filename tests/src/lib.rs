//! What the tests of a whole node have in common: a node with an embedding program
//! ([`Yard`]), its log ([`logs`]), guests built from Rust and from text ([`guests`]),
//! the one place where anything is waited for ([`wait`]), and what is measured:
//! [`times`], and what the process holds ([`process`]).

pub mod guests;
pub mod logs;
pub mod process;
pub mod times;
pub mod wait;
mod yard;

pub use yard::Yard;
