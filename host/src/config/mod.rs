//! Settings of the node and of its workers: validated, each with its default.

mod access;
mod asked;
mod ceiling;
mod choice;
mod error;
mod limit;
mod limits;
mod links;
mod manifest;
mod name;
mod nearest;
mod network;
mod node;
mod quantity;
mod secure;
#[cfg(test)]
mod tests;
mod wording;
mod worker;

pub use access::Access;
pub use error::ConfigError;
pub(crate) use limit::Limit;
pub use limit::Unit;
pub use limits::Limits;
pub(crate) use limits::MIB;
#[cfg(feature = "tcp")]
pub(crate) use links::LinkLimits;
pub(crate) use manifest::Manifest;
pub use name::NameError;
pub(crate) use name::WorkerName;
pub(crate) use nearest::nearest;
pub use network::{Network, NetworkError};
pub(crate) use node::NodeConfig;
#[cfg(feature = "tcp")]
pub(crate) use secure::Trusted;
pub use worker::{Grant, Overflow, Restart, Save, Sleep, Trial, WorkerOptions};
