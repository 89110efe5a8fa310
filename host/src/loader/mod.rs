//! The node's directory on disk: its layout, its lock, and the workers' files in it.
//!
//! - `directory`, `lock`: the layout of the whole, and one node for it.
//! - `pinned`: a folder that is opened once; `file`, `stamp`: one file, read within bounds.
//! - `names`, `listing`: which files are the node's business, and what they show of themselves.
//! - `text`, `pairs`: manifests, and what each worker is to be made from.
//! - `scan`: what lies there at one time.
//! - `watch`: what becomes of it from then on (feature `watch`).

mod directory;
mod error;
mod file;
mod listing;
mod lock;
mod names;
mod pairs;
mod pinned;
mod scan;
mod stamp;
#[cfg(test)]
mod tests;
mod text;
#[cfg(feature = "watch")]
pub(crate) mod watch;

pub(crate) use directory::Directory;
pub use error::LoadError;
pub(crate) use lock::Lock;
pub(crate) use pinned::Pinned;
pub(crate) use scan::{Found, scan};
