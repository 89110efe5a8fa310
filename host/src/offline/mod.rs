//! What the command does without a running node: with files, and with a node's directory.
//! Part of the command, not of the interface for embedding programs.
//!
//! - `watch`: what changes in a directory, as a node sees it.

use std::path::Path;

use crate::error::LoadError;
use crate::loader::Directory;
pub use crate::loader::watch::{Change, News, Receipt, Wanted, Watcher, What};

/// Watches the workers' files of a node's directory, as a node does that runs there.
///
/// # Errors
/// When the directory is not there, or what its `node.toml` says is not possible.
pub fn watch(directory: &Path) -> Result<Watcher, LoadError> {
    let directory = Directory::at(directory);
    Watcher::start(&directory.workers(), directory.config()?)
}
