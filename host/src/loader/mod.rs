//! The node's directory on disk: its layout, its lock, and the workers' files in it.
//!
//! - `directory`, `lock`: the layout of the whole, and one node for it.
//! - `pinned`: a folder that is opened once; `file`, `stamp`: one file, read within bounds.
//! - `names`, `listing`: which files are the node's business, and what they show of themselves.
//! - `identity`, `known`: who the node is, and what it knows of others (feature `tcp`).
//! - `text`, `pairs`: manifests, and what each worker is to be made from.
//! - `given`, `put`: files from elsewhere, and how they come into `workers/` (feature `cli`).
//! - `scan`: what lies there at one time.
//! - `watch`: what becomes of it from then on (feature `watch`).

mod directory;
mod error;
mod file;
#[cfg(feature = "cli")]
pub(crate) mod given;
#[cfg(feature = "tcp")]
mod identity;
#[cfg(feature = "tcp")]
mod known;
mod listing;
mod lock;
mod names;
mod pairs;
mod pinned;
#[cfg(feature = "cli")]
pub(crate) mod put;
mod scan;
mod stamp;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "watch")]
pub(crate) mod watch;

pub(crate) use directory::Directory;
pub use error::LoadError;
#[cfg(feature = "tcp")]
pub(crate) use identity::IdentityFile;
#[cfg(feature = "tcp")]
pub(crate) use known::FileHistories;
pub(crate) use lock::Lock;
pub(crate) use pinned::Pinned;
pub(crate) use scan::{Found, scan};
