//! The node's directory on disk: its layout, its lock, and the workers' files in it.

mod directory;
mod error;
mod file;
mod lock;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use directory::Directory;
pub use error::LoadError;
pub(crate) use lock::Lock;
pub(crate) use scan::{Found, scan};
