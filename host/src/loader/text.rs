//! The manifests beside components: read within bounds, and kept as what they say.

use std::path::PathBuf;

use super::names::FileName;
use super::stamp::Stamp;
use super::{LoadError, Pinned, file};
use crate::config::Manifest;

/// The most that is read of one manifest, in bytes.
pub(super) const MANIFEST: u64 = 64 << 10;
/// The most that is read of all manifests, in bytes: what they say stays in memory.
const MANIFESTS: u64 = 64 << 20;

/// A manifest as it was read.
#[derive(Debug)]
pub(super) struct Text {
    /// Of the text.
    pub(super) digest: blake3::Hash,
    /// How long the text is.
    pub(super) bytes: u64,
    pub(super) manifest: Manifest,
}

impl Text {
    /// Reads and parses a manifest.
    pub(super) fn read(folder: &Pinned, name: &FileName) -> Result<(Stamp, Self), LoadError> {
        let path = folder.path_of(name);
        let (stamp, bytes) = folder.read(name, MANIFEST)?;
        let text = file::text(bytes, &path)?;
        let manifest = Manifest::parse(&text, &path.display().to_string())?;
        let digest = blake3::hash(text.as_bytes());
        Ok((stamp, Self { digest, bytes: text.len() as u64, manifest }))
    }
}

/// What all manifests of a folder take.
#[derive(Debug, Default)]
pub(super) struct Room {
    taken: u64,
}

impl Room {
    /// Takes room for a text of so many bytes, unless they are too much together.
    pub(super) fn take(&mut self, bytes: u64, path: impl Fn() -> PathBuf) -> Result<(), LoadError> {
        let taken = self.taken.saturating_add(bytes);
        if taken > MANIFESTS {
            return Err(LoadError::Manifests { path: path(), most: MANIFESTS });
        }
        self.taken = taken;
        Ok(())
    }

    /// Gives it back.
    #[cfg(feature = "watch")]
    pub(super) fn leave(&mut self, bytes: u64) {
        self.taken = self.taken.saturating_sub(bytes);
    }
}
