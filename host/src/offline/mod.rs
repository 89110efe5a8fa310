//! What the command does without a running node: with files, and with a node's directory.
//! Part of the command, not of the interface for embedding programs.
//!
//! - `check`: whether a node would take a file.
//! - `inspect`: what a file is, and what it would be given.
//! - `deploy`: a file comes into a directory.
//! - `identity`: who the node of a directory is.
//! - `watch`: what changes in a directory, as a node sees it.

#[cfg(feature = "cli")]
mod check;
#[cfg(feature = "cli")]
mod deploy;
#[cfg(feature = "cli")]
mod identity;
#[cfg(feature = "cli")]
mod inspect;

use std::path::Path;

#[cfg(feature = "cli")]
pub use deploy::{DeployError, Deployed, Deployment, deploy};
#[cfg(feature = "cli")]
pub use identity::{IdentityFailure, IdentityInfo, create_identity, identity, rotate_identity};
#[cfg(feature = "cli")]
pub use inspect::{Asked, Inspection, inspect};

use crate::error::LoadError;
use crate::loader::Directory;
#[cfg(feature = "cli")]
pub use crate::loader::put::Fate;
pub use crate::loader::watch::{Change, News, Receipt, Wanted, Watcher, What};

/// Watches the workers' files of a node's directory, as a node does that runs there.
///
/// # Errors
/// When the directory is not there, or what its `node.toml` says is not possible.
pub fn watch(directory: &Path) -> Result<Watcher, LoadError> {
    let directory = Directory::at(directory);
    Watcher::start(&directory.workers(), directory.config()?)
}
