//! What the tests of a whole node have in common: a node with an embedding program
//! ([`Yard`]), its log ([`logs`]), guests built from Rust and from text ([`guests`]),
//! the one place where anything is waited for ([`wait`]), what is measured ([`times`],
//! [`process`]), and attacks on a node beside a well-behaved worker ([`trial`],
//! [`neighbour`], [`report`]).

pub mod binary;
pub mod guests;
pub mod logs;
pub mod neighbour;
pub mod process;
pub mod report;
pub mod times;
pub mod trial;
pub mod wait;
pub mod wasi;
mod yard;

pub use yard::Yard;
