//! What happens to a node and its workers: one value from which both the line in the log
//! and what programs are told are made.
//!
//! - `event`: what can happen, and how it is said.
//! - `log`: its line in the log.
//! - `hub`: tells it to all who listen, without ever waiting for one of them.
//! - `listener`: one who listens.

mod event;
mod hub;
mod listener;
mod log;
#[cfg(test)]
mod tests;

pub use event::{Event, What};
pub(crate) use hub::Hub;
pub use listener::Events;
